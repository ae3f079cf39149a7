/**
 * Who shares a frame with whom, from /proc/PID/pagemap: the `frames` of a recording.
 *
 * A group's pages come in the order in which they are looked at: process by process, each mmap that ever succeeded,
 * page by page. Groups are sorted. No page is in two groups, so a group's first page says where it goes.
 *
 * An mmap may have terabytes of which little is there, so the entries are read in pieces with pauses between them.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Group } from '../trace/index.ts';

/** Number of a trace's page 0 in the address space; as in puppet.c. */
const BASE_PAGE = 2 ** 45 / 4096;

/** Entries that are read at a time, in less than a millisecond. */
const PIECE = 16_384;

/** Bits of an entry's upper half: the page is present; the rest of its frame number. */
const PRESENT = 2 ** 31;
const FRAME_HIGH = 2 ** 23 - 1;

/** A process whose pages are looked at: all of the mmaps that it, or its parents, made. */
export interface Mapped {
  readonly name: string;
  readonly pid: number;
  readonly regions: readonly (readonly [first: number, count: number])[];
}

type SharedPage = Group[number];

/** The pages that are present, with their frame numbers: of `count` pages, a piece. */
function* framesOf(fd: number, bytes: Buffer, first: number, count: number): Generator<[page: number, frame: number]> {
  const read = fs.readSync(fd, bytes, 0, count * 8, (BASE_PAGE + first) * 8);
  for (let at = 0; at < read; at += 8) {
    const high = bytes.readUInt32LE(at + 4);
    if (high >= PRESENT) yield [first + at / 8, (high & FRAME_HIGH) * 2 ** 32 + bytes.readUInt32LE(at)];
  }
}

/** Orders by name, by code point, which is the order of UTF-8 bytes; then by page. */
function comparePages(a: SharedPage, b: SharedPage): number {
  return Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || a[1] - b[1];
}

function compareGroups([a]: Group, [b]: Group): number {
  return a === undefined || b === undefined ? 0 : comparePages(a, b);
}

/** Regions in pieces: the first page and the one behind the last. */
function* pieces(regions: Mapped['regions']): Generator<[first: number, end: number]> {
  for (const [first, count] of regions) {
    for (let at = first; at < first + count; at += PIECE) yield [at, Math.min(at + PIECE, first + count)];
  }
}

/** Sorted groups of two or more resident pages on one frame. Throws the reason of `signal` once it is aborted. */
export async function sharedFrames(
  proc: string,
  processes: Iterable<Mapped>,
  signal: AbortSignal | undefined,
): Promise<Group[]> {
  const byFrame = new Map<number, SharedPage[]>();
  const bytes = Buffer.alloc(PIECE * 8);
  for (const { name, pid, regions } of processes) {
    const fd = fs.openSync(join(proc, String(pid), 'pagemap'), 'r');
    try {
      for (const [first, end] of pieces(regions)) {
        for (const [page, frame] of framesOf(fd, bytes, first, end - first)) {
          const group = byFrame.get(frame);
          if (group === undefined) byFrame.set(frame, [[name, page]]);
          else group.push([name, page]);
        }
        if (end - first === PIECE) await breathe();
        signal?.throwIfAborted();
      }
    } finally {
      fs.closeSync(fd);
    }
  }
  return [...byFrame.values()].filter((group) => group.length > 1).sort(compareGroups);
}

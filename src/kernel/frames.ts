/**
 * Who shares a frame with whom, from /proc/PID/pagemap: the `frames` of a recording.
 *
 * A group's pages come in the order in which they are looked at: process by process, each mmap that ever succeeded,
 * page by page. Groups are sorted. No page is in two groups, so a group's first page says where it goes.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import type { Group } from '../trace/index.ts';

/** Number of a trace's page 0 in the address space; as in puppet.c. */
const BASE_PAGE = 2 ** 45 / 4096;

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

/** The pages' frame numbers, undefined where none is present. */
function* framesOf(fd: number, first: number, count: number): Generator<number | undefined> {
  const bytes = Buffer.alloc(count * 8);
  const read = fs.readSync(fd, bytes, 0, bytes.length, (BASE_PAGE + first) * 8);
  for (let at = 0; at < read; at += 8) {
    const high = bytes.readUInt32LE(at + 4);
    yield high >= PRESENT ? (high & FRAME_HIGH) * 2 ** 32 + bytes.readUInt32LE(at) : undefined;
  }
}

/** Orders by name, by code point, which is the order of UTF-8 bytes; then by page. */
function comparePages(a: SharedPage, b: SharedPage): number {
  return Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || a[1] - b[1];
}

function compareGroups([a]: Group, [b]: Group): number {
  return a === undefined || b === undefined ? 0 : comparePages(a, b);
}

/** Sorted groups of two or more resident pages on one frame. */
export function sharedFrames(proc: string, processes: Iterable<Mapped>): Group[] {
  const byFrame = new Map<number, SharedPage[]>();
  for (const { name, pid, regions } of processes) {
    const fd = fs.openSync(join(proc, String(pid), 'pagemap'), 'r');
    for (const [first, count] of regions) {
      let page = first;
      for (const frame of framesOf(fd, first, count)) {
        const group = frame === undefined ? undefined : byFrame.get(frame);
        if (group !== undefined) group.push([name, page]);
        else if (frame !== undefined) byFrame.set(frame, [[name, page]]);
        page++;
      }
    }
    fs.closeSync(fd);
  }
  return [...byFrame.values()].filter((group) => group.length > 1).sort(compareGroups);
}

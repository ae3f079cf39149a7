/**
 * Where a file has data, and where it has holes: memory that nobody ever gave the guest, which reads as zeros.
 *
 * Node.js cannot ask the system for that, but GNU tar does, before it writes anything of a sparse file: only what it writes first is read,
 * then it is ended. Where there is no such tar, all of the file is read: what is zeros may be a hole, and how many are is known.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { KsmError } from '../../errors.ts';
import type { FileBytes } from './file-bytes.ts';
import { SparseMap } from './sparse-map.ts';

/** Bytes of a file that have data. */
export interface Extent {
  readonly offset: number;
  readonly bytes: number;
}

/** What is known of a file's holes. */
export interface Data {
  /** Ascending, not touching. */
  readonly extents: readonly Extent[];
  /** Are the places known, or only how many bytes are holes? Then of all that is zeros the first are taken for holes. */
  readonly isExact: boolean;
}

/** Of smaller files the holes, if they say that they have any, are what the file system keeps elsewhere. */
const LEAST_BYTES = 4096;
/** The system counts the blocks of a file in units of these. */
const UNIT = 512;
/** Extents that a map may have. */
const MOST_EXTENTS = 1 << 21;
/** Holes that are looked at before they are believed. */
const SAMPLES = 16;
const READ_BYTES = 1 << 18;

/** Where the file has data; undefined: everywhere, or nobody knows. Throws EFBIG if there are too many holes. */
export async function dataOf(file: FileBytes, tar: string = 'tar'): Promise<Data | undefined> {
  const { path, descriptor } = file.data;
  if (descriptor !== undefined) return undefined; // unpacked: what is there was written
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size < LEAST_BYTES || stat.blocks * UNIT >= stat.size) return undefined;
  const extents = await askTar(path, file.size, tar);
  if (extents === undefined) return bySearch(file, file.size - stat.blocks * UNIT, stat.blksize);
  return extents !== 'no holes' && holesAreZeros(file, extents) ? { extents, isExact: true } : undefined;
}

/** Undefined: there is no tar that could tell. */
async function askTar(path: string, size: number, tar: string): Promise<Extent[] | 'no holes' | undefined> {
  const fd = openSync(path, 'r');
  try {
    const options = ['--sparse', '--hole-detection=seek', '--format=posix', '--sparse-version=1.0', '--dereference'];
    const child = spawn(tar, [...options, '-cf', '-', '/proc/self/fd/0'], { stdio: [fd, 'pipe', 'ignore'] });
    const ended = once(child, 'close').catch(() => undefined); // no tar
    try {
      const map = new SparseMap(size, MOST_EXTENTS);
      for await (const chunk of child.stdout as Readable) {
        if (map.add(chunk)) break;
      }
      if (map.isTooLong) throw tooManyHoles(path);
      return map.result;
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  } finally {
    closeSync(fd);
  }
}

function tooManyHoles(path: string): KsmError {
  return new KsmError(
    'EFBIG',
    `${path} has more than ${MOST_EXTENTS} holes: copy it without them, or take them for zeros, with --holes zero`,
  );
}

/** A hole reads as zeros. File systems that say nothing true about holes are found out so. */
function holesAreZeros(file: FileBytes, extents: readonly Extent[]): boolean {
  using _ = file.use();
  const page = new Uint8Array(4096);
  const step = Math.max(1, Math.floor(extents.length / SAMPLES));
  for (let at = 0; at <= extents.length; at += step) {
    const before = extents[at - 1];
    const start = before === undefined ? 0 : before.offset + before.bytes;
    const end = extents[at]?.offset ?? file.size;
    const some = page.subarray(0, Math.min(page.length, end - start));
    if (file.read(some, start) > 0 && some.some((byte) => byte !== 0)) return false;
  }
  return true;
}

/** By reading: the first blocks of zeros are the holes, as many as the file has. What they hold is the same in any case. */
async function bySearch(file: FileBytes, holes: number, blockBytes: number): Promise<Data> {
  using _ = file.use();
  const extents: { offset: number; bytes: number }[] = [];
  const buffer = new Uint8Array(Math.max(READ_BYTES, blockBytes));
  const zeros = Buffer.alloc(blockBytes);
  let left = holes;
  for (let at = 0; at < file.size; at += buffer.length) {
    const read = file.read(buffer, at);
    for (let from = 0; from < read; from += blockBytes) {
      const block = buffer.subarray(from, Math.min(from + blockBytes, read));
      const isHole = left >= block.length && zeros.compare(block, 0, block.length, 0, block.length) === 0;
      const last = extents.at(-1);
      if (isHole) left -= block.length;
      else if (last !== undefined && last.offset + last.bytes === at + from) last.bytes += block.length;
      else extents.push({ offset: at + from, bytes: block.length });
    }
    if (extents.length > MOST_EXTENTS) throw tooManyHoles(file.name);
    await turn();
  }
  return { extents, isExact: false };
}

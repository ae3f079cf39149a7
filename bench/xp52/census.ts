/**
 * The mix from a guest that was really booted: its memory as a file, page by page, and if there is one a second file, of the same guest
 * from later or of another with the same system. Contents of the first that the second has too, wherever, count as what all guests have in
 * common; all others are a guest's own. With one file nothing is known of that: all its pages but zeros count as common, which is too many,
 * and what is a guest's own is as in the mix. What a guest has beyond the file is zero.
 */

import { closeSync, openSync, readSync } from 'node:fs';
import { createNamer } from '../../src/index.ts';
import { PAGE } from '../workloads.ts';
import { MIX, type Mix } from './mix.ts';

/** What was found. */
export interface Census {
  readonly mix: Mix;
  /** Names of the pages that all guests have in common. */
  readonly common: BigUint64Array;
  /** The same for people. */
  readonly line: string;
}

/** Bytes that are read at once. */
const CHUNK = 2 ** 20;

/**
 * The census for guests of `pages` pages, of which every `scale`-th page of the files is taken. Throws an Error where a file cannot be
 * read, or has more pages than a guest.
 */
export async function censusOf(files: readonly string[], pages: number, scale: number, seed: number): Promise<Census> {
  const [first = new BigUint64Array(), second] = await Promise.all(files.map((file) => namesOf(file, scale, seed)));
  if (Math.max(first.length, second?.length ?? 0) > pages)
    throw new Error(
      `--image: the files have ${first.length * scale} pages, a guest ${pages * scale}; use smaller ones`,
    );
  const others = second === undefined ? undefined : new Set(second);
  const used = first.filter((name) => name !== 0n);
  const common = used.filter((name) => others?.has(name) ?? true);
  return {
    common,
    mix: mixOf(common.length / pages, others === undefined ? undefined : (used.length - common.length) / pages),
    line:
      `${files.join(', ')}: of ${first.length} pages ${first.length - used.length} are zero; ` +
      `${common.length} others are common to all guests${others === undefined ? ', as there is no second file' : ''}`,
  };
}

/** `own`: the share of a guest's own pages; undefined if nobody knows. */
function mixOf(common: number, own: number | undefined): Mix {
  const factor = Math.min(1 - common, own ?? MIX.still + MIX.busy) / (MIX.still + MIX.busy);
  const [still, busy] = [factor * MIX.still, factor * MIX.busy];
  return { common, kind: 0, still, busy, zero: 1 - common - still - busy };
}

/** Names of every `scale`-th page of a file; a part of a page at its end is left out. */
async function namesOf(file: string, scale: number, seed: number): Promise<BigUint64Array<ArrayBuffer>> {
  const namer = await createNamer({ seed });
  const names: bigint[] = [];
  const chunk = new Uint8Array(CHUNK);
  const descriptor = openSync(file, 'r');
  try {
    for (let page = 0; ; ) {
      const read = readWhole(descriptor, chunk, page * PAGE);
      const whole = Math.floor(read / PAGE);
      for (const name of namer.name(chunk.subarray(0, whole * PAGE))) if (page++ % scale === 0) names.push(name);
      if (read < CHUNK) return BigUint64Array.from(names);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Fills `chunk` from `position` on; how many bytes there were. */
function readWhole(descriptor: number, chunk: Uint8Array, position: number): number {
  let read = 0;
  for (let some = -1; some !== 0 && read < chunk.length; read += some) {
    some = readSync(descriptor, chunk, read, chunk.length - read, position + read);
  }
  return read;
}

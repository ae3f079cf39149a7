/**
 * Images for who has no guests: seeded, and mixed as chosen here, not measured.
 *
 * A kind covers runs of pages, as files and heaps do, and the runs of an image are in an order of its own.
 */

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { contentsOf, mix, PAGE, writePage, xorshift } from '../workloads.ts';

/** Parts of an image that are zero, in all images, in two of them, and in this one only. */
export const MIX = { zero: 0.35, common: 0.2, pair: 0.1, own: 0.35 } as const;
/** Pages of a run. */
export const RUN = 64;
/** Pages that are written at once. */
const PIECE = 256;

type Kind = keyof typeof MIX;

/** The content of each page (see bench/workloads.ts) of the image with this number, from 0; `pages` is a multiple of RUN. */
export function mixedContents(image: number, pages: number, seed: number): Uint32Array {
  const runs = shuffled(runsOf(pages / RUN), seed + image);
  const first: Record<Kind, (within: number) => number> = {
    zero: () => 0,
    common: (within) => 1 + within,
    pair: (within) => 1 + pages * (1 + 2 * (image >> 1)) + within,
    own: (within) => 1 + pages * (2 + 2 * image) + within,
  };
  // An image and a pair may have the same number: theirs are even and odd multiples of the size.
  return Uint32Array.from({ length: pages }, (_, page) => {
    const [kind, index] = runs[Math.floor(page / RUN)] ?? ['zero', 0];
    return first[kind](index * RUN + (page % RUN));
  });
}

/** The runs of an image in order: kind, and number within the kind. */
function runsOf(count: number): [Kind, number][] {
  const kinds = Object.keys(MIX) as Kind[];
  const runs = kinds.flatMap((kind) =>
    Array.from({ length: Math.floor(count * MIX[kind]) }, (_, index): [Kind, number] => [kind, index]),
  );
  // What rounding has left over is the image's own.
  for (let index = Math.floor(count * MIX.own); runs.length < count; index++) runs.push(['own', index]);
  return runs;
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  let state = mix(seed) || 1;
  const keyed = list.map((item): [number, T] => {
    state = xorshift(state);
    return [state, item];
  });
  return keyed.sort(([a], [b]) => a - b).map(([, item]) => item);
}

/** Writes `count` mixed images of `pages` pages each into `folder`. Returns their paths. */
export function writeMixed(folder: string, count: number, pages: number, seed: number): string[] {
  return Array.from({ length: count }, (_, image) =>
    writeImage(join(folder, `mixed-${image + 1}.img`), mixedContents(image, pages, seed), seed),
  );
}

/** Writes an image of pages that all differ into `folder`. Returns its path. */
export function writeUnique(folder: string, pages: number, seed: number): string {
  return writeImage(join(folder, 'unique.img'), contentsOf('unique', pages, seed), seed);
}

/** Writes pages to a file, and waits until they are on the disk, so that nothing is written while the clock runs. */
function writeImage(path: string, contents: Uint32Array, seed: number): string {
  const fd = openSync(path, 'w');
  const piece = new Uint32Array((PIECE * PAGE) / 4);
  for (let from = 0; from < contents.length; from += PIECE) {
    const some = contents.subarray(from, from + PIECE);
    some.forEach((content, page) => {
      writePage(piece.subarray((page * PAGE) / 4, ((page + 1) * PAGE) / 4), content, seed);
    });
    writeSync(fd, new Uint8Array(piece.buffer, 0, some.length * PAGE));
  }
  fsyncSync(fd);
  closeSync(fd);
  return path;
}

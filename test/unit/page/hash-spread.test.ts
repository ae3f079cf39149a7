/**
 * The keyed hash on pages as programs make them: nearly alike, with structure. Its low 32 bits serve as a checksum
 * and its top bits as a directory index, so both have to look random. Key and pages are fixed, so that a run is
 * repeatable; the bounds are six standard deviations of what random hashes would give.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { PAGE } from '../../support/page.ts';
import { type PageKernels, pageKernels } from './kernels.ts';

const KEY = 0x20000;
const WORK = 0x30000;
const COUNT = 20000;
/** Word that no family depends on: it holds the family's number, so that all pages of all families differ. */
const TAG = 700;
let kernels: PageKernels;
let page: Uint8Array;

beforeAll(async () => {
  kernels = await pageKernels();
  kernels.expandKey(2026, 0, KEY);
  page = kernels.view(WORK, PAGE);
});

/** Each writes page n of COUNT different ones, over a page that was zeroed. */
const FAMILIES: Readonly<Record<string, (n: number, words: Uint32Array) => void>> = {
  'a counter in the first word': (n, words) => words.set([n], 0),
  'a counter in the last word': (n, words) => words.set([n], 1023),
  'a counter in the upper half of a word': (n, words) => words.set([n << 16], 500),
  'one bit set': (n, words) => words.set([1 << (n & 31)], n >> 5),
  'one word set, to one of 32 values': (n, words) => words.set([0x01010101 * (1 + (n & 31))], n >> 5),
  'a counter in every word': (n, words) => words.fill(n),
  'consecutive numbers from a counter on': (n, words) => fill(words, (at) => n + at),
  'a line of counters repeated': (n, words) => fill(words, (at) => n * 16 + (at & 15)),
  'lines rotated': (n, words) => fill(words, (at) => ((at + (n & 63) * 16) & 1023) + (n >> 6) * 1024),
  'two words swapped': (n, words) => {
    const first = n >> 8;
    const second = 512 + (n & 255);
    fill(words, (at) => at * 3);
    words.set([second * 3], first);
    words.set([first * 3], second);
  },
  'opposite changes in two words': (n, words) => words.set([n + 1, -n - 1], (n * 13) % 600),
};

function fill(words: Uint32Array, value: (at: number) => number): void {
  for (let at = 0; at < words.length; at++) words[at] = value(at);
}

function hashesOf([name, write]: [string, (n: number, words: Uint32Array) => void]): bigint[] {
  const words = new Uint32Array(page.buffer, WORK, PAGE / 4);
  const tag = Object.keys(FAMILIES).indexOf(name);
  return Array.from({ length: COUNT }, (_, n) => {
    words.fill(0);
    write(n, words);
    words[TAG] = tag;
    return BigInt.asUintN(64, kernels.hashKeyed(WORK, KEY));
  });
}

/** Sum over the bins of (found - expected)^2 / expected. */
function chiSquare(bins: Iterable<number>, count: number, size: number): number {
  const found = new Uint32Array(size);
  for (const bin of bins) found[bin] = (found[bin] ?? 0) + 1;
  const expected = count / size;
  return found.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

function expectRandom(hashes: readonly bigint[], shift: bigint): void {
  const size = 1024;
  const bins = hashes.map((hash) => Number((hash >> shift) & 1023n));
  const deviation = Math.sqrt(2 * (size - 1));
  expect(Math.abs(chiSquare(bins, hashes.length, size) - (size - 1))).toBeLessThan(6 * deviation);
}

describe('hashKeyed', () => {
  it.each(Object.entries(FAMILIES))('spreads pages with %s like random hashes', (name, write) => {
    const hashes = hashesOf([name, write]);
    expect(new Set(hashes).size).toBe(COUNT);
    expectRandom(hashes, 0n);
    expectRandom(hashes, 22n);
    expectRandom(hashes, 54n);
  });

  it('gives all of them different 64 bits, and in 32 bits collides no more than random hashes', () => {
    const hashes = Object.entries(FAMILIES).flatMap(hashesOf);
    expect(new Set(hashes).size).toBe(COUNT * Object.keys(FAMILIES).length);
    const expected = hashes.length ** 2 / 2 ** 33;
    for (const shift of [0n, 32n]) {
      const halves = new Set(hashes.map((hash) => Number((hash >> shift) & 0xffffffffn)));
      expect(hashes.length - halves.size).toBeLessThan(expected + 6 * Math.sqrt(expected));
    }
  });
});

/**
 * /proc/PID/pagemap, and how the pages of a process are numbered: two bytes each for where to look and how far, then
 * the words of the file. Judged against looking at each word by itself.
 */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { Pagemap } from '../../../../src/image/pagemap.ts';
import { append, type Layout } from '../../../../src/image/ranges.ts';
import { expectThat } from '../contract.ts';
import { scratch } from '../scratch.ts';
import type { Word } from '../target.ts';

export const name = 'pagemap';
/** Words of pages that are present and anonymous, swapped, a file's, and absent. */
export const words: readonly Word[] = [
  ...['\0\0\0\0\0\0\0\x81', '\x01\0\0\0\0\0\0A', '\0\0\0\0\0\0\0\xa1', '\0'.repeat(8)].map((word) =>
    Buffer.from(word, 'latin1'),
  ),
];

const PRESENT = 1n << 63n;
const FILE = 1n << 61n;
/** Pages of a mapping; the next one begins behind it. */
const MAPPING = 64;

function isThere(words: Buffer, page: number): boolean {
  const word = words.readBigUInt64LE(page * 8);
  return (word & PRESENT) !== 0n && (word & FILE) === 0n;
}

export function run(bytes: Uint8Array): void {
  if (bytes.length < 4) return;
  const input = Buffer.from(bytes);
  const [at, pages, words] = [input.readUInt16LE(0) % 600, input.readUInt16LE(2) % 600, input.subarray(4)];
  const path = scratch('pagemap');
  writeFileSync(path, words);
  const fd = openSync(path, 'r');
  try {
    const pagemap = new Pagemap(fd);
    const layout: Layout = { ranges: [], runs: [] };
    let whole = true;
    for (let done = 0; done < pages && whole; done += MAPPING) {
      const runs = pagemap.presentRuns(at + done, Math.min(MAPPING, pages - done));
      if (runs === undefined) whole = false;
      else append(layout, runs, 'a mapping');
    }
    expectThat(
      whole === (pages === 0 || (at + pages) * 8 <= words.length),
      () => 'the end of the process is seen wrong',
    );
    checkLayout(layout, (page) => page >= at && page < at + pages && isThere(words, page), words.length >> 3, whole);
  } finally {
    closeSync(fd);
  }
}

/** Every page that is there has one number, within one range; numbers and addresses ascend together. */
function checkLayout({ ranges, runs }: Layout, there: (page: number) => boolean, end: number, whole: boolean): void {
  const numbered = runs.flatMap((run) =>
    Array.from({ length: run.pages }, (_, n) => [run.at + n, run.page + n] as const),
  );
  const present = Array.from({ length: end }, (_, page) => page).filter(there);
  expectThat(!whole || String(numbered.map(([page]) => page)) === String(present), () => 'other pages than are there');
  let next = 0;
  for (const range of ranges) {
    expectThat(range.page >= next && range.pages > 0, () => `range of ${range.pages} at ${range.page}`);
    next = range.page + range.pages;
  }
  for (const [page, number] of numbered) {
    const range = ranges.find((one) => number >= one.page && number < one.page + one.pages);
    const address = range === undefined ? undefined : range.address / 4096n + BigInt(number - range.page);
    expectThat(address === BigInt(page), () => `page ${page} is number ${number}, at ${address}`);
  }
}

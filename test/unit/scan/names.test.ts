/** The two numbers of a page, the source's and the index, lead to each other: beside a list of all pages. */
import { expect, test } from 'vitest';
import { NameList, PageIndex } from '../../../src/scan/names.ts';
import { Dice } from '../../support/dice.ts';

/** Pages with holes, in runs that touch or do not. */
function pagesOf(dice: Dice, runs: number): { index: PageIndex; pages: number[] } {
  const index = new PageIndex();
  const pages: number[] = [];
  let page = dice.below(3);
  for (let run = 0; run < runs; run++) {
    const length = dice.between(1, 5);
    index.add(page, length);
    for (let i = 0; i < length; i++) pages.push(page + i);
    // Beyond 2^32, too.
    page += length + (dice.oneIn(3) ? 0 : dice.between(1, 2 ** 31));
  }
  return { index, pages };
}

test.each([1, 2, 9, 300])('%i runs', (runs) => {
  const dice = new Dice(runs);
  const { index, pages } = pagesOf(dice, runs);
  expect(index.count).toBe(pages.length);
  for (const [at, page] of pages.entries()) {
    expect(index.pageAt(at)).toBe(page);
    expect(index.indexOf(page)).toBe(at);
    expect(index.indexOf(page + 1)).toBe(pages[at + 1] === page + 1 ? at + 1 : undefined);
  }
  const first = dice.below(pages.length);
  const pieces = [...index.pieces(first, 20)].flatMap((piece) =>
    Array.from({ length: piece.pages }, (_, i) => [piece.index + i, piece.page + i]),
  );
  expect(pieces).toEqual(pages.slice(first, first + 20).map((page, at) => [first + at, page]));
  expect(index.runs.flatMap((run) => Array.from({ length: run.pages }, (_, i) => run.page + i))).toEqual(pages);
});

test('an index of nothing', () => {
  const index = new PageIndex();
  expect([index.count, index.indexOf(0), index.runs, [...index.pieces(0, 9)]]).toEqual([0, undefined, [], []]);
});

test('names come out as they went in, with the numbers of their pages', () => {
  const list = new NameList();
  const names = BigUint64Array.from({ length: 70_000 }, (_, at) => BigInt(at) << 20n);
  list.add(5, names.subarray(0, 40_000));
  list.add(200_000, names.subarray(40_000));
  expect(Buffer.compare(joined([...list.each()]), bytesOf(names))).toBe(0);
  const runs = [...list.drainRuns()];
  expect(Buffer.compare(joined(runs.map(({ names: some }) => some)), bytesOf(names))).toBe(0);
  // A block ends within the second run.
  expect(runs.map(({ page, names: { length } }) => [page, length])).toEqual([
    [5, 40_000],
    [200_000, 65_536 - 40_000],
    [200_000 + 65_536 - 40_000, 70_000 - 65_536],
  ]);
});

function bytesOf({ buffer, byteOffset, byteLength }: BigUint64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function joined(parts: readonly BigUint64Array[]): Buffer {
  return Buffer.concat(parts.map(bytesOf));
}

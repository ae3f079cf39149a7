/** Rows, and the marks of pages that are in none. */
import { expect, test } from 'vitest';
import { Marks } from '../../../src/scan/marks.ts';
import { RowFinder } from '../../../src/scan/rows.ts';

/** Pages of one source: where each lies, and where the first page of its content lies; the content is the number of that page. */
function find(pages: readonly (readonly [index: number, source: number, first: number])[]) {
  const short: number[][] = [];
  const finder = new RowFinder((index, content) => short.push([index, content]));
  for (const [index, source, first] of pages) finder.add(index, 100 + first, source, first);
  finder.end();
  return { rows: finder.rows, short };
}

const inRow = (count: number, index: number, source: number, first: number) =>
  Array.from({ length: count }, (_, i) => [index + i, source, first + i] as const);

test('four pages in a row are one, three are copied', () => {
  expect(find(inRow(4, 7, 1, 20))).toEqual({ rows: [{ index: 7, pages: 4, source: 1, first: 20 }], short: [] });
  expect(find(inRow(3, 7, 1, 20))).toEqual({
    rows: [],
    short: [
      [7, 120],
      [8, 121],
      [9, 122],
    ],
  });
});

test.each([
  ['the pages', [...inRow(4, 0, 0, 10), ...inRow(4, 5, 0, 14)]],
  ['the first pages', [...inRow(4, 0, 0, 10), ...inRow(4, 4, 0, 15)]],
  ['the source of the first pages', [...inRow(4, 0, 0, 10), ...inRow(4, 4, 1, 14)]],
])('a row ends where %s do not follow', (_, pages) => {
  const { rows, short } = find(pages);
  expect(rows.map(({ pages: count }) => count)).toEqual([4, 4]);
  expect(short).toEqual([]);
});

test('a short row before a long one, and nothing at all', () => {
  const { rows, short } = find([[0, 0, 50], ...inRow(6, 1, 2, 0)]);
  expect(rows).toEqual([{ index: 1, pages: 6, source: 2, first: 0 }]);
  expect(short).toEqual([[0, 150]]);
  expect(find([])).toEqual({ rows: [], short: [] });
});

test('marks are gone over in their order, in whatever order they were made', () => {
  const marks = new Marks(100);
  for (const page of [99, 0, 31, 32, 63, 64, 31]) marks.add(page);
  const seen: number[] = [];
  marks.each(32, 96, (page) => seen.push(page));
  expect(seen).toEqual([32, 63, 64]);
  marks.each(96, 100, (page) => seen.push(page));
  marks.each(0, 32, (page) => seen.push(page));
  expect(seen).toEqual([32, 63, 64, 99, 0, 31]);
  expect([0, 1, 31, 33, 99].map((page) => marks.has(page))).toEqual([true, false, true, false, true]);
});

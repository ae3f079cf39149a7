/** Parts of sources: all of them together are the sources, and they give the same lists in whatever order they come. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { type PageSource, type Reading, sourceOf } from '../../../src/image/index.ts';
import { PAGE_BYTES, type PageRange, type PageRun, type Shareable } from '../../../src/image/source.ts';
import { Board } from '../../../src/scan/board.ts';
import { NameList, PageIndex } from '../../../src/scan/names.ts';
import { Assembly, earlyOf, type NamedPart, type Part, partsOf } from '../../../src/scan/parts.ts';
import { openOne, readAll } from '../../support/image.ts';

const folder = mkdtempSync(join(tmpdir(), 'ksm-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A source of ranges of so many pages, each behind a hole of so many, that notes what it is concluded with. */
function source(kind: PageSource['kind'], lengths: readonly (readonly [hole: number, pages: number])[]): PageSource {
  const ranges: PageRange[] = [];
  let page = 0;
  for (const [hole, pages] of lengths) {
    ranges.push({ page: page + hole, pages, address: 0n, label: '' });
    page += hole + pages;
  }
  const notes: string[] = [];
  const conclude = (readings: readonly Reading[]): void => void notes.push(...readings.flatMap((one) => one.notes));
  const pages = ranges.reduce((total, range) => total + range.pages, 0);
  const shareable = { data: {}, conclude } as unknown as Shareable;
  return { name: '', kind, isRepeatable: true, ranges, pages, notes, shareable, async *read() {} };
}

const lengths = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 20_000 })), { maxLength: 5 });
const sources = fc.array(fc.tuple(fc.constantFrom('image', 'process'), lengths), { maxLength: 4 });

const pagesOf = (runs: readonly PageRun[]): number[] =>
  runs.flatMap(({ page, pages }) => Array.from({ length: pages }, (_, i) => page + i));

/** A name that says what it is of. */
const nameOf = (of: number, page: number): bigint => BigInt(of * 2 ** 40 + page);

it('are every page of every source once, in order; a process is one part', () => {
  fc.assert(
    fc.property(sources, (all) => {
      const list = all.map(([kind, ranges]) => source(kind as PageSource['kind'], ranges));
      const parts = partsOf(list);
      expect(parts.map((part) => part.source)).toEqual(parts.map((part) => part.source).sort((a, b) => a - b));
      for (const [at, { kind, ranges }] of list.entries()) {
        const mine = parts.filter((part) => part.source === at);
        if (kind === 'process') expect(mine).toHaveLength(1);
        expect(mine.flatMap(({ runs }) => pagesOf(runs ?? ranges))).toEqual(pagesOf(ranges));
        for (const { runs, pages } of mine) expect(pagesOf(runs ?? ranges).length).toBeLessThanOrEqual(pages);
      }
    }),
    { numRuns: 20 },
  );
});

it('give the same lists in any order, and each source is concluded once, in its own', () => {
  const shuffled = fc.infiniteStream(fc.nat({ max: 1000 }));
  fc.assert(
    fc.property(sources, shuffled, (all, dice) => {
      const list = all.map(([kind, ranges]) => source(kind as PageSource['kind'], ranges));
      const parts = partsOf(list);
      const lists = list.map(() => new NameList());
      const assembly = new Assembly(list, parts, { add: (of, page, names) => lists[of]?.add(page, names) });
      const named = parts.map(({ source: of, runs }, part): NamedPart => {
        const index = new PageIndex();
        for (const run of runs ?? list[of]?.ranges ?? []) index.add(run.page, run.pages);
        const names = BigUint64Array.from(pagesOf(index.runs), (page) => nameOf(of, page));
        return { part, runs: index.runs, names, reading: { pages: 0, notes: [`part ${part}`] } };
      });
      const order = named.map((part) => [dice.next().value as number, part] as const).sort(([a], [b]) => a - b);
      for (const [, part] of order) {
        expect(assembly.isComplete).toBe(false);
        assembly.add(part);
      }
      expect(assembly.isComplete).toBe(true);
      for (const [at, names] of lists.entries()) {
        const got = [...names.drain()].flatMap((block) => [...block.names]);
        expect(got).toEqual(pagesOf(list[at]?.ranges ?? []).map((page) => nameOf(at, page)));
        const mine = named.filter(({ part }) => (parts[part] as Part).source === at);
        expect(list[at]?.notes).toEqual(mine.flatMap(({ reading }) => reading.notes));
      }
    }),
    { numRuns: 20 },
  );
});

it('are taken once, whoever asks, in their order', () => {
  const board = new Board(4);
  const other = new Board(4, board.memory);
  const taken = [board, other, board, other, board, other].map((one) => one.take());
  expect(taken).toEqual([0, 1, 2, 3, undefined, undefined]);
  board.addRead(5);
  other.addRead(6);
  expect([board.read, other.read]).toEqual([11, 11]);
});

it('pages below a number are counted', () => {
  const index = new PageIndex();
  index.add(3, 2);
  index.add(7, 1);
  index.add(9, 4);
  const model = [3, 4, 7, 9, 10, 11, 12];
  for (let page = 0; page < 16; page++) expect(index.below(page)).toBe(model.filter((one) => one < page).length);
});

it('of a file that has shrunk, read apart: the notes of one reading', async () => {
  const path = join(folder, 'shrinks');
  writeFileSync(path, Buffer.alloc(10 * PAGE_BYTES, 1));
  const whole = await openOne(path);
  const shared = whole.shareable as Shareable;
  truncateSync(path, 6 * PAGE_BYTES + 1);
  await readAll(whole);
  const once = [...whole.notes];
  expect(once).toEqual([expect.stringMatching(/shrank .* 3 pages lost/)]);

  const readings: Reading[] = [];
  for (const page of [0, 5]) {
    const apart = sourceOf(structuredClone(shared.data));
    const options = { runs: [{ page, pages: 5 }], onEnd: (reading: Reading) => void readings.push(reading) };
    for await (const _ of apart.read(options));
    expect(apart.notes).toEqual(shared.data.notes);
  }
  shared.conclude(readings);
  expect(whole.notes).toEqual(once);
});

it('early are those that cannot be shared, behind one that can', () => {
  const file = source('image', [[0, 1]]);
  const { shareable: _, ...pipe } = file;
  expect(earlyOf([pipe, pipe])).toEqual([]);
  expect(earlyOf([file, file])).toEqual([]);
  expect(earlyOf([pipe, file, pipe, file, pipe])).toEqual([2, 4]);
});

/** Where all pages do not fit, contents are sampled: figures are estimates, and the truth lies within their bounds. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Shareable } from '../../../src/image/source.ts';
import { figuresOf, type ScanReport } from '../../../src/report/index.ts';
import { Dice } from '../../support/dice.ts';
import { coverage, MIXES, type Mix, truthOf } from '../../support/draws.ts';
import { MemorySource, type Pages, pagesAt } from '../../support/memory-source.ts';
import { namesBy, scanNamed } from '../../support/named-sources.ts';
import { reportOf } from '../../support/scanning.ts';
import { pageOf } from '../../support/workloads.ts';

const namesOf = (mix: Mix, seed: string): BigUint64Array[] => {
  const name = namesBy(new Dice(seed));
  return mix.map((contents) => BigUint64Array.from(contents, name));
};

describe.each(Object.entries(MIXES))('%s', (_, mix) => {
  test('all pages, if they fit', async () => {
    const scanned = await scanNamed(namesOf(mix, 'all'));
    using _ = scanned.engines;
    const { sample, sysfs, ksm_stat } = figuresOf(scanned);
    const { whole, rows } = truthOf(mix);
    expect(sample).toBe(null);
    expect(sysfs).toMatchObject({
      pages_shared: whole.shared,
      pages_sharing: whole.sharing,
      pages_unshared: whole.unshared,
    });
    expect(ksm_stat).toMatchObject(rows);
  });

  // All 200 draws are in sample.long.test.ts.
  test('twenty samples', async () => {
    for (const [figure, inside] of Object.entries(await coverage(mix, 20)))
      expect(inside, figure).toBeGreaterThanOrEqual(17);
  });

  test('of a sample, columns add up to the whole, and what is exact is', async () => {
    const scanned = await scanNamed(namesOf(mix, 'columns'), { room: { whole: 2500, sampled: 1200 }, engines: 4 });
    using _ = scanned.engines;
    const { sample, sysfs, ksm_stat } = figuresOf(scanned);
    const sum = (of: (row: (typeof ksm_stat)[number]) => number): number =>
      ksm_stat.reduce((total, row) => total + of(row), 0);
    expect(sum(({ shared }) => shared)).toBe(sysfs.pages_shared);
    expect(sum(({ sharing }) => sharing)).toBe(sysfs.pages_sharing);
    expect(sum(({ unshared }) => unshared)).toBe(sysfs.pages_unshared);
    expect(ksm_stat.map(({ pages }) => pages)).toEqual(mix.map(({ length }) => length));
    expect(sysfs.general_profit).toBe(sysfs.pages_sharing * 4096 - sum(({ pages }) => pages) * 64);
    // Zero pages are always exact.
    expect(sample?.heavy.pages).toBeGreaterThanOrEqual(mix.flat().filter((content) => content === 0).length);
    expect(Math.log2(1 / (sample?.share ?? 0)) % 1).toBe(0);
  });
});

test('contents that most pages have are counted exactly, wherever their pages are', async () => {
  const heavy = Array.from({ length: 3000 }, (_, page) => 1 + (page % 3));
  const mix = [heavy, heavy, heavy];
  const scanned = await scanNamed(namesOf(mix, 'heavy'), { room: { whole: 500, sampled: 100 } });
  using _ = scanned.engines;
  const { sample, sysfs, contents } = figuresOf(scanned);
  expect(sample).toMatchObject({ pages: 0, heavy: { contents: 3, pages: 9000 } });
  expect(sysfs).toMatchObject({
    pages_shared: 36,
    pages_sharing: 9000 - 36,
    stable_node_chains: 3,
    stable_node_dups: 36,
  });
  expect([...contents].map(({ source, pages, frames }) => [source, pages, frames])).toEqual(
    Array(3).fill([0, 3000, 12]),
  );
});

test('a content that comes often once the memory is full is counted, and the sample stays one', async () => {
  const unique = (from: number): number[] => Array.from({ length: 2000 }, (_, page) => from + page);
  const late = [...unique(1), ...unique(3000), ...Array(5000).fill(9999)];
  let counted = 0;
  for (let seed = 0; seed < 16; seed++) {
    const scanned = await scanNamed(namesOf([late], `late ${seed}`), { room: { whole: 1000, sampled: 800 } });
    using _ = scanned.engines;
    const { sample, contents } = figuresOf(scanned);
    // It is in the sample of 1 in 8 with that chance, and does not crowd out the others.
    expect([8, 16]).toContain(1 / (sample?.share ?? 0));
    const [content] = contents;
    if (content === undefined) continue;
    counted++;
    expect(content.pages).toBe(5000);
  }
  expect(counted).toBeGreaterThan(0);
  expect(counted).toBeLessThan(8);
});

test.each([0, 1])(
  'pages scanned of what is counted exactly are those that the scanner meets (use_zero_pages %i)',
  async (use_zero_pages) => {
    const settings = { use_zero_pages };
    const heavy = Array.from({ length: 3000 }, (_, page) => page % 3);
    const pairs = Array.from({ length: 3000 }, (_, page) => 10 + (page >> 1));
    const alone = await scanNamed(namesOf([heavy], 'scanned'), { settings });
    using _ = alone.engines;
    const scanned = await scanNamed(namesOf([heavy, pairs], 'scanned'), {
      settings,
      room: { whole: 4500, sampled: 1000 },
    });
    using __ = scanned.engines;
    const passes = scanned.passes.done.length;
    const { sample, sysfs } = figuresOf(scanned);
    expect(sample?.heavy).toEqual({ contents: 3, pages: 3000 });
    // All pages of the sample are scanned in each pass.
    const ofSample = ((sample?.pages ?? 0) * passes) / (sample?.share ?? 1);
    // Alone, zero pages may take a pass more to settle than the sample took.
    const first = alone.passes.done.slice(0, passes);
    expect(first).toHaveLength(passes);
    expect(sysfs.pages_scanned - ofSample).toBe(first.reduce((total, { pages_scanned }) => total + pages_scanned, 0));
  },
);

/** More pages than the least budget has room for, all of them counted exactly. */
describe('the report of a sample', () => {
  const PAGES = 4200;
  const LEAST = { memory: 2 ** 16, loaders: 1 };

  /** Page after page the next of the contents, which are as often as each other. */
  const inTurn = (contents: readonly number[]): number[] =>
    Array.from({ length: PAGES }, (_, page) => contents[page % contents.length] as number);
  const pagesOf = (contents: readonly number[]): Pages => {
    const pages = new Map([...new Set(contents)].map((content) => [content, pageOf(content)]));
    return pagesAt(contents, (content) => pages.get(content) as Uint8Array);
  };
  const reportOn = (contents: readonly number[]): Promise<ScanReport> =>
    reportOf([new MemorySource('it', () => pagesOf(contents))], LEAST);

  test('a content that is counted exactly is not described by a page that is another by now', async () => {
    const first = pagesOf(inTurn([1, 2, 3]));
    const again = new Map([...first, [0, pageOf(9)], [1, pageOf(3)]]);
    const source = new MemorySource('it', (reading) => (reading === 0 ? first : again));
    const { sample, contents } = await reportOf([source], LEAST);
    expect(sample).toMatchObject({ pages: 0 });
    expect(contents).toMatchObject([
      { sha1: null, kind: 'unread', pages: 1400, example: { address: '0x0' } },
      { sha1: null, kind: 'unread', pages: 1400, example: { address: '0x1000' } },
      { sha1: createHash('sha1').update(pageOf(3)).digest('hex'), pages: 1400, example: { address: '0x2000' } },
    ]);
  });

  // Of each content all pages are merged, unless one is alone in the last frame: 4200 / 3 and 4200 / 2 leave none.
  test.each<[contents: number[], believed: number, said: string]>([
    [[0], 0, 'Zero pages are counted exactly, as KSM has merged them once it is settled. Passes'],
    [
      [1],
      4200,
      '1 content of many pages is counted exactly, as KSM has merged it once it is settled; equal hashes are believed. Passes',
    ],
    [
      [1, 2],
      4200,
      '2 contents of many pages are counted exactly, as KSM has merged them once it is settled; equal hashes are believed. Passes',
    ],
    [
      [0, 1, 2],
      2800,
      'Zero pages and 2 contents of many pages are counted exactly, as KSM has merged them once it is settled; ' +
        'equal hashes are believed, but of zero pages. Passes',
    ],
  ])('of contents %j says what is counted exactly, and what of it is believed', async (contents, believed, said) => {
    const { sample, verification, notes } = await reportOn(inTurn(contents));
    expect(sample?.heavy).toEqual({ contents: contents.length, pages: PAGES });
    expect(notes.join('\n')).toContain(`contents. ${said}`);
    expect(verification.believed).toBe(believed);
    expect(verification.false_match_chance > 0).toBe(believed > 0);
  });

  test('where nothing is counted exactly, that is not said', async () => {
    const { sample, notes } = await reportOn(Array.from({ length: PAGES }, (_, page) => 1 + page));
    expect(sample?.heavy).toEqual({ contents: 0, pages: 0 });
    expect(notes.join('\n')).toMatch(/from 1 in \d+ contents\. Passes and the engine/);
  });

  test('a pipe behind a file, whichever is read first, has the pages that are behind those of the file', async () => {
    const contents = new Dice('pipe');
    const [file, pipe] = [1001, PAGES].map((length) => Array.from({ length }, () => 1 + contents.below(3))) as [
      number[],
      number[],
    ];
    const shareable = { data: {}, conclude: () => {} } as unknown as Shareable; // with one loader nobody makes another of it
    const sources = [
      Object.assign(new MemorySource('file', () => pagesOf(file)), { shareable }),
      new MemorySource('pipe', () => pagesOf(pipe), { isRepeatable: false }),
    ];
    const { sample, sysfs, ksm_stat, contents: found } = await reportOf(sources, LEAST);
    expect(sample).toMatchObject({ pages: 0 });
    const { whole, rows } = truthOf([file, pipe]);
    expect(sysfs).toMatchObject({ pages_shared: whole.shared, pages_sharing: whole.sharing });
    expect(ksm_stat).toMatchObject(rows);
    expect(found.map(({ example }) => example.source)).toEqual(['file', 'file', 'file']);
  });
});

/** Where all pages do not fit, contents are sampled: figures are estimates, and the truth lies within their bounds. */
import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../../src/report/index.ts';
import { Dice } from '../../support/dice.ts';
import { coverage, MIXES, type Mix, truthOf } from '../../support/draws.ts';
import { namesBy, scanNamed } from '../../support/named-sources.ts';

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
  // Zero pages are among them, though there are none.
  expect(sample).toMatchObject({ pages: 0, heavy: { contents: 4, pages: 9000 } });
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

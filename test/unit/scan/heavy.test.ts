/** What is counted of heavy contents is what the engine makes of their pages, to the last frame and source. */
import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../../src/report/index.ts';
import { HeavyContents } from '../../../src/scan/heavy.ts';
import { Dice } from '../../support/dice.ts';
import { namesBy, scanNamed } from '../../support/named-sources.ts';

const CONTENTS = 40;

/** The lower and the upper half. */
function halvesOf(name: bigint): [low: number, high: number] {
  return [Number(name & 0xffff_ffffn), Number(name >> 32n)];
}

/** Pages of a few contents in three sources; of some of them so many that they fill several frames. */
function sourcesOf(dice: Dice): BigUint64Array[] {
  const name = namesBy(dice);
  return [200, 450, 130].map((pages) =>
    BigUint64Array.from({ length: pages }, () => name(dice.oneIn(2) ? dice.below(3) : dice.below(CONTENTS))),
  );
}

describe.each([0, 1])('use_zero_pages %i', (use_zero_pages) => {
  test.each([2, 3, 16, 256])('max_page_sharing %i', async (max_page_sharing) => {
    const sources = sourcesOf(new Dice(`${use_zero_pages} ${max_page_sharing}`));
    const scanned = await scanNamed(sources, { settings: { use_zero_pages, max_page_sharing } });
    using _ = scanned.engines;
    const { sysfs, ksm_stat, contents } = figuresOf(scanned);

    const heavy = new HeavyContents(CONTENTS, { maxPageSharing: max_page_sharing, useZeroPages: use_zero_pages === 1 });
    for (const name of new Set(sources.flatMap((source) => [...source]))) heavy.enter(...halvesOf(name));
    for (const [source, all] of sources.entries()) {
      for (const [page, name] of all.entries()) {
        heavy.add(heavy.find(...halvesOf(name)), source, page);
      }
    }
    const rows = ksm_stat.map(({ pages, zero, shared, sharing, unshared }) => ({
      pages,
      zero,
      shared,
      sharing,
      unshared,
    }));
    expect(heavy.outcomes).toEqual(rows);
    expect(heavy.chains()).toEqual({ chains: sysfs.stable_node_chains, dups: sysfs.stable_node_dups });
    const place = ({ source, page }: { source: number; page: number }): number => source * 2 ** 20 + page;
    const ordered = <C extends { source: number; page: number }>(list: Iterable<C>): C[] =>
      [...list].sort((one, other) => place(one) - place(other));
    expect(ordered(heavy.contents())).toEqual(ordered(contents));
  });
});

test('a name that is not among them is none of them, whatever half it shares with one', () => {
  const heavy = new HeavyContents(2, { maxPageSharing: 2, useZeroPages: false });
  heavy.enter(0, 0);
  heavy.enter(2, 1);
  expect(heavy.count).toBe(2);
  expect([heavy.find(0, 1), heavy.find(2, 0), heavy.find(1, 2), heavy.find(2, 2)]).toEqual([-1, -1, -1, -1]);
  expect(heavy.find(2, 1)).not.toBe(heavy.find(0, 0));
});

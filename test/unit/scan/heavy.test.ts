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
    expect(heavy.outcomes()).toEqual(rows);
    expect(heavy.chains()).toEqual({ chains: sysfs.stable_node_chains, dups: sysfs.stable_node_dups });
    const place = ({ source, page }: { source: number; page: number }): number => source * 2 ** 20 + page;
    const ordered = <C extends { source: number; page: number }>(list: Iterable<C>): C[] =>
      [...list].sort((one, other) => place(one) - place(other));
    const named = [...contents].map((one) => ({ ...one, name: sources[one.source]?.[one.page] }));
    expect(ordered(heavy.contents())).toEqual(ordered(named));
    const zeros = sources.flatMap((source) => [...source]).filter((name) => name === 0n).length;
    // Of zeros that are merged as any other content, one alone at the end is not.
    const certain = use_zero_pages === 1 ? 0 : zeros - (zeros % max_page_sharing === 1 ? 1 : 0);
    expect(heavy.believed()).toBe(sysfs.pages_shared + sysfs.pages_sharing - certain);
  });
});

test('a name that is not among them is none of them, whatever half it shares with one', () => {
  const heavy = new HeavyContents(2, { maxPageSharing: 2, useZeroPages: false });
  heavy.enter(0, 0);
  heavy.enter(2, 1);
  expect([heavy.find(0, 1), heavy.find(2, 0), heavy.find(1, 2), heavy.find(2, 2)]).toEqual([-1, -1, -1, -1]);
  expect(heavy.find(2, 1)).not.toBe(heavy.find(0, 0));
});

test('those are counted that have pages, and zero pages only where there are any', () => {
  const heavy = new HeavyContents(2, { maxPageSharing: 2, useZeroPages: false });
  heavy.enter(0, 0);
  heavy.enter(2, 1);
  expect([heavy.count, heavy.hasZeros, heavy.believed()]).toEqual([0, false, 0]);
  for (const page of [0, 1]) heavy.add(heavy.find(2, 1), 0, page);
  expect([heavy.count, heavy.hasZeros, heavy.believed()]).toEqual([1, false, 2]);
  for (const page of [2, 3, 4]) heavy.add(heavy.find(0, 0), 0, page);
  expect([heavy.count, heavy.hasZeros, heavy.believed()]).toEqual([2, true, 2]);
});

test.each([2, 3, 16])('sources that are read before their turn have theirs (max_page_sharing %i)', (maxPageSharing) => {
  const dice = new Dice(`early ${maxPageSharing}`);
  const name = namesBy(dice);
  const sources = Array.from({ length: 5 }, () =>
    BigUint64Array.from({ length: 150 }, () => name(dice.below(CONTENTS))),
  );
  const counted = (early: readonly number[]): object => {
    const heavy = new HeavyContents(CONTENTS, { maxPageSharing, useZeroPages: false }, early);
    for (let content = 0; content < CONTENTS; content++) heavy.enter(...halvesOf(name(content)));
    const added = sources.map(() => 0);
    const addUpTo = (source: number, end: number): void => {
      for (let page = added[source] as number; page < end; page++) {
        heavy.add(heavy.find(...halvesOf(sources[source]?.[page] as bigint)), source, page);
      }
      added[source] = end;
    };
    // What is there when the memory is full for the first time comes in order: the beginning of a file behind a pipe, too.
    for (const source of [0, ...early]) addUpTo(source, 70);
    for (const source of early) addUpTo(source, 150);
    for (const source of sources.keys()) addUpTo(source, 150);
    return [heavy.outcomes(), heavy.chains(), [...heavy.contents()]];
  };
  const inOrder = counted([]);
  for (const early of [[2], [1, 3], [1, 4]]) expect(counted(early)).toEqual(inOrder);
});

/**
 * The traces of appendix A of the specification: what Linux 6.18.44 did, step by step, T1 to T28. A step is one line there and one
 * expectation here. T5, T6, T16, T20 and T26 (processes) are in processes.test.ts, T12 and T23 (references) in pins.test.ts, T13 (huge
 * pages) in huge-pages.test.ts, T19, T21 and T22 (errors, prctl) in errors.test.ts, T18 and T29 (advisor, ksmd) in ksmd.test.ts.
 *
 * Left out: T10, because the engine has no mremap, and T14, because it has no MADV_COLLAPSE.
 */
import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import {
  type Area,
  batch,
  boot,
  counter,
  cowKsm,
  distinct,
  expectError,
  groups,
  mergeable,
  ORDERS,
  type Order,
  pass,
  same,
  state,
  stateWithChains,
} from './machine.ts';

const U1 = 1;
const U2 = 2;

/** The memory of T1, after two passes. */
async function afterT1(index: Order): Promise<{ host: Host; area: Area }> {
  const host = await boot(index);
  const area = mergeable(host.spawn(), ['a', 'a', 'a', U1, 0, 0, null, 'a', U2, 'a']);
  pass(host, 2);
  expect(state(host)).toEqual([2, 5, 2, 0]);
  return { host, area };
}

/** full_scans, then shared / sharing / unshared / volatile. */
function line(host: Host): number[] {
  return [counter(host, 'full_scans'), ...state(host)];
}

describe.each(ORDERS)('merging and coming apart, %s order', (index) => {
  test('T1: ten pages, one a batch', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), ['a', 'a', 'a', U1, 0, 0, null, 'a', U2, 'a']);
    const before = Array.from({ length: 10 }, (_, page) => area.frame(page));
    for (let items = 1; items <= 9; items++) {
      expect(batch(host, 1)).toBe(1);
      expect(line(host)).toEqual([0, 0, 0, 0, items]);
      expect(counter(host, 'general_profit')).toBe(-64 * items);
      expect(counter(host, 'pages_scanned')).toBe(items);
    }
    expect(batch(host, 1)).toBe(0);
    const steps = [
      [1, 0, 0, 0, 9],
      [1, 0, 0, 1, 8],
      [1, 1, 1, 0, 7],
      [1, 1, 2, 0, 6],
      [1, 1, 2, 1, 5],
      [1, 1, 2, 2, 4],
      [1, 2, 3, 1, 3],
      [1, 2, 4, 1, 2],
      [1, 2, 4, 2, 1],
      [1, 2, 5, 2, 0],
    ];
    for (const step of steps) {
      expect(line(host)).toEqual(step);
      batch(host, 1);
    }
    expect(line(host)).toEqual([2, 2, 5, 2, 0]);
    expect(counter(host, 'pages_scanned')).toBe(18);
    expect(counter(host, 'general_profit')).toBe(19904);
    for (const page of [0, 1, 2, 7, 9]) expect(area.frame(page)).toBe(before[1]);
    for (const page of [4, 5]) expect(area.frame(page)).toBe(before[5]);
    expect(area.space.ksmStat()).toMatchObject({
      ksm_rmap_items: 9,
      ksm_merging_pages: 7,
      ksm_process_profit: 28096,
    });
    for (let more = 0; more < 3; more++) {
      expect(batch(host, 1000)).toBe(9);
      expect(state(host)).toEqual([2, 5, 2, 0]);
    }
    checkHost(host);
  });

  test('T2: a write, and the old content back', async () => {
    const { host, area } = await afterT1(index);
    const before = host.ksm.counters();
    area.poke(1);
    expect(host.ksm.counters()).toEqual(before);
    expect(cowKsm(host)).toBe(1);
    pass(host);
    expect(state(host)).toEqual([2, 4, 2, 1]);
    pass(host);
    expect(state(host)).toEqual([2, 4, 3, 0]);
    area.write(1, 'a');
    pass(host);
    expect(state(host)).toEqual([2, 4, 2, 1]);
    pass(host);
    expect(state(host)).toEqual([2, 5, 2, 0]);
    expect(cowKsm(host)).toBe(1);
    checkHost(host);
  });

  test('T2b: a merged frame with one user left stays merged', async () => {
    const { host, area } = await afterT1(index);
    for (const [value, page] of [0, 1, 2, 7].entries()) area.poke(page, value);
    expect(cowKsm(host)).toBe(4);
    pass(host);
    expect(state(host)).toEqual([2, 1, 2, 4]);
    pass(host);
    expect(state(host)).toEqual([2, 1, 6, 0]);
    checkHost(host);
  });

  test('T2c: munmap counts in the next pass, which drops the slot', async () => {
    const { host, area } = await afterT1(index);
    area.munmap();
    expect(state(host)).toEqual([2, 5, 2, 0]);
    pass(host);
    expect(line(host)).toEqual([3, 0, 0, 0, 0]);
    expect(area.space.ksmStat().ksm_mergeable).toBe('no');
    expect(host.ksm.scan(1000)).toEqual({ pages_scanned: 0, passEnded: false, idle: true });
    expect(line(host)).toEqual([3, 0, 0, 0, 0]);
    checkHost(host);
  });

  test('T9: MADV_UNMERGEABLE on half, and MERGEABLE again', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 8));
    pass(host, 2);
    expect(state(host)).toEqual([1, 7, 0, 0]);
    area.advise('UNMERGEABLE', 4, 4);
    expect(state(host)).toEqual([1, 7, 0, 0]);
    expect(cowKsm(host)).toBe(4);
    pass(host);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    expect(area.space.ksmStat().ksm_rmap_items).toBe(4);
    area.advise('MERGEABLE', 4, 4);
    pass(host);
    expect(state(host)).toEqual([1, 3, 0, 4]);
    pass(host);
    expect(state(host)).toEqual([1, 7, 0, 0]);
    checkHost(host);
  });

  test('T11: protection does not matter', async () => {
    const host = await boot(index);
    const space = host.spawn();
    mergeable(space, same('a', 2), { prot: 'none' });
    mergeable(space, same('a', 2), { prot: 'r' });
    pass(host, 2);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    checkHost(host);
  });

  test('T15: of three processes, the frame of the second survives', async () => {
    const host = await boot(index);
    const [a, b, c] = [1, 2, 3].map(() => mergeable(host.spawn(), ['x'])) as [Area, Area, Area];
    const survivor = b.frame(0);
    pass(host, 2);
    expect(state(host)).toEqual([1, 2, 0, 0]);
    expect([a, b, c].map((area) => area.frame(0))).toEqual([survivor, survivor, survivor]);
    checkHost(host);
  });

  test('T17: run 2 undoes everything; the process stays registered', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 4));
    pass(host, 2);
    const scanned = counter(host, 'pages_scanned');
    host.ksm.settings.run = 2;
    expect(cowKsm(host)).toBe(4);
    expect(line(host)).toEqual([0, 0, 0, 0, 0]);
    expect(counter(host, 'general_profit')).toBe(0);
    expect(counter(host, 'pages_scanned')).toBe(scanned);
    expect(area.space.ksmStat()).toMatchObject({ ksm_rmap_items: 0, ksm_merging_pages: 0, ksm_mergeable: 'yes' });
    expect(groups(area)).toHaveLength(4);
    host.ksm.settings.run = 1;
    pass(host);
    expect(line(host)).toEqual([1, 0, 0, 0, 4]);
    checkHost(host);
  });
});

describe.each(ORDERS)('max_page_sharing, %s order', (index) => {
  test('T3: chains, knobs that are busy, and a chain that collapses', async () => {
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 3;
    const area = mergeable(host.spawn(), same('a', 10));
    const before = area.frames();
    pass(host);
    expect(stateWithChains(host)).toEqual([0, 0, 0, 10, 0, 0]);
    pass(host);
    expect(stateWithChains(host)).toEqual([3, 6, 1, 0, 1, 3]);
    pass(host, 3);
    expect(stateWithChains(host)).toEqual([3, 6, 1, 0, 1, 3]);
    expect(groups(area)).toEqual([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]);
    expect([0, 3, 6, 9].map((page) => area.frame(page))).toEqual([before[1], before[4], before[7], before[9]]);
    expectError('EBUSY', () => host.ksm.write('max_page_sharing', '4'));
    host.ksm.write('max_page_sharing', '3');
    expectError('EBUSY', () => host.ksm.write('merge_across_nodes', '0'));
    host.ksm.write('merge_across_nodes', '1');

    area.write(0, ...distinct(3));
    pass(host);
    expect(stateWithChains(host)).toEqual([2, 4, 1, 3, 1, 2]);
    area.write(3, ...distinct(3, 4));
    pass(host);
    expect(stateWithChains(host)).toEqual([1, 2, 4, 3, 0, 0]);
    checkHost(host);
  });

  test.each([
    [1, 0, 0, 1, 0, 0],
    [2, 1, 1, 0, 0, 0],
    [3, 1, 2, 0, 0, 0],
    [4, 1, 3, 0, 0, 0],
    [5, 1, 3, 1, 0, 0],
    [6, 2, 4, 0, 1, 2],
    [7, 2, 5, 0, 1, 2],
    [8, 2, 6, 0, 1, 2],
    [9, 2, 6, 1, 1, 2],
    [10, 3, 7, 0, 1, 3],
    [11, 3, 8, 0, 1, 3],
    [12, 3, 9, 0, 1, 3],
    [13, 3, 9, 1, 1, 3],
  ])('T3c: limit 4, %i pages: shared %i, sharing %i, unshared %i, chains %i, dups %i', async (pages, ...steady) => {
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 4;
    mergeable(host.spawn(), same('a', pages));
    pass(host, 4);
    const [shared, sharing, unshared, chains, dups] = steady;
    expect(stateWithChains(host)).toEqual([shared, sharing, unshared, 0, chains, dups]);
    checkHost(host);
  });
});

describe.each(ORDERS)('which dup takes the next page (3.10), %s order', (index) => {
  const NEVER = 4294967295;
  test.each([
    { prune: 2000, now: 1999, joins: 'first' },
    { prune: 2000, now: 2000, joins: 'fullest' },
    { prune: 0, now: 0, joins: 'fullest' },
    { prune: NEVER, now: 1e9, joins: 'first' },
  ])('pruned every $prune ms, $now ms after the chain was made: the $joins', async ({ prune, now, joins }) => {
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 4;
    host.ksm.settings.stable_node_chains_prune_millisecs = prune;
    const passAt = (time: number): void => {
      expect(host.ksm.scan(1000, { now: time }).passEnded).toBe(true);
    };
    const area = mergeable(host.spawn(), [...same('a', 8), null]);
    for (let scan = 0; scan < 2; scan++) passAt(0);
    expect(stateWithChains(host)).toEqual([2, 6, 0, 0, 1, 2]);
    area.advise('DONTNEED', 0, 1); // and not overwritten: a search that passes by would prune the chain
    area.advise('DONTNEED', 4, 2);
    passAt(0);
    expect(stateWithChains(host)).toEqual([2, 3, 0, 0, 1, 2]);
    area.write(8, 'a');
    passAt(0);
    passAt(now);
    expect(stateWithChains(host)).toEqual([2, 4, 0, 0, 1, 2]);
    // The node of pages 4 to 7 came last and so stands first, with two pages left; that of pages 0 to 3 has three.
    expect(area.frame(8)).toBe(area.frame(joins === 'first' ? 7 : 3));
    checkHost(host);
  });
});

/** P for a pass that processes exactly the pages that are not merged, S for one that skips them. */
function schedule(host: Host, passes: number, merged: number = 0): string {
  let text = '';
  for (let done = 0; done < passes; done++) {
    const { pages_scanned } = host.ksm.scan(1000);
    text += pages_scanned > merged ? 'P' : 'S';
  }
  return text;
}

describe.each(ORDERS)('smart scan, %s order', (index) => {
  test('T4: the schedule of a page that never merges', async () => {
    const host = await boot(index);
    host.ksm.settings.smart_scan = true;
    mergeable(host.spawn(), [U1]);
    const processed = [1, 2, 3, 4, 6, 9, 14, 23, 32, 41, 50, 59];
    for (let scan = 1; scan <= 60; scan++) {
      const isProcessed = processed.includes(scan);
      const skipped = counter(host, 'pages_skipped');
      expect(batch(host, 100), `pass ${scan}`).toBe(isProcessed ? 1 : 0);
      expect(counter(host, 'pages_skipped') - skipped).toBe(isProcessed ? 0 : 1);
      expect(state(host)).toEqual([0, 0, ...(isProcessed && scan > 1 ? [1, 0] : [0, 1])]);
    }
    checkHost(host);
  });

  test('T4b: age stands still while a page is merged', async () => {
    const host = await boot(index);
    host.ksm.settings.smart_scan = true;
    const area = mergeable(host.spawn(), same('a', 2));
    expect(schedule(host, 10)).toBe('PPPPPPPPPP');
    area.write(0, U1);
    expect(schedule(host, 1, 1)).toBe('P');
    expect(state(host)).toEqual([1, 0, 0, 1]);
    expect(schedule(host, 20, 1)).toBe(`PSPSSPSSSSP${'S'.repeat(8)}P`);
    expect(counter(host, 'pages_shared')).toBe(1);
    checkHost(host);
  });

  test.each([
    [2, 2],
    [5, 4],
    [10, 4],
    [26, 6],
    [27, 14],
    [28, 4],
    [29, 3],
    [30, 2],
    [32, 9],
  ])('T28: after %i passes alone, an equal page merges in its pass %i', async (alone, passes) => {
    const host = await boot(index);
    host.ksm.settings.smart_scan = true;
    const area = mergeable(host.spawn(), ['a', null]);
    pass(host, alone);
    area.write(1, 'a');
    pass(host, passes - 1);
    expect(counter(host, 'pages_shared')).toBe(0);
    pass(host);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    checkHost(host);
  });

  test.each([13, 15, 16, 22, 24, 25, 31, 33, 34, 40, 42, 43])('T28: after %i passes alone, never', async (alone) => {
    const host = await boot(index);
    host.ksm.settings.smart_scan = true;
    const area = mergeable(host.spawn(), ['a', null]);
    pass(host, alone);
    area.write(1, 'a');
    pass(host, 1200);
    expect(counter(host, 'pages_shared')).toBe(0);
    host.ksm.settings.smart_scan = false;
    pass(host, 2);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    checkHost(host);
  });
});

describe.each(ORDERS)('zero pages, %s order', (index) => {
  test('T8: merged with the zero frame, forked, read, written, unmerged, unmapped', async () => {
    const host = await boot(index);
    host.ksm.settings.use_zero_pages = true;
    const space = host.spawn();
    const zero = mergeable(space, same(0, 4));
    const pair = mergeable(space, same('p', 2));
    const zeroPages = (): number => counter(host, 'ksm_zero_pages');
    pass(host);
    expect(state(host)).toEqual([0, 0, 0, 6]);
    pass(host);
    expect(state(host)).toEqual([1, 1, 0, 4]);
    expect([zeroPages(), counter(host, 'general_profit')]).toEqual([4, 20096]);
    expect(groups(zero)).toEqual([[0, 1, 2, 3]]);
    expect(batch(host, 1000)).toBe(2);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    expect(counter(host, 'general_profit')).toBe(20352);

    host.ksm.settings.use_zero_pages = false;
    expect(zeroPages()).toBe(4);
    const child = space.fork();
    expect([zeroPages(), child.ksmStat().ksm_zero_pages]).toEqual([8, 4]);
    child.exit();
    expect(zeroPages()).toBe(4);
    expect(zero.holds(0, 0)).toBe(true);
    expect(zeroPages()).toBe(4);
    zero.poke(0);
    expect([zeroPages(), cowKsm(host)]).toEqual([3, 0]);
    zero.advise('UNMERGEABLE', 1, 2);
    expect([zeroPages(), cowKsm(host)]).toEqual([1, 0]);
    zero.munmap();
    pair.munmap();
    expect(zeroPages()).toBe(0);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    pass(host);
    expect(state(host)).toEqual([0, 0, 0, 0]);
    checkHost(host);
  });
});

/**
 * Merging on demand: what is equal in a range is merged when the call returns, though nobody has seen it before, and nothing else is.
 * The expectation is a partition: pages of the range are grouped by content, and a group is one frame, or several if max_page_sharing says
 * so.
 */
import { describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import type { Host } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import {
  type Area,
  boot,
  cowKsm,
  distinct,
  fill,
  groups,
  HUGE,
  mergeable,
  ORDERS,
  pass,
  same,
  state,
} from '../linux/machine.ts';

/** Merges pages of an area, all unless said. How many are merged that were not before, or a negative errno. */
function merge(host: Host, area: Area, page: number = 0, pages: number = area.pages - page): number {
  const { mm, id } = area.space;
  const merged = engineOf(host).call.rangeMerge(mm, id, area.base / PAGE + page, pages);
  checkHost(host);
  return merged;
}

describe.each(ORDERS)('merging on demand, %s order', (index) => {
  test('merges what is equal, at once and without ksmd', async () => {
    const host = await boot(index);
    host.ksm.settings.run = 0;
    const area = mergeable(host.spawn(), ['a', 'b', 'a', 'c', 'a', 'b']);
    expect(merge(host, area)).toBe(5);
    expect(groups(area)).toEqual([[0, 2, 4], [1, 5], [3]]);
    expect(state(host)).toEqual([2, 3, 0, 1]);
    expect(area.holds(0, 'a', 'b', 'a', 'c', 'a', 'b')).toBe(true);
    expect(merge(host, area)).toBe(0);
  });

  test('leaves what lies outside the range alone, and what is not mergeable', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 6));
    area.advise('UNMERGEABLE', 2, 1);
    expect(merge(host, area, 1, 4)).toBe(3);
    expect(groups(area)).toEqual([[0], [1, 3, 4], [2], [5]]);
    expect(merge(host, fill(area.space, same('a', 2)))).toBe(0);
  });

  test('finds what another process has merged', async () => {
    const host = await boot(index);
    const first = mergeable(host.spawn(), ['a', 'a']);
    expect(merge(host, first)).toBe(2);
    const second = mergeable(host.spawn(), ['b', 'a']);
    expect(merge(host, second)).toBe(1);
    expect(second.frame(1)).toBe(first.frame(0));
  });

  test('finds what ksmd has merged, and ksmd goes on from what it leaves', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), ['a', 'a', 'a', 'b', 'c']);
    const other = mergeable(host.spawn(), ['b']);
    expect(merge(host, area, 0, 2)).toBe(2);
    pass(host, 2);
    expect(state(host)).toEqual([2, 3, 1, 0]);
    expect(other.frame(0)).toBe(area.frame(3));
    area.write(4, 'a');
    expect(merge(host, area)).toBe(1);
    pass(host, 2);
    expect(state(host)).toEqual([2, 4, 0, 0]);
  });

  test('takes pages out of ksmd’s unstable tree', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), distinct(40));
    pass(host, 2);
    expect(state(host)).toEqual([0, 0, 40, 0]);
    area.write(20, ...distinct(20));
    expect(merge(host, area)).toBe(40);
    expect(state(host)).toEqual([20, 20, 0, 0]);
    pass(host, 2);
    expect(state(host)).toEqual([20, 20, 0, 0]);
  });

  test('a write to a merged page goes to a copy', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), ['a', 'a']);
    merge(host, area);
    area.poke(1);
    expect(cowKsm(host)).toBe(1);
    expect(groups(area)).toEqual([[0], [1]]);
    expect(area.holds(0, 'a')).toBe(true);
    checkHost(host);
  });

  test('heeds max_page_sharing', async () => {
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 4;
    const area = mergeable(host.spawn(), same('a', 10));
    expect(merge(host, area)).toBe(10);
    expect(groups(area).map((pages) => pages.length)).toEqual([4, 4, 2]);
  });

  test('splits a huge page where two of its parts are equal', async () => {
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 1000;
    const area = mergeable(host.spawn(), [...distinct(500), ...same('a', 12)], { hugepage: true });
    expect(area.pages * PAGE).toBe(HUGE);
    expect(merge(host, area)).toBe(12);
    expect(groups(area).length).toBe(501);
  });

  test('a pinned page stays, and so does the other of two', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), ['a', 'a', 'a']);
    const pin = area.space.pin(area.at(0));
    expect(merge(host, area)).toBe(2);
    expect(groups(area)).toEqual([[0], [1, 2]]);
    pin.release();
    expect(merge(host, area)).toBe(1);
  });

  test('a range that is none, or of nobody', async () => {
    const host = await boot(index);
    const { mm, id } = host.spawn();
    const { rangeMerge } = engineOf(host).call;
    expect(rangeMerge(mm, id, layout.MM_PAGES - 1, 2)).toBe(-layout.EINVAL);
    expect(rangeMerge(mm, id, layout.MM_PAGES, 0)).toBe(-layout.EINVAL);
    expect(rangeMerge(mm, id + 1, 1, 1)).toBe(-layout.ESRCH);
    expect(rangeMerge(mm, id, 0, layout.MM_PAGES)).toBe(0);
  });

  test('any contents, any ranges, pages that change between: always the partition by content', async () => {
    const dice = new Dice(`range, ${index}`);
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 1000;
    const contents = Array.from({ length: 700 }, () => dice.below(300) + 1);
    const area = mergeable(host.spawn(), contents);
    const merged = new Set<number>();
    for (let turn = 0; turn < 12; turn++) {
      for (let writes = dice.below(60); writes > 0; writes--) {
        const page = dice.below(contents.length);
        contents[page] = dice.below(300) + 1;
        area.write(page, contents[page]);
        merged.delete(page);
      }
      const from = dice.below(contents.length);
      const pages = dice.below(contents.length - from);
      const count = merge(host, area, from, pages);
      const before = merged.size;
      for (const page of expected(contents, merged, from, from + pages)) merged.add(page);
      expect(count).toBe(merged.size - before);
      expect(frameGroups(area)).toEqual(contentGroups(contents, merged));
    }
  });
});

/** The pages of [from, to) that a merge takes: those with a partner in the range, and those whose content is merged somewhere. */
function expected(contents: readonly number[], merged: ReadonlySet<number>, from: number, to: number): number[] {
  const isMerged = new Set([...merged].map((page) => contents[page]));
  const times = new Map<number, number>();
  for (let page = from; page < to; page++) {
    const content = contents[page] as number;
    times.set(content, (times.get(content) ?? 0) + 1);
  }
  const pages = Array.from({ length: to - from }, (_, index) => from + index);
  return pages.filter((page) => isMerged.has(contents[page]) || (times.get(contents[page] as number) ?? 0) > 1);
}

/** The pages that share a frame, as text, so that groups compare as a set. */
function frameGroups(area: Area): string[] {
  const shared = groups(area).filter((pages) => pages.length > 1);
  return shared.map((pages) => pages.join(' ')).sort();
}

function contentGroups(contents: readonly number[], merged: ReadonlySet<number>): string[] {
  const byContent = new Map<number, number[]>();
  for (const page of [...merged].sort((a, b) => a - b)) {
    const content = contents[page] as number;
    byContent.set(content, [...(byContent.get(content) ?? []), page]);
  }
  return [...byContent.values()]
    .filter((pages) => pages.length > 1)
    .map((pages) => pages.join(' '))
    .sort();
}

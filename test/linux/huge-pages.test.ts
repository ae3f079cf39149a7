/**
 * Huge pages under the scanner: T13 and T13b of appendix A of the specification, and section 6.10. A huge page is whole as long as its
 * 512 ptes carry PTE_HUGE, which is public ABI.
 */
import { describe, expect, test } from 'vitest';
import { layout } from '../../src/engine/index.ts';
import type { Host } from '../../src/index.ts';
import { type Area, boot, counter, distinct, mergeable, ORDERS, type Order, pass, same, state } from './machine.ts';

/** Huge pages that are whole. */
function hugePages(host: Host): number {
  const { engine } = host;
  const first = engine.u32(layout.H_PTES) >>> 2;
  const entries = engine.u32(layout.H_FREE_LEAVES + layout.FREE_FRESH) * layout.TABLE_ENTRIES;
  const parts = engine.words.subarray(first, first + entries).filter((pte) => pte & layout.PTE_HUGE).length;
  return parts / layout.TABLE_ENTRIES;
}

async function hugeHost(index: Order): Promise<Host> {
  const host = await boot(index);
  host.ksm.settings.max_page_sharing = 1000;
  return host;
}

/** Huge pages side by side in a new process. */
function huge(host: Host, contents: readonly (string | number)[]): Area {
  return mergeable(host.spawn(), contents, { hugepage: true });
}

describe.each(ORDERS)('huge pages, %s order', (index) => {
  test('T13: one of equal content is split at the first match, for which one page pays', async () => {
    const host = await hugeHost(index);
    huge(host, same('a', 512));
    expect(hugePages(host)).toBe(1);
    pass(host);
    expect(state(host)).toEqual([0, 0, 0, 512]);
    expect(hugePages(host)).toBe(1);
    pass(host);
    expect(state(host)).toEqual([1, 510, 0, 1]);
    expect(hugePages(host)).toBe(0);
    pass(host);
    expect(state(host)).toEqual([1, 511, 0, 0]);
    host.check();
  });

  test('T13: it is the second part that pays', async () => {
    const host = await hugeHost(index);
    const area = huge(host, same('a', 512));
    pass(host, 2);
    const merged = area.frame(0);
    expect(area.frames().flatMap((frame, page) => (frame === merged ? [] : [page]))).toEqual([1]);
    host.check();
  });

  test('T13b: one pair across two splits both, at a loss', async () => {
    const host = await hugeHost(index);
    huge(host, [...distinct(511), 'a', ...distinct(511, 1000), 'a']);
    expect(hugePages(host)).toBe(2);
    pass(host);
    expect(hugePages(host)).toBe(2);
    pass(host);
    expect(state(host)).toEqual([1, 1, 1022, 0]);
    expect(counter(host, 'general_profit')).toBe(-61440);
    expect(hugePages(host)).toBe(0);
    host.check();
  });

  test('a page that finds a merged frame splits only its own huge page', async () => {
    const host = await hugeHost(index);
    mergeable(host.spawn(), same('a', 2));
    pass(host, 2);
    huge(host, [...distinct(511), 'a']);
    huge(host, distinct(512, 1000));
    pass(host, 2);
    expect(state(host)).toEqual([1, 2, 1023, 0]);
    expect(hugePages(host)).toBe(1);
    host.check();
  });

  test('zero pages: the first one found splits the huge page', async () => {
    const host = await hugeHost(index);
    host.ksm.settings.use_zero_pages = true;
    huge(host, [...distinct(511), 0]);
    pass(host, 2);
    expect(counter(host, 'ksm_zero_pages')).toBe(1);
    expect(state(host)).toEqual([0, 0, 511, 1]);
    expect(hugePages(host)).toBe(0);
    host.check();
  });

  test('an equal pair within one: the first attempt only splits, the next pass merges', async () => {
    const host = await hugeHost(index);
    huge(host, [...distinct(510), 'a', 'a']);
    pass(host, 2);
    expect(state(host)).toEqual([0, 0, 511, 1]);
    expect(hugePages(host)).toBe(0);
    pass(host);
    expect(state(host)).toEqual([1, 1, 510, 0]);
    host.check();
  });

  test('a pinned page: neither is it merged, nor is its huge page split', async () => {
    const host = await hugeHost(index);
    const area = huge(host, [...distinct(511), 'a']);
    mergeable(host.spawn(), ['a']);
    using _pin = area.space.pin(area.at(511));
    pass(host, 3);
    expect(counter(host, 'pages_shared')).toBe(0);
    expect(hugePages(host)).toBe(1);
    host.check();
  });

  test('a pinned part keeps its huge page whole, and so every other part from merging', async () => {
    const host = await hugeHost(index);
    mergeable(host.spawn(), same('a', 2));
    pass(host, 2);
    const area = huge(host, [...distinct(511), 'a']);
    const pin = area.space.pin(area.at(0));
    pass(host, 3);
    expect([counter(host, 'pages_sharing'), hugePages(host)]).toEqual([1, 1]);
    pin.release();
    pass(host);
    expect([counter(host, 'pages_sharing'), hugePages(host)]).toEqual([2, 0]);
    host.check();
  });

  test('write protection does not make two pages of one: the split is still paid for', async () => {
    const host = await hugeHost(index);
    const area = huge(host, same('a', 512));
    area.space.mprotect(area.base, area.pages * 4096, 'r');
    pass(host, 2);
    expect(state(host)).toEqual([1, 510, 0, 1]);
    host.check();
  });

  test('nor does a part that is gone', async () => {
    const host = await hugeHost(index);
    const area = huge(host, same('a', 512));
    area.advise('DONTNEED', 511, 1);
    pass(host, 2);
    expect(state(host)).toEqual([1, 509, 0, 1]);
    host.check();
  });

  test('unmerging and writing anew after a split work on single pages', async () => {
    const host = await hugeHost(index);
    const area = huge(host, same('a', 512));
    pass(host, 3);
    host.ksm.settings.run = 2;
    expect(new Set(area.frames()).size).toBe(512);
    expect(area.holds(0, ...same('a', 512))).toBe(true);
    host.ksm.settings.run = 1;
    pass(host, 2);
    expect(state(host)).toEqual([1, 511, 0, 0]);
    host.check();
  });
});

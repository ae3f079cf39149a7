/**
 * The kernel's own selftests of KSM, ksm_tests and ksm_functional_tests, case by case and by name. What they expect is in
 * section 8 of the specification. The cases that only measure time on Linux are kept for what they do: here their results
 * are checked, not their duration.
 *
 * test_unmerge_uffd_wp has no equivalent, because the engine has no userfaultfd, and so no write-protect bit that unmerging could trip
 * over.
 */
import { describe, expect, test } from 'vitest';
import {
  type AddressSpace,
  type Host,
  PR_GET_MEMORY_MERGE,
  PR_SET_MEMORY_MERGE,
  type Protection,
} from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import {
  type Area,
  boot,
  counter,
  cowKsm,
  distinct,
  fill,
  HUGE,
  hasDuplicates,
  ORDERS,
  type Order,
  pass,
  same,
  state,
  waitScans,
} from './machine.ts';

/** The set-up of ksm_tests: it scans as many pages in a batch as the case has. */
async function ksmTests(index: Order, pages: number, options: { memory?: string; nodes?: number } = {}): Promise<Host> {
  const host = await boot(index, { memory: '128M', ...options });
  host.ksm.settings.run = 2;
  host.ksm.settings.sleep_millisecs = 0;
  host.ksm.settings.merge_across_nodes = 1;
  host.ksm.settings.pages_to_scan = Math.max(1, pages);
  host.ksm.settings.smart_scan = true; // the selftests leave the default alone
  return host;
}

/** Its way to merge: opt in, run, and wait for two full scans. */
function merge(host: Host, area: Area, how: 'madvise' | 'prctl' = 'madvise'): void {
  if (how === 'madvise') area.advise('MERGEABLE');
  else area.space.prctl(PR_SET_MEMORY_MERGE, 1);
  host.ksm.settings.run = 1;
  waitScans(host, 2);
}

/** Its check of pages_shared and pages_sharing for `pages` duplicates. */
function assertDuplicates(host: Host, pages: number): void {
  const limit = host.ksm.settings.max_page_sharing;
  const full = Math.floor(pages / limit);
  const [shared, sharing] = state(host);
  if (pages % limit < 2) expect([shared, sharing]).toEqual([full, full * (limit - 1)]);
  else expect([shared, sharing]).toEqual([full + 1, pages - (full + 1)]);
}

describe.each(ORDERS)('ksm_tests, %s order', (index) => {
  test('-M -p 10: 10 identical pages are 1 shared and 9 sharing', async () => {
    const host = await ksmTests(index, 10);
    merge(host, fill(host.spawn(), same('*', 10)));
    expect(state(host).slice(0, 2)).toEqual([1, 9]);
    assertDuplicates(host, 10);
    checkHost(host);
  });

  const protections: Protection[] = ['rw', 'r', 'none'];
  const ways = protections.flatMap((prot) => [
    { prot, how: 'madvise' as const },
    { prot, how: 'prctl' as const },
  ]);
  test.each(ways)('-M -a $prot, by $how', async ({ prot, how }) => {
    const host = await ksmTests(index, 10);
    merge(host, fill(host.spawn(), same('*', 10), { prot }), how);
    assertDuplicates(host, 10);
    checkHost(host);
  });

  const limits = [2, 3, 256];
  const counts = limits.flatMap((limit) =>
    [...new Set([0, 1, 2, limit - 1, limit, limit + 1, limit + 2, 2 * limit, 2 * limit + 1])].map((pages) => ({
      limit,
      pages,
    })),
  );
  test.each(counts)('-M: max_page_sharing $limit, $pages pages', async ({ limit, pages }) => {
    const host = await ksmTests(index, pages);
    host.ksm.settings.max_page_sharing = limit;
    merge(host, fill(host.spawn(), [...same('*', pages), null]));
    assertDuplicates(host, pages);
    checkHost(host);
  });

  test('-U: two merged pages that are changed to different values come apart', async () => {
    const host = await ksmTests(index, 2);
    const area = fill(host.spawn(), same('*', 2));
    merge(host, area);
    assertDuplicates(host, 2);
    area.poke(0, '-'.charCodeAt(0));
    area.poke(1, '+'.charCodeAt(0));
    waitScans(host, 1);
    assertDuplicates(host, 0);
    checkHost(host);
  });

  test('-Z -z 0: zero pages are pages like any other', async () => {
    const host = await ksmTests(index, 10);
    host.ksm.settings.use_zero_pages = false;
    merge(host, fill(host.spawn(), same(0, 10)));
    assertDuplicates(host, 10);
    checkHost(host);
  });

  test('-Z -z 1: zero pages go to the zero frame', async () => {
    const host = await ksmTests(index, 10);
    host.ksm.settings.use_zero_pages = true;
    merge(host, fill(host.spawn(), same(0, 10)));
    assertDuplicates(host, 0);
    checkHost(host);
  });

  test.each([
    { across: 1, duplicates: 2 },
    { across: 0, duplicates: 0 },
  ])('-N -m $across: a page on each of two nodes', async ({ across, duplicates }) => {
    const host = await ksmTests(index, 10, { nodes: 2 });
    host.ksm.settings.merge_across_nodes = across;
    merge(host, fill(host.spawn({ node: 0 }), ['*']));
    merge(host, fill(host.spawn({ node: 1 }), ['*']));
    assertDuplicates(host, duplicates);
    checkHost(host);
  });

  test('-P -s 16: a large area merges in two scans', async () => {
    const pages = (16 << 20) / PAGE;
    const host = await ksmTests(index, 10);
    merge(host, fill(host.spawn(), same('*', pages)));
    assertDuplicates(host, pages);
    checkHost(host);
  });

  test('-H -s 16: huge pages are split and merge; one page pays for the first split', async () => {
    const pages = (16 << 20) / PAGE;
    const host = await ksmTests(index, 10);
    merge(host, fill(host.spawn(), same('*', pages), { hugepage: true }));
    assertDuplicates(host, pages - 1);
    expect(counter(host, 'pages_volatile')).toBe(1);
    waitScans(host, 1);
    assertDuplicates(host, pages);
    checkHost(host);
  });

  test('-D -s 16: MADV_UNMERGEABLE gives every page a frame of its own', async () => {
    const pages = (16 << 20) / PAGE;
    const host = await ksmTests(index, pages);
    const area = fill(host.spawn(), same('*', pages));
    merge(host, area);
    area.advise('UNMERGEABLE');
    expect(hasDuplicates(area)).toBe(false);
    expect(cowKsm(host)).toBe(pages);
    assertDuplicates(host, pages); // the counters wait for ksmd
    expect(area.holds(0, ...same('*', pages))).toBe(true);
    pass(host);
    assertDuplicates(host, 0);
    checkHost(host);
  });

  test('-C: writing to unmerged pages copies nothing, to one page of each merged pair half of them', async () => {
    const pages = 4000;
    const host = await ksmTests(index, pages);
    const area = fill(host.spawn(), distinct(pages));
    for (let page = 0; page < pages; page += 2) area.poke(page, 0x2d);
    expect(cowKsm(host)).toBe(0);
    for (let page = 0; page < pages; page += 2) area.write(page, page + 1, page + 1);
    merge(host, area);
    expect(state(host)).toEqual([pages / 2, pages / 2, 0, 0]);
    for (let page = 0; page < pages; page += 2) area.poke(page, 0x2d);
    expect(cowKsm(host)).toBe(pages / 2);
    for (let page = 1; page < pages; page += 2) expect(area.holds(page, page)).toBe(true);
    checkHost(host);
  });
});

const FUNCTIONAL_PAGES = HUGE / PAGE;

async function functionalTests(index: Order): Promise<Host> {
  const host = await boot(index);
  host.ksm.settings.smart_scan = true;
  return host;
}

/** mmap_and_merge_range of ksm_functional_tests: 2 MiB of one byte, merged. */
function mergedRange(host: Host, space: AddressSpace, value: number, prot: Protection = 'rw', advise = true): Area {
  host.ksm.settings.run = 2;
  expect(space.ksmStat().ksm_merging_pages).toBe(0);
  const area = fill(space, same(String.fromCharCode(value), FUNCTIONAL_PAGES), { prot });
  if (advise) area.advise('MERGEABLE');
  host.ksm.settings.run = 1;
  waitScans(host, 2);
  if (value !== 0) expect(space.ksmStat().ksm_merging_pages).toBeGreaterThan(0);
  return area;
}

describe.each(ORDERS)('ksm_functional_tests, %s order', (index) => {
  test('test_unmerge', async () => {
    const host = await functionalTests(index);
    const area = mergedRange(host, host.spawn(), 0xcf);
    area.advise('UNMERGEABLE');
    expect(hasDuplicates(area)).toBe(false);
    checkHost(host);
  });

  test('test_unmerge_zero_pages', async () => {
    const host = await functionalTests(index);
    host.ksm.settings.use_zero_pages = true;
    const space = host.spawn();
    const area = mergedRange(host, space, 0);
    expect(space.ksmStat().ksm_zero_pages).toBe(512);
    area.advise('UNMERGEABLE', 0, 256);
    expect(space.ksmStat().ksm_zero_pages).toBe(256);
    for (let page = 256; page < 512; page++) area.write(page, page);
    expect(space.ksmStat().ksm_zero_pages).toBe(0);
    expect(hasDuplicates(area)).toBe(false);
    checkHost(host);
  });

  test('test_unmerge_discarded', async () => {
    const host = await functionalTests(index);
    const area = mergedRange(host, host.spawn(), 0xcf);
    area.advise('DONTNEED', 0, 256);
    area.advise('UNMERGEABLE');
    expect(hasDuplicates(area)).toBe(false);
    checkHost(host);
  });

  test('test_prot_none', async () => {
    const host = await functionalTests(index);
    const area = mergedRange(host, host.spawn(), 0x11, 'none');
    // /proc/self/mem writes in spite of the protection; here the protection has to make way.
    area.space.mprotect(area.base, HUGE, 'rw');
    for (let page = 0; page < 256; page++) area.poke(page, page);
    area.space.mprotect(area.base, HUGE, 'none');
    area.advise('UNMERGEABLE', 256);
    expect(hasDuplicates(area)).toBe(false);
    checkHost(host);
  });

  test('test_prctl', async () => {
    const host = await functionalTests(index);
    const space = host.spawn();
    expect(space.prctl(PR_SET_MEMORY_MERGE, 1)).toBe(0);
    expect(space.prctl(PR_GET_MEMORY_MERGE)).toBe(1);
    expect(space.prctl(PR_SET_MEMORY_MERGE, 0)).toBe(0);
    expect(space.prctl(PR_GET_MEMORY_MERGE)).toBe(0);
    checkHost(host);
  });

  test('test_prctl_fork', async () => {
    const host = await functionalTests(index);
    const space = host.spawn();
    space.prctl(PR_SET_MEMORY_MERGE, 1);
    const child = space.fork();
    expect(child.prctl(PR_GET_MEMORY_MERGE)).toBe(1);
    mergedRange(host, child, 0xcf, 'rw', false);
    expect(child.ksmStat().ksm_merging_pages).toBe(512);
    child.exit();
    checkHost(host);
  });

  test.each([0, 1, 2, 3])('test_prctl_fork_exec, ksmd passing %i times between the steps', async (passes) => {
    const host = await functionalTests(index);
    const ksmd = (): void => {
      for (let done = 0; done < passes; done++) batchOf2000(host);
    };
    const space = host.spawn();
    fill(space, same('p', 3));
    space.prctl(PR_SET_MEMORY_MERGE, 1);
    ksmd();
    const child = space.fork();
    ksmd();
    child.exec();
    expect([...child.resident()]).toEqual([]);
    ksmd();
    expect(child.prctl(PR_GET_MEMORY_MERGE)).toBe(1);
    mergedRange(host, child, 0xcf, 'rw', false);
    expect(child.ksmStat().ksm_merging_pages).toBe(512);
    child.exit();
    host.ksm.settings.run = 2;
    expect(state(host)).toEqual([0, 0, 0, 0]);
    checkHost(host);
  });

  test('test_prctl_unmerge', async () => {
    const host = await functionalTests(index);
    const space = host.spawn();
    space.prctl(PR_SET_MEMORY_MERGE, 1);
    const area = mergedRange(host, space, 0xcf, 'rw', false);
    expect(space.prctl(PR_SET_MEMORY_MERGE, 0)).toBe(0);
    expect(hasDuplicates(area)).toBe(false);
    checkHost(host);
  });

  test('test_fork_ksm_merging_page_count', async () => {
    const host = await functionalTests(index);
    const space = host.spawn();
    mergedRange(host, space, 0xcf);
    expect(space.ksmStat().ksm_merging_pages).toBe(512);
    expect(space.fork().ksmStat().ksm_merging_pages).toBe(0);
    checkHost(host);
  });

  test('proposed: ksm_zero_pages of all processes falls to what it was when a child writes 2 to run', async () => {
    const host = await functionalTests(index);
    host.ksm.settings.use_zero_pages = true;
    const before = counter(host, 'ksm_zero_pages');
    const space = host.spawn();
    mergedRange(host, space, 0);
    expect(counter(host, 'ksm_zero_pages')).toBe(before + 512);
    space.fork();
    expect(counter(host, 'ksm_zero_pages')).toBe(before + 1024);
    host.ksm.settings.run = 2;
    expect(counter(host, 'ksm_zero_pages')).toBe(before);
    checkHost(host);
  });
});

function batchOf2000(host: Host): void {
  if (host.ksm.settings.run === 1) host.ksm.scan(2000);
}

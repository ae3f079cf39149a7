/**
 * The Linux Test Project's cases for KSM, ksm01 to ksm07, with the values of the tables in section 8.3 of the specification, and
 * its two neighbours that once crashed kernels through KSM: migrate_pages03 and mmap10.
 *
 * ksm02 and ksm04 confine the processes to a NUMA node, ksm03 and ksm04 to a memory cgroup. The engine has neither memory policies
 * nor cgroups. What they stand for is kept: all memory on one node of several, and a machine with room for little more than
 * the processes' pages. All that remains of a cpuset is the node, so each of ksm02 and ksm04 is one test here.
 */
import { describe, expect, test } from 'vitest';
import type { FrameId } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { createSameMemory, groupCheck, ltp, UNIT } from './ltp.ts';
import { boot, counter, fill, mergeable, nothing, ORDERS, same, state, waitScans } from './machine.ts';

/** ksm01 to ksm04 with 8 MiB in each of 3 processes instead of 128 MiB. */
const PAGES = 2048;

describe.each(ORDERS)('LTP, %s order', (index) => {
  test('ksm01: four rounds of three processes', async () => {
    createSameMemory(await ltp(index, { memory: '64M' }), PAGES, UNIT, 3, 0);
  });

  test('ksm01 -n 5 -u 128: more processes, each mapping in one piece', async () => {
    createSameMemory(await ltp(index, { memory: '64M' }), 1024, 1024, 5, 0);
  });

  test('ksm02: all memory on one NUMA node', async () => {
    createSameMemory(await ltp(index, { memory: '128M', nodes: 2 }), PAGES, UNIT, 3, 1);
  });

  test('ksm03: a machine with room for the pages and little more', async () => {
    const host = await ltp(index, { memory: '27M', pages: 3 * PAGES, processes: 8 });
    expect(host.limits.frames).toBeLessThan(3 * PAGES * 1.15);
    createSameMemory(host, PAGES, UNIT, 3, 0);
  });

  test('ksm04: one NUMA node, with room for the pages and little more', async () => {
    const host = await ltp(index, { memory: '54M', pages: 3 * PAGES, processes: 8, nodes: 2 });
    expect(host.limits.frames / 2).toBeLessThan(3 * PAGES * 1.15);
    createSameMemory(host, PAGES, UNIT, 3, 1);
  });

  test('ksm05: processes register a page and die at once, again and again, while ksmd runs', async () => {
    const host = await boot(index, { processes: 16 });
    const parent = host.spawn();
    const area = fill(parent, ['-']);
    for (let round = 0; round < 1000; round++) {
      const child = parent.fork();
      area.in(child).advise('MERGEABLE');
      host.ksm.scan(round % 4);
      child.exit();
      if (round % 3 === 0) host.ksm.scan(round % 5);
      if (round % 100 === 0) checkHost(host);
    }
    expect(area.holds(0, '-')).toBe(true);
    host.ksm.settings.run = 2;
    expect(state(host)).toEqual([0, 0, 0, 0]);
    expect(host.usage().processes).toBe(1);
    checkHost(host);
  });

  test.each([
    { nodes: 2, pages: 100 },
    { nodes: 2, pages: 10 },
    { nodes: 4, pages: 100 },
    { nodes: 2, pages: 8000 },
  ])('ksm06 -n $pages: $nodes NUMA nodes', async ({ nodes, pages }) => {
    const host = await boot(index, { memory: '96M', nodes });
    const { settings } = host.ksm;
    for (let node = 0; node < nodes; node++) {
      const area = mergeable(host.spawn({ node }), same('\n', pages));
      area.space.mlock(area.base, pages * PAGE);
    }
    settings.sleep_millisecs = 0;
    settings.pages_to_scan = nodes * pages;
    settings.run = 2;
    settings.max_page_sharing = nodes * pages;
    settings.merge_across_nodes = 1;
    settings.run = 1;
    groupCheck(host, 1, 1, nodes * pages - 1, 0, nodes * pages);
    settings.run = 2;
    settings.merge_across_nodes = 0;
    settings.run = 1;
    groupCheck(host, 1, nodes, nodes * pages - nodes, 0, nodes * pages);
    settings.run = 2;
    expect(state(host)).toEqual([0, 0, 0, 0]);
    checkHost(host);
  });

  test('ksm07: smart scan skips at least every other visit of a page that never merges', async () => {
    const host = await boot(index);
    const { settings } = host.ksm;
    settings.smart_scan = true;
    mergeable(host.spawn(), ['a']);
    settings.run = 2;
    settings.run = 1;
    settings.pages_to_scan = 100;
    settings.sleep_millisecs = 0;
    // LTP waits in steps of a second: far more than three scans are over when it looks.
    const before = { skipped: counter(host, 'pages_skipped'), scans: counter(host, 'full_scans') };
    waitScans(host, 100);
    const skipped = counter(host, 'pages_skipped') - before.skipped;
    const scans = counter(host, 'full_scans') - before.scans;
    expect(skipped).toBeGreaterThanOrEqual((scans * 50) / 100);
    checkHost(host);
  });

  test.each([1, 0])('migrate_pages03: 600 migrations of merged zero pages, merge_across_nodes %i', async (across) => {
    const host = await boot(index, { nodes: 2 });
    host.ksm.settings.merge_across_nodes = across;
    const area = mergeable(host.spawn({ node: 0 }), same(0, 20));
    waitScans(host, 3);
    expect(state(host)).toEqual([1, 19, 0, 0]);
    for (let round = 1; round <= 600; round++) {
      const moved = host.migrate(area.frame(0), round % 2);
      expect(area.frames()).toEqual(new Array<FrameId>(20).fill(moved));
      expect(state(host)).toEqual([1, 19, 0, 0]);
      if (round % 7 === 0) host.ksm.scan(round % 30);
      if (round % 50 === 0) checkHost(host);
    }
    expect(area.holds(0, ...same(0, 20))).toBe(true);
    checkHost(host);
  });

  test('mmap10: mergeable zero memory, forked, written and unmapped by both', async () => {
    const host = await boot(index);
    host.ksm.settings.use_zero_pages = true;
    const area = mergeable(host.spawn(), nothing(1024));
    area.space.touch(area.base, 1024 * PAGE);
    area.write(0, ...same(0, 512));
    waitScans(host, 2);
    expect(counter(host, 'ksm_zero_pages')).toBe(512);
    const child = area.in(area.space.fork());
    waitScans(host, 1);
    child.write(0, ...same('x', 1024));
    child.munmap();
    child.space.exit();
    area.munmap();
    expect(counter(host, 'ksm_zero_pages')).toBe(0);
    waitScans(host, 1);
    expect(state(host)).toEqual([0, 0, 0, 0]);
    expect(host.usage().frames).toBe(0);
    checkHost(host);
  });
});

/**
 * Processes under the scanner: fork, exit, exec, the order of the slots, and unmerging when frames run out. Appendix A of the specification
 * (T5, T6, T16, T20, T26), and sections 2.5, 5.1, 6.2, 6.3 and 6.4.
 */
import { describe, expect, test } from 'vitest';
import { type AddressSpace, type Host, PR_GET_MEMORY_MERGE, PR_SET_MEMORY_MERGE } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import {
  batch,
  boot,
  counter,
  cowKsm,
  distinct,
  expectError,
  fill,
  mergeable,
  ORDERS,
  pass,
  same,
  state,
  stateWithChains,
} from './machine.ts';

describe.each(ORDERS)('fork and exit, %s order', (index) => {
  test('T5: forked mappings may exceed max_page_sharing', async () => {
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 2;
    const parent = mergeable(host.spawn(), same('a', 2));
    pass(host, 2);
    const child = parent.in(parent.space.fork());
    expect(state(host)).toEqual([1, 1, 0, 0]);
    expect(child.space.ksmStat()).toMatchObject({ ksm_rmap_items: 0, ksm_merging_pages: 0, ksm_mergeable: 'yes' });
    pass(host);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    expect(child.space.ksmStat()).toMatchObject({
      ksm_rmap_items: 2,
      ksm_merging_pages: 2,
      ksm_process_profit: 8064,
    });
    child.poke(0);
    expect(cowKsm(host)).toBe(1);
    pass(host);
    expect(state(host)).toEqual([1, 2, 0, 1]);
    expect(child.space.ksmStat().ksm_merging_pages).toBe(1);
    const before = host.ksm.counters();
    child.advise('UNMERGEABLE');
    expect(host.ksm.counters()).toEqual(before);
    expect(cowKsm(host)).toBe(2);
    expect(child.space.ksmStat().ksm_mergeable).toBe('no');
    pass(host);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    expect(child.space.ksmStat().ksm_rmap_items).toBe(0);
    checkHost(host);
  });

  test('T6: after exit the counters wait for the next pass, which scans nothing', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 4));
    pass(host, 2);
    area.space.exit();
    expect(state(host)).toEqual([1, 3, 0, 0]);
    expect(host.ksm.scan(1000)).toEqual({ pages_scanned: 0, passEnded: true });
    expect(state(host)).toEqual([0, 0, 0, 0]);
    expect(counter(host, 'full_scans')).toBe(3);
    checkHost(host);
  });

  test('T20: a frame that fork shares is never merged with itself', async () => {
    const host = await boot(index);
    const parent = mergeable(host.spawn(), [1]);
    parent.space.fork();
    pass(host);
    expect(state(host)).toEqual([0, 0, 0, 2]);
    for (let more = 0; more < 5; more++) {
      pass(host);
      expect(state(host)).toEqual([0, 0, 1, 1]);
    }
    checkHost(host);
  });

  test('6.4: a frame that becomes KSM does so for all who map it, and they need no checksum round', async () => {
    const host = await boot(index);
    const parent = mergeable(host.spawn(), same('a', 2));
    pass(host);
    const child = parent.in(parent.space.fork());
    pass(host);
    // The child's page 1 maps the survivor and is taken at its first visit; its page 0 has a frame that nobody knows yet.
    expect(child.frame(1)).toBe(parent.frame(1));
    expect(child.frame(0)).not.toBe(parent.frame(0));
    expect(state(host)).toEqual([1, 2, 0, 1]);
    pass(host);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    checkHost(host);
  });

  test('T26: a mapping outside mergeable memory keeps a merged frame alive through run 2', async () => {
    const host = await boot(index);
    const parent = mergeable(host.spawn(), same('a', 4));
    const child = parent.in(parent.space.fork());
    child.advise('UNMERGEABLE');
    pass(host, 2);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    const merged = parent.frame(0);
    expect(child.frames().filter((frame) => frame === merged)).toHaveLength(1);
    expect(child.space.ksmStat()).toMatchObject({ ksm_merging_pages: 0, ksm_mergeable: 'no' });
    host.ksm.settings.run = 2;
    expect(stateWithChains(host)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(child.frames().filter((frame) => frame === merged)).toHaveLength(1);
    expectError('EBUSY', () => host.ksm.write('max_page_sharing', '4'));
    expectError('EBUSY', () => host.ksm.write('merge_across_nodes', '0'));
    host.ksm.settings.run = 1;
    pass(host, 2);
    expect(stateWithChains(host)).toEqual([1, 3, 0, 0, 1, 2]);
    checkHost(host);
    child.space.exit();
    host.ksm.settings.run = 2;
    host.ksm.write('max_page_sharing', '4');
    expect(stateWithChains(host)).toEqual([0, 0, 0, 0, 0, 0]);
    checkHost(host);
  });

  test('T26: writing the left-over page frees the knobs too', async () => {
    const host = await boot(index);
    const parent = mergeable(host.spawn(), same('a', 4));
    const child = parent.in(parent.space.fork());
    child.advise('UNMERGEABLE');
    pass(host, 2);
    const left = child.frames().indexOf(parent.frame(0));
    host.ksm.settings.run = 2;
    const before = cowKsm(host);
    child.poke(left);
    expect(cowKsm(host)).toBe(before + 1);
    host.ksm.write('merge_across_nodes', '0');
    checkHost(host);
  });
});

/** unshared / volatile after each batch of one page. */
function batches(host: Host, count: number): number[][] {
  return Array.from({ length: count }, () => {
    batch(host, 1);
    return state(host).slice(2);
  });
}

describe.each(ORDERS)('the list of slots, %s order', (index) => {
  test('T16: a process that registers in mid-pass is visited in the next one, right before the cursor', async () => {
    const host = await boot(index);
    const old = [0, 1, 2].map((process) => mergeable(host.spawn(), distinct(2, 1 + 2 * process)));
    batches(host, 3); // the cursor is on process 1
    const late = mergeable(host.spawn(), distinct(2, 100));
    batches(host, 4);
    expect(counter(host, 'full_scans')).toBe(1);
    expect(late.space.ksmStat().ksm_rmap_items).toBe(0);
    expect(old.map(({ space }) => space.ksmStat().ksm_rmap_items)).toEqual([2, 2, 2]);
    // Process 0's pages are seen again and enter the unstable tree; the new one's are seen first; then processes 1 and 2.
    expect(batches(host, 8)).toEqual([
      [1, 5],
      [2, 4],
      [2, 5],
      [2, 6],
      [3, 5],
      [4, 4],
      [5, 3],
      [6, 2],
    ]);
    checkHost(host);
  });

  test('T16b: a process that exits is cleaned up at the next change of slots', async () => {
    const host = await boot(index);
    const old = [0, 1, 2].map((process) => mergeable(host.spawn(), distinct(2, 1 + 2 * process)));
    batches(host, 3);
    const late = mergeable(host.spawn(), distinct(2, 100));
    batches(host, 5); // into the second pass: the cursor is on process 0
    old[2]?.space.exit();
    expect(batches(host, 1)).toEqual([[2, 4]]);
    expect(batches(host, 1)).toEqual([[2, 3]]); // two items of the dead go, one of the new process comes
    expect(late.space.ksmStat().ksm_rmap_items).toBe(1);
    checkHost(host);
  });

  test('2.5: an exiting process goes at once unless ksmd has items of it, or stands on it', async () => {
    const host = await boot(index);
    const first = mergeable(host.spawn(), distinct(2));
    const second = mergeable(host.spawn(), distinct(2, 10));
    batch(host, 1);
    second.space.exit(); // not seen yet
    expect(host.usage().processes).toBe(1);
    first.space.exit(); // the cursor is on it
    expect(host.usage().processes).toBe(1);
    expect(counter(host, 'pages_volatile')).toBe(1);
    pass(host);
    expect(host.usage()).toMatchObject({ processes: 0, frames: 0 });
    expect(state(host)).toEqual([0, 0, 0, 0]);
    checkHost(host);
  });

  test('2.5: while run is 2, who registers comes last', async () => {
    const host = await boot(index);
    mergeable(host.spawn(), distinct(2));
    mergeable(host.spawn(), distinct(2, 10));
    batch(host, 3);
    host.ksm.settings.run = 2;
    const late = mergeable(host.spawn(), distinct(2, 100));
    host.ksm.settings.run = 1;
    batch(host, 4);
    expect(late.space.ksmStat().ksm_rmap_items).toBe(0);
    batch(host, 1);
    expect(late.space.ksmStat().ksm_rmap_items).toBe(1);
    checkHost(host);
  });

  test('5.1: run 0 keeps the place in the pass', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), distinct(4));
    batch(host, 2);
    host.ksm.settings.run = 0;
    expectError('EAGAIN', () => host.ksm.scan(1));
    host.ksm.settings.run = 1;
    expect(host.ksm.scan(1000)).toEqual({ pages_scanned: 2, passEnded: true });
    expect(area.space.ksmStat().ksm_rmap_items).toBe(4);
    checkHost(host);
  });
});

describe.each(ORDERS)('out of frames, %s order', (index) => {
  /** A process with half as many pages again as there are frames, all merged. */
  async function overcommitted(): Promise<{ host: Host; space: AddressSpace; pages: number }> {
    const host = await boot(index, { memory: '4M', pages: 4096, processes: 8 });
    const half = Math.floor(host.limits.frames * 0.75);
    host.ksm.settings.max_page_sharing = 4 * half;
    const space = host.spawn();
    for (let part = 0; part < 2; part++) {
      mergeable(space, same('a', half));
      pass(host, 2);
    }
    expect(state(host)).toEqual([1, 2 * half - 1, 0, 0]);
    return { host, space, pages: 2 * half };
  }

  test('5.1: run 2 gives ENOMEM and leaves run 0; what was done stays done, and nothing is lost', async () => {
    const { host, space, pages } = await overcommitted();
    const scans = counter(host, 'full_scans');
    expectError('ENOMEM', () => host.ksm.write('run', '2'));
    expect(host.ksm.settings.run).toBe(0);
    expect(counter(host, 'full_scans')).toBe(scans);
    const frames = [...space.resident()].map(({ frame }) => frame);
    expect(frames).toHaveLength(pages);
    expect(new Set(frames).size).toBeGreaterThan(1);
    for (const { address } of space.resident()) expect(space.read(address, 1)[0]).toBe('a'.charCodeAt(0));
    checkHost(host);
    host.ksm.settings.run = 1;
    pass(host, 2);
    expect(state(host)).toEqual([1, pages - 1, 0, 0]);
    checkHost(host);
  });

  test('6.2, 6.3: madvise gives EAGAIN, prctl the error itself; memory stays mergeable', async () => {
    const { host, space } = await overcommitted();
    expectError('EAGAIN', () => {
      for (const { address } of [...space.resident()]) space.madvise(address, PAGE, 'UNMERGEABLE');
    });
    expect(space.ksmStat().ksm_mergeable).toBe('yes');
    space.prctl(PR_SET_MEMORY_MERGE, 1);
    expectError('ENOMEM', () => space.prctl(PR_SET_MEMORY_MERGE, 0));
    expect(space.prctl(PR_GET_MEMORY_MERGE)).toBe(1);
    expect(space.ksmStat().ksm_mergeable).toBe('yes');
    checkHost(host);
  });
});

describe.each(ORDERS)('exec, %s order', (index) => {
  test('6.3: process-wide merging survives, madvise does not', async () => {
    const host = await boot(index);
    const advised = mergeable(host.spawn(), same('a', 2)).space;
    const wide = host.spawn();
    wide.prctl(PR_SET_MEMORY_MERGE, 1);
    fill(wide, same('a', 2));
    pass(host, 2);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    advised.exec();
    wide.exec();
    expect([advised.ksmStat().ksm_mergeable, advised.prctl(PR_GET_MEMORY_MERGE)]).toEqual(['no', 0]);
    expect([wide.ksmStat().ksm_mergeable, wide.prctl(PR_GET_MEMORY_MERGE)]).toEqual(['no', 1]);
    fill(advised, same('b', 2));
    fill(wide, same('b', 2));
    expect(wide.ksmStat()).toMatchObject({ ksm_mergeable: 'yes', ksm_rmap_items: 0, ksm_merge_any: 'yes' });
    pass(host, 2);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    expect(advised.ksmStat().ksm_rmap_items).toBe(0);
    checkHost(host);
  });

  test('6.3: a slot that ksmd drops because nothing is mapped yet comes back with the next mapping', async () => {
    const host = await boot(index);
    const space = host.spawn();
    space.prctl(PR_SET_MEMORY_MERGE, 1);
    pass(host);
    expect(host.ksm.scan(10)).toEqual({ pages_scanned: 0, passEnded: false, idle: true });
    expect(space.prctl(PR_GET_MEMORY_MERGE)).toBe(1);
    fill(space, same('a', 2));
    pass(host, 2);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    checkHost(host);
  });
});

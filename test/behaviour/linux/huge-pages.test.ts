/**
 * Huge pages under the scanner: T13 and T13b of appendix A of the specification, and sections 3.6 and 6.10. A huge page is whole as
 * long as its 512 frames are one large folio.
 *
 * What the specification leaves open was put to Linux 6.18.44, and those tests say so. What counts is that two pages are parts of one large
 * folio, whoever maps them and through whatever ptes. The split of a huge page maps its zero-filled parts to the zero frame, for which KSM
 * takes no credit, unless the mapping is locked.
 */
import { describe, expect, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import type { Host } from '../../../src/index.ts';
import { checkHost, engineOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import {
  type Area,
  boot,
  counter,
  cowKsm,
  distinct,
  expectError,
  fill,
  HUGE,
  mergeable,
  ORDERS,
  type Order,
  pass,
  same,
  state,
} from './machine.ts';

/** Huge pages that are whole. */
function hugePages(host: Host): number {
  const engine = engineOf(host);
  const first = engine.u32(layout.H_FOLIOS) >>> 2;
  const folios = Math.ceil(engine.u32(layout.H_FRAME_LIMIT) / layout.FOLIO_FRAMES);
  return engine.words.subarray(first, first + folios).filter((parts) => parts !== 0).length;
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
    checkHost(host);
  });

  test('T13: it is the second part that pays', async () => {
    const host = await hugeHost(index);
    const area = huge(host, same('a', 512));
    pass(host, 2);
    const merged = area.frame(0);
    expect(area.frames().flatMap((frame, page) => (frame === merged ? [] : [page]))).toEqual([1]);
    checkHost(host);
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
    checkHost(host);
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
    checkHost(host);
  });

  test('an equal pair within one: the first attempt only splits, the next pass merges', async () => {
    const host = await hugeHost(index);
    huge(host, [...distinct(510), 'a', 'a']);
    pass(host, 2);
    expect(state(host)).toEqual([0, 0, 511, 1]);
    expect(hugePages(host)).toBe(0);
    pass(host);
    expect(state(host)).toEqual([1, 1, 510, 0]);
    checkHost(host);
  });

  test('a pinned page: neither is it merged, nor is its huge page split', async () => {
    const host = await hugeHost(index);
    const area = huge(host, [...distinct(511), 'a']);
    mergeable(host.spawn(), ['a']);
    using _pin = area.space.pin(area.at(511));
    pass(host, 3);
    expect(counter(host, 'pages_shared')).toBe(0);
    expect(hugePages(host)).toBe(1);
    checkHost(host);
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
    checkHost(host);
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
    checkHost(host);
  });
});

/** What Linux 6.18.44 counted, pass by pass from the second on. */
function expectPasses(host: Host, ...passes: number[][]): void {
  pass(host);
  for (const expected of passes) {
    pass(host);
    expect(state(host)).toEqual(expected);
    checkHost(host);
  }
}

describe.each(ORDERS)('pinned parts on Linux 6.18.44, %s order', (index) => {
  /** Two huge pages with one pair across them. The first is in the tree when the second is scanned. */
  async function pairAcross(): Promise<{ host: Host; inTree: Area; scanned: Area }> {
    const host = await hugeHost(index);
    return { host, inTree: huge(host, ['a', ...distinct(511)]), scanned: huge(host, ['a', ...distinct(511, 2000)]) };
  }

  test('of the huge page in the tree: the scanned one is split, and costs a copy in each pass', async () => {
    const { host, inTree } = await pairAcross();
    const pin = inTree.space.pin(inTree.at(5));
    pass(host);
    for (let copies = 1; copies <= 3; copies++) {
      pass(host);
      expect([...state(host), cowKsm(host), hugePages(host)]).toEqual([0, 0, 1023, 1, copies, 1]);
    }
    pin.release();
    pass(host);
    expect([...state(host), cowKsm(host), hugePages(host)]).toEqual([1, 1, 1022, 0, 3, 0]);
    checkHost(host);
  });

  test('of the scanned huge page: nothing happens until the pin is gone', async () => {
    const { host, scanned } = await pairAcross();
    const pin = scanned.space.pin(scanned.at(5));
    pass(host);
    for (let more = 0; more < 3; more++) {
      pass(host);
      expect([...state(host), cowKsm(host), hugePages(host)]).toEqual([0, 0, 1023, 1, 0, 2]);
    }
    pin.release();
    pass(host);
    expect([...state(host), cowKsm(host), hugePages(host)]).toEqual([1, 1, 1022, 0, 0, 0]);
    checkHost(host);
  });
});

describe.each(ORDERS)('one folio through small ptes, on Linux 6.18.44, %s order', (index) => {
  test('write-protected as a whole', async () => {
    const host = await hugeHost(index);
    const area = huge(host, same('a', 512));
    area.space.mprotect(area.base, HUGE, 'r');
    expectPasses(host, [1, 510, 0, 1], [1, 511, 0, 0]);
  });

  test('write-protected in part', async () => {
    const host = await hugeHost(index);
    const area = huge(host, same('a', 512));
    area.space.mprotect(area.base, 4 * PAGE, 'r');
    expectPasses(host, [1, 510, 0, 1], [1, 511, 0, 0]);
  });

  test('a part discarded', async () => {
    const host = await hugeHost(index);
    huge(host, same('a', 512)).advise('DONTNEED', 511);
    expectPasses(host, [1, 509, 0, 1], [1, 510, 0, 0]);
  });

  test('all unmapped but an equal pair', async () => {
    const host = await hugeHost(index);
    huge(host, [...distinct(510), 'a', 'a']).munmap(0, 510);
    expectPasses(host, [0, 0, 1, 1], [1, 1, 0, 0]);
  });

  test('forked, all equal', async () => {
    const host = await boot(index);
    host.ksm.settings.max_page_sharing = 3000;
    huge(host, same('a', 512)).space.fork();
    expectPasses(host, [1, 1022, 0, 1], [1, 1023, 0, 0]);
  });

  test('forked, with one equal pair', async () => {
    const host = await hugeHost(index);
    huge(host, [...distinct(510), 'a', 'a']).space.fork();
    expectPasses(host, [1, 1, 510, 512], [1, 3, 510, 510]);
  });

  test('forked, and the child is gone', async () => {
    const host = await hugeHost(index);
    huge(host, [...distinct(510), 'a', 'a'])
      .space.fork()
      .exit();
    expectPasses(host, [0, 0, 511, 1], [1, 1, 510, 0]);
  });

  test('forked, and one part of the pair mergeable in each process', async () => {
    const host = await hugeHost(index);
    const parent = fill(host.spawn(), [...distinct(510), 'a', 'a'], { hugepage: true });
    const child = parent.in(parent.space.fork());
    child.advise('MERGEABLE', 510, 1);
    parent.advise('MERGEABLE', 511, 1);
    expectPasses(host, [0, 0, 1, 1], [1, 1, 0, 0]);
  });

  test('forked, and one part written: that one is a page of its own', async () => {
    const host = await hugeHost(index);
    const area = fill(host.spawn(), same('a', 512), { hugepage: true });
    const child = area.space.fork();
    area.write(0, 'a');
    child.exit();
    area.advise('MERGEABLE');
    expectPasses(host, [1, 511, 0, 0]);
  });
});

describe.each(ORDERS)('zero-filled parts on Linux 6.18.44, %s order', (index) => {
  test('one, use_zero_pages 1: the page that is looked at goes with the split, and KSM counts no zero page', async () => {
    const host = await hugeHost(index);
    host.ksm.settings.use_zero_pages = true;
    const area = huge(host, [...distinct(511), 0]);
    expectPasses(host, [0, 0, 512, 0], [0, 0, 511, 0]);
    expect(counter(host, 'ksm_zero_pages')).toBe(0);
    expect([area.frame(511), host.usage().frames]).toEqual([host.frame(0), 511]);
    expect(area.holds(511, 0)).toBe(true);
  });

  test('one, use_zero_pages 0: there is no reason to split', async () => {
    const host = await hugeHost(index);
    huge(host, [...distinct(511), 0]);
    expectPasses(host, [0, 0, 512, 0], [0, 0, 512, 0]);
    expect(hugePages(host)).toBe(1);
  });

  test.each([
    {
      use: true,
      passes: [
        [0, 0, 257, 0],
        [0, 0, 256, 0],
      ],
    },
    {
      use: false,
      passes: [
        [0, 0, 257, 1],
        [0, 0, 256, 0],
      ],
    },
  ])('half of them, use_zero_pages $use', async ({ use, passes }) => {
    const host = await hugeHost(index);
    host.ksm.settings.use_zero_pages = use;
    const area = huge(host, [...distinct(256), ...same(0, 256)]);
    expectPasses(host, ...passes);
    expect(counter(host, 'ksm_zero_pages')).toBe(0);
    expect(new Set(area.frames().slice(256))).toEqual(new Set([host.frame(0)]));
  });

  test('a match elsewhere splits too, and the zero-filled parts go', async () => {
    const host = await hugeHost(index);
    mergeable(host.spawn(), ['a']);
    const area = huge(host, ['a', ...distinct(500), ...same(0, 11)]);
    expectPasses(host, [1, 1, 500, 0], [1, 1, 500, 0]);
    expect(new Set(area.frames().slice(501))).toEqual(new Set([host.frame(0)]));
    area.poke(511);
    expect(area.frame(511)).not.toBe(host.frame(0));
    checkHost(host);
  });

  test('locked: they stay, and merge like others', async () => {
    const host = await hugeHost(index);
    mergeable(host.spawn(), ['a']);
    const area = huge(host, [5, 0, 0, ...distinct(508, 10), 'a']);
    area.space.mlock(area.base, HUGE);
    expectPasses(host, [1, 1, 510, 1], [2, 2, 509, 0]);
  });
});

describe.each(ORDERS)('frames of a large folio (3.6, 6.10), %s order', (index) => {
  /** Unmaps all parts but one. */
  function keepLast(area: Area): void {
    area.munmap(0, 511);
  }

  test('parts that nobody maps stay with it until it is split, or until all of it goes', async () => {
    const host = await hugeHost(index);
    const area = huge(host, [...distinct(511), 'a']);
    keepLast(area);
    expect([host.usage().frames, hugePages(host)]).toEqual([512, 1]);
    checkHost(host);
    mergeable(host.spawn(), ['a']);
    pass(host, 2);
    expect([host.usage().frames, hugePages(host)]).toEqual([1, 0]);
    checkHost(host);
    keepLast(huge(host, distinct(512)));
    for (const space of [...host.processes]) space.exit();
    expect([host.usage().frames, hugePages(host)]).toEqual([0, 0]);
    checkHost(host);
  });

  test('where memory is short, one of which parts are held is split', async () => {
    const host = await boot(index, { memory: '6M', pages: 4096, processes: 8, vmas: 64 });
    keepLast(huge(host, distinct(512)));
    expect(hugePages(host)).toBe(1);
    const free = host.limits.frames - host.usage().frames;
    const area = fill(host.spawn(), distinct(free + 1, 1000));
    expect([host.usage().frames, hugePages(host)]).toEqual([free + 2, 0]);
    expect(area.holds(0, ...distinct(free + 1, 1000))).toBe(true);
    checkHost(host);
  });

  test('a part that goes out of use or to another node leaves a split one, unless a part is pinned', async () => {
    const host = await hugeHost(index);
    const area = huge(host, distinct(512));
    const before = area.frames();
    const pin = area.space.pin(area.at(0));
    expectError('EBUSY', () => host.offline(area.frame(7), 1));
    expectError('EAGAIN', () => host.migrate(area.frame(7), 0));
    expect([area.frames(), hugePages(host)]).toEqual([before, 1]);
    pin.release();
    host.migrate(area.frame(7), 0);
    expect([area.frame(7) === before[7], area.frame(8) === before[8], hugePages(host)]).toEqual([false, true, 0]);
    host.offline(area.frame(8), 1);
    expect(area.frame(8)).not.toBe(before[8]);
    expect(area.holds(0, ...distinct(512))).toBe(true);
    checkHost(host);
  });

  test('a part that fork shares is copied at a write, and so is one that only its neighbours share', async () => {
    const host = await hugeHost(index);
    const area = fill(host.spawn(), distinct(512), { hugepage: true });
    const before = area.frames();
    const child = area.in(area.space.fork());
    child.poke(3);
    area.poke(3);
    expect([area.frame(3), child.frame(3)]).not.toContain(before[3]);
    child.space.exit();
    area.poke(4);
    expect([area.frame(4), hugePages(host)]).toEqual([before[4], 1]);
    checkHost(host);
  });
});

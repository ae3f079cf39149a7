/**
 * Small rules of Linux, by the names that they have in the second part of the specification: N1, D1, D2, D3, D4, D7. Recordings that
 * show them are in test/recordings/golden2; here each is taken by itself, with its neighbours.
 */
import { describe, expect, test } from 'vitest';
import type { AddressSpace, Host, Pin } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import {
  type Area,
  boot,
  counter,
  cowKsm,
  expectError,
  fill,
  mergeable,
  nothing,
  ORDERS,
  pass,
  same,
  state,
} from './machine.ts';

/** Is a range locked? Only then DONTNEED is refused. */
function isLocked(area: Area, page: number): boolean {
  try {
    area.advise('DONTNEED', page, 1);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ name: 'KsmError', code: 'EINVAL' });
    return true;
  }
}

function present(area: Area, page: number): boolean {
  return area.space.frameOf(area.at(page)) !== undefined;
}

describe.each(ORDERS)('N1: a frame that is merged never merges into another, %s order', (index) => {
  /** Three equal pages, the first held by somebody: the second's frame becomes KSM's, and a child goes on mapping it. */
  async function orphans(content: string | number = 'a'): Promise<[Host, Area, Area, Pin]> {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same(content, 3));
    const pin = area.space.pin(area.at(0), 'get');
    pass(host);
    return [host, area, area.in(area.space.fork()), pin];
  }

  test('half-merged frames that a child still maps are not used again: two copies a pass, not more', async () => {
    const [host, area, child] = await orphans();
    for (const copies of [2, 4, 6]) {
      pass(host);
      expect(cowKsm(host)).toBe(copies);
      checkHost(host);
    }
    expect(area.holds(0, ...same('a', 3)) && child.holds(0, ...same('a', 3))).toBe(true);
  });

  test('nor do they join a node of their content', async () => {
    const [host, area, child, pin] = await orphans();
    pass(host); // now the child maps two of them
    const left = [child.frame(1), child.frame(2)];
    pin.release();
    pass(host, 3);
    expect(new Set([area.frame(0), area.frame(1), area.frame(2)]).size).toBe(1);
    expect([child.frame(1), child.frame(2)]).toEqual(left);
    expect(child.holds(0, ...same('a', 3))).toBe(true);
    checkHost(host);
  });

  test('nor do they give way to the zero page', async () => {
    const [host, , child] = await orphans(0);
    pass(host);
    host.ksm.settings.use_zero_pages = true;
    pass(host, 3);
    expect(counter(host, 'ksm_zero_pages')).toBe(2); // the parent's copies
    expect(child.holds(0, 0, 0, 0)).toBe(true);
    checkHost(host);
  });

  test('a mapping of a merged frame that fork copied is recorded as ever', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), same('a', 2));
    pass(host, 2);
    area.space.fork();
    pass(host);
    expect(state(host)).toEqual([1, 3, 0, 0]);
    checkHost(host);
  });
});

describe.each(ORDERS)('D1: fork copies what is pinned for DMA at once, %s order', (index) => {
  test.each(['write', 'read'] as const)(
    'a pin for %s: the child has a frame of its own, the parent writes in place',
    async (how) => {
      const host = await boot(index);
      const area = fill(host.spawn(), ['a', 'b']);
      using pin = area.space.pin(area.at(0), how);
      const child = area.in(area.space.fork());
      expect(area.frame(0)).toBe(pin.frame);
      expect(child.frame(0)).not.toBe(pin.frame);
      expect(child.frame(1)).toBe(area.frame(1));
      area.write(0, 'c');
      expect(area.frame(0)).toBe(pin.frame);
      expect(child.holds(0, 'a', 'b') && area.holds(0, 'c', 'b')).toBe(true);
      child.write(0, 'd');
      expect(area.holds(0, 'c')).toBe(true);
      checkHost(host);
    },
  );

  test('a plain reference is no pin', async () => {
    const host = await boot(index);
    const area = fill(host.spawn(), ['a']);
    using _held = area.space.pin(area.at(0), 'get');
    expect(area.in(area.space.fork()).frame(0)).toBe(area.frame(0));
    checkHost(host);
  });

  test('pins and plain references of one page are told apart, in whatever order they go', async () => {
    const host = await boot(index);
    const area = fill(host.spawn(), ['a']);
    const isCopied = (): boolean => area.in(area.space.fork()).frame(0) !== area.frame(0);
    const first = area.space.pin(area.at(0), 'write');
    const plain = area.space.pin(area.at(0), 'get');
    const second = area.space.pin(area.at(0), 'write');
    first.release();
    expect(isCopied()).toBe(true);
    second.release();
    expect(isCopied()).toBe(false);
    plain.release();
    expect(isCopied()).toBe(false);
    checkHost(host);
  });

  test('a page that fork shared is made the own of who pins it for reading', async () => {
    const host = await boot(index);
    const area = fill(host.spawn(), ['a']);
    const child = area.in(area.space.fork());
    using pin = area.space.pin(area.at(0), 'read');
    expect([child.frame(0) === pin.frame, area.frame(0) === pin.frame]).toEqual([false, true]);
    checkHost(host);
  });

  test('a large folio counts as pinned as a whole, but what others map already is shared on', async () => {
    const host = await boot(index);
    const area = fill(host.spawn(), ['a', ...nothing(511)], { hugepage: true });
    const elder = area.in(area.space.fork());
    elder.munmap(0, 511); // part 511 goes on being shared
    using _pin = area.space.pin(area.at(7), 'get');
    expect(area.in(area.space.fork()).frame(5)).toBe(area.frame(5));
    const alone = fill(host.spawn(), ['b', ...nothing(511)], { hugepage: true });
    using _dma = alone.space.pin(alone.at(7), 'write');
    const child = alone.in(alone.space.fork());
    for (const part of [0, 5, 7, 511]) expect(child.frame(part)).not.toBe(alone.frame(part));
    expect(child.holds(0, 'b', 0)).toBe(true);
    checkHost(host);
  });

  test('a child of a process with no frame left for the copy is not made', async () => {
    const host = await boot(index, { memory: '4M', pages: 1024, processes: 4, vmas: 16 });
    const area = fill(host.spawn(), ['a']);
    using _pin = area.space.pin(area.at(0), 'write');
    const rest = host.limits.frames - host.usage().frames;
    fill(area.space, same('x', rest));
    expectError('ENOMEM', () => area.space.fork());
    expect(host.processes).toHaveLength(1);
    checkHost(host);
  });

  test('it holds after a recovery too', async () => {
    const host = await boot(index);
    const area = fill(host.spawn(), ['a', 'b']);
    using _pin = area.space.pin(area.at(0), 'write');
    using _held = area.space.pin(area.at(1), 'get');
    host.recover();
    checkHost(host);
    const child = area.in(area.space.fork());
    expect([child.frame(0) === area.frame(0), child.frame(1) === area.frame(1)]).toEqual([false, true]);
  });
});

describe.each(ORDERS)('D2: DONTNEED stops at locked memory, %s order', (index) => {
  test('what lies before it reads as zero, what lies behind it stays', async () => {
    const host = await boot(index);
    const area = mergeable(host.spawn(), ['a', 'a', 'b', 'c', 'd']);
    area.space.mlock(area.at(2), PAGE);
    expectError('EINVAL', () => area.advise('DONTNEED'));
    expect(area.holds(0, 0, 0, 'b', 'c', 'd')).toBe(true);
    checkHost(host);
  });

  test('so it does at special memory; a hole is passed over', async () => {
    const host = await boot(index);
    const space = host.spawn();
    const low = fill(space, ['a', 'b', 'c']);
    low.munmap(1, 1);
    space.mmap(low.at(3), PAGE, { special: true });
    expectError('EINVAL', () => space.madvise(low.base, 4 * PAGE, 'DONTNEED'));
    expect(low.holds(0, 0) && low.holds(2, 0)).toBe(true);
    low.write(2, 'd');
    expectError('ENOMEM', () => space.madvise(low.base, 3 * PAGE, 'DONTNEED'));
    expect(low.holds(2, 0)).toBe(true);
    checkHost(host);
  });
});

describe.each(ORDERS)('D3: mlock over a hole, %s order', (index) => {
  async function holed(): Promise<[Host, Area]> {
    const host = await boot(index);
    const area = fill(host.spawn(), ['a', null, null, 'b', null]);
    area.munmap(2, 1);
    return [host, area];
  }

  test('locks what lies before the hole, and makes nothing present', async () => {
    const [host, area] = await holed();
    expectError('ENOMEM', () => area.space.mlock(area.base, 5 * PAGE));
    expect([present(area, 1), present(area, 4)]).toEqual([false, false]);
    expect([0, 1, 3, 4].map((page) => isLocked(area, page))).toEqual([true, true, false, false]);
    checkHost(host);
  });

  test('one that begins in a hole does nothing', async () => {
    const [host, area] = await holed();
    expectError('ENOMEM', () => area.space.mlock(area.at(2), 2 * PAGE));
    expect(isLocked(area, 3)).toBe(false);
    checkHost(host);
  });

  test('munlock unlocks what lies before the hole', async () => {
    const [host, area] = await holed();
    area.space.mlock(area.base, 2 * PAGE);
    area.space.mlock(area.at(3), 2 * PAGE);
    expectError('ENOMEM', () => area.space.munlock(area.base, 5 * PAGE));
    expect([0, 1, 3, 4].map((page) => isLocked(area, page))).toEqual([false, false, true, true]);
    checkHost(host);
  });
});

describe.each(ORDERS)('D4: mlock of memory that may not be accessed, %s order', (index) => {
  test('ENOMEM; all is locked, and what lies before it is present', async () => {
    const host = await boot(index);
    const area = fill(host.spawn(), nothing(6));
    area.space.mprotect(area.at(2), 2 * PAGE, 'none');
    expectError('ENOMEM', () => area.space.mlock(area.base, 6 * PAGE));
    expect([0, 1, 2, 3, 4, 5].map((page) => present(area, page))).toEqual([true, true, false, false, false, false]);
    expect([0, 2, 5].map((page) => isLocked(area, page))).toEqual([true, true, true]);
    checkHost(host);
  });

  test('munlock of it is fine', async () => {
    const host = await boot(index);
    const space = host.spawn();
    const base = space.mmap(null, 4 * PAGE, { prot: 'none' });
    expectError('ENOMEM', () => space.mlock(base, 4 * PAGE));
    space.munlock(base, 4 * PAGE);
    space.madvise(base, 4 * PAGE, 'DONTNEED');
    checkHost(host);
  });
});

describe.each(ORDERS)('D7: locked memory that becomes writable, %s order', (index) => {
  /** Locked memory that may only be read, three pages of it merged. */
  async function locked(lock: (space: AddressSpace, area: Area) => void): Promise<[Host, Area]> {
    const host = await boot(index);
    const area = mergeable(host.spawn(), ['a', 'a', 'a', 'b']);
    lock(area.space, area);
    area.space.mprotect(area.base, 4 * PAGE, 'r');
    pass(host, 2);
    expect(state(host)).toEqual([1, 2, 1, 0]);
    return [host, area];
  }

  test('breaks sharing at once, and the next pass makes it anew', async () => {
    const [host, area] = await locked((space, { base }) => space.mlock(base, 4 * PAGE));
    area.space.mprotect(area.base, 4 * PAGE, 'rw');
    expect(cowKsm(host)).toBe(3);
    expect(new Set(area.frames()).size).toBe(4);
    pass(host);
    expect(state(host)).toEqual([1, 2, 1, 0]);
    checkHost(host);
  });

  test('memory that is not locked, or was unlocked, stays merged', async () => {
    const [host, area] = await locked((space, { base }) => {
      space.mlock(base, 4 * PAGE);
      space.munlock(base, 4 * PAGE);
    });
    area.space.mprotect(area.base, 4 * PAGE, 'rw');
    expect(cowKsm(host)).toBe(0);
    expect(new Set(area.frames()).size).toBe(2);
    checkHost(host);
  });

  test('only the part that becomes writable; and not again where it is', async () => {
    const [host, area] = await locked((space, { base }) => space.mlock(base, 4 * PAGE));
    area.space.mprotect(area.at(1), PAGE, 'rw');
    expect(cowKsm(host)).toBe(1);
    pass(host);
    expect(state(host)).toEqual([1, 2, 1, 0]);
    area.space.mprotect(area.at(1), PAGE, 'rw');
    expect(cowKsm(host)).toBe(1);
    checkHost(host);
  });

  test('makes present what is not, and takes zero pages of KSM apart', async () => {
    const host = await boot(index);
    host.ksm.settings.use_zero_pages = true;
    const area = mergeable(host.spawn(), [0, 0, 'a']);
    area.space.mlock(area.base, 3 * PAGE);
    area.space.mprotect(area.base, 3 * PAGE, 'r');
    pass(host, 2);
    expect(counter(host, 'ksm_zero_pages')).toBe(2);
    const far = area.space.mmap(null, 3 * PAGE, { prot: 'none' });
    expectError('ENOMEM', () => area.space.mlock(far, 3 * PAGE));
    area.space.mprotect(area.base, 3 * PAGE, 'rw');
    area.space.mprotect(far, 3 * PAGE, 'rw');
    expect(counter(host, 'ksm_zero_pages')).toBe(0);
    expect([0, 1, 2].map((page) => area.space.frameOf(far + page * PAGE) !== undefined)).toEqual([true, true, true]);
    checkHost(host);
  });
});

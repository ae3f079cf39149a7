/**
 * Guests in threads of their own set names beside ksmd: each reads what it has set, and what has merged in the end is what a count of
 * their names says. With two scanners that are four threads besides this one's.
 */
import { expect, test } from 'vitest';
import type { Host } from '../../../src/index.ts';
import { createHost, inThread, passes } from './library.ts';

const PAGES = 400;

interface Task {
  readonly seed: number;
  readonly operations: number;
  readonly pages: number;
}

/** A guest of another thread. The names that its pages have in the end, or the page that had another than it should. */
function guestElsewhere(host: Host, { seed, operations, pages }: Task): { wrong: number } | { names: bigint[] } {
  const space = host.spawn();
  space.mmap(0, pages * 4096);
  space.madvise(0, pages * 4096, 'MERGEABLE');
  const names = new Array<bigint>(pages).fill(0n);
  let x = seed;
  const bits = (): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  for (let operation = 0; operation < operations; operation++) {
    const page = bits() % pages;
    if (bits() % 2 === 0) {
      // Few, whose halves are alike, and the zero page.
      const name = BigInt(bits() % 60) * 0x1000_0001_0000_0001n;
      space.setName(page * 4096, BigInt.asUintN(64, name));
      names[page] = BigInt.asUintN(64, name);
    } else if (space.getName(page * 4096) !== names[page]) {
      return { wrong: page };
    }
  }
  const wrong = names.findIndex((name, page) => space.getName(page * 4096) !== name);
  return wrong < 0 ? { names } : { wrong };
}

/** What the counters must say once all is settled, of pages with these names. */
function counted(names: readonly bigint[]): object {
  const copies = new Map<bigint, number>();
  for (const name of names) copies.set(name, (copies.get(name) ?? 0) + 1);
  const ksm_zero_pages = copies.get(0n) ?? 0;
  copies.delete(0n);
  const merged = [...copies.values()].filter((count) => count > 1);
  const pages_sharing = merged.reduce((sum, count) => sum + count - 1, 0);
  return { ksm_zero_pages, pages_shared: merged.length, pages_sharing, pages_unshared: copies.size - merged.length };
}

test.each([1, 2])('no name is lost or torn beside ksmd with %i threads, and equal ones merge', async (scanners) => {
  const host = await createHost({ memory: '16M', page: 'names', seed: 7 });
  Object.assign(host.ksm.settings, { run: 1, sleep_millisecs: 0, smart_scan: false, use_zero_pages: true });
  await host.ksmd.start({ scanners });
  const guests = [21, 22].map((seed) => inThread(host, guestElsewhere, { seed, operations: 40_000, pages: PAGES }));
  const names = (await Promise.all(guests)).flatMap((end) => {
    if ('wrong' in end) throw new Error(`page ${end.wrong} has another name than it was given`);
    return end.names;
  });
  await passes(host, 4);
  await host.ksmd.stop();
  await host.check();
  expect(host.vmstat().cow_ksm).toBeGreaterThan(0);
  expect(host.ksm.counters()).toMatchObject(counted(names));
});

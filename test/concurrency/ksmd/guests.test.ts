/**
 * Guests beside ksmd, in this thread and in another: what they write is what they read, whatever is merged meanwhile, and whoever dies.
 */
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import type { AddressSpace, Host } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';
import { until } from '../../support/until.ts';
import { createHost, inThread, mergeable, passes, watchWorkers } from './library.ts';

const PAGES = 400;
const CONTENTS = 5;
const workers = watchWorkers();

async function boot(): Promise<Host> {
  const host = await createHost({ memory: '64M', seed: 7 });
  Object.assign(host.ksm.settings, { run: 1, sleep_millisecs: 0, use_zero_pages: true, max_page_sharing: 8 });
  return host;
}

/** A process of this thread, and what it must hold: a byte for each page. */
class Guest {
  readonly space: AddressSpace;
  readonly contents: Uint8Array = new Uint8Array(PAGES);
  readonly #dice: Dice;

  constructor(host: Host, seed: number) {
    this.#dice = new Dice(seed);
    this.space = mergeable(host, PAGES, () => 0);
  }

  /** Writes pages of few contents, and reads others. */
  run(operations: number): void {
    for (let operation = 0; operation < operations; operation++) {
      const page = this.#dice.below(PAGES);
      if (this.#dice.below(2) === 0) {
        const content = this.#dice.below(CONTENTS);
        this.space.write(page * PAGE, new Uint8Array(PAGE).fill(content));
        this.contents[page] = content;
      } else {
        this.#compare(page);
      }
    }
  }

  compareAll(): void {
    for (let page = 0; page < PAGES; page++) this.#compare(page);
  }

  #compare(page: number): void {
    const bytes = this.space.read(page * PAGE, PAGE);
    const expected = this.contents[page] as number;
    if (bytes.some((byte) => byte !== expected)) throw new Error(`page ${page} is not all ${expected}`);
  }
}

/** The same in another thread, as one function. Returns the first page that is not what was written, or -1. */
function guestElsewhere(host: Host, { operations, pages }: { operations: number; pages: number }): number {
  const space = host.spawn();
  space.mmap(0, pages * 4096);
  space.madvise(0, pages * 4096, 'MERGEABLE');
  const contents = new Uint8Array(pages);
  let x = 99;
  const below = (end: number): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % end;
  };
  for (let operation = 0; operation < operations; operation++) {
    const page = below(pages);
    if (below(2) === 0) {
      const content = below(5);
      space.write(page * 4096, new Uint8Array(4096).fill(content));
      contents[page] = content;
    } else if (space.read(page * 4096, 4096).some((byte) => byte !== contents[page])) {
      return page;
    }
  }
  return contents.findIndex((content, page) => space.read(page * 4096, 4096).some((byte) => byte !== content));
}

test.each([1, 3])('no write is lost while %i threads scan', async (scanners) => {
  const host = await boot();
  const guest = new Guest(host, 5);
  await host.ksmd.start({ scanners });
  const elsewhere = inThread(host, guestElsewhere, { operations: 15_000, pages: PAGES });
  for (let round = 0; round < 30; round++) {
    guest.run(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await elsewhere).toBe(-1);
  guest.compareAll();
  await passes(host, 3);
  guest.compareAll();
  await host.ksmd.stop();
  await host.check();
  expect(host.vmstat().cow_ksm).toBeGreaterThan(0);
  expect(host.ksm.counters().pages_sharing).toBeGreaterThan(0);
});

/** The workers that were started since there were `before`. Of a start, helpers come first and ksmd last. */
function startedSince(before: number): { ksmd: Worker; helpers: Worker[] } {
  const started = workers.slice(before);
  const ksmd = started.at(-1);
  if (ksmd === undefined) throw new Error('no worker was started');
  return { ksmd, helpers: started.slice(0, -1) };
}

/** Lets the event loop turn `turns` times, so that a death hits ksmd wherever it happens to be. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function toTheEnd(host: Host): Promise<void> {
  for await (const _ of host.ksmd) {
    // nothing
  }
}

describe('death', () => {
  test.each([1, 2])('of ksmd at random instants, with %i threads: the memory is recovered', async (scanners) => {
    const host = await boot();
    const guest = new Guest(host, 11);
    const dice = new Dice(17);
    for (let death = 1; death <= 5; death++) {
      const before = workers.length;
      await host.ksmd.start({ scanners });
      const end = toTheEnd(host);
      end.catch(() => {});
      guest.run(dice.below(600));
      await turns(dice.below(20));
      void startedSince(before).ksmd.terminate();
      await expect(end).rejects.toMatchObject({ code: 'EIO', message: expect.stringContaining('ksmd has died') });
      expect(host.ksmd).toMatchObject({ running: false, deaths: death, error: { code: 'EIO' } });
      await host.check();
      guest.compareAll();
    }
    await host.ksmd.start();
    expect(host.ksmd.error).toBeUndefined();
    await passes(host, 3);
    await host.ksmd.stop();
    expect(host.ksm.counters().pages_sharing).toBeGreaterThan(0);
    await host.check();
  });

  test('of ksmd while it starts: start rejects, or it dies afterwards', async () => {
    const host = await boot();
    const guest = new Guest(host, 13);
    for (let round = 0; round < 5; round++) {
      const before = workers.length;
      const start = host.ksmd.start();
      const outcome = start.then(
        () => 'begun',
        (error) => error.code,
      );
      await until(() => workers.length > before);
      await turns(round * 20);
      await startedSince(before).ksmd.terminate();
      expect(['begun', 'EAGAIN']).toContain(await outcome);
      await host.ksmd.stop();
      expect(host.ksmd.running).toBe(false);
      await host.check();
      guest.run(100);
    }
    await host.ksmd.start();
    await passes(host, 1);
    await host.ksmd.stop();
    await host.check();
  });

  test('of ksmd beside a guest of another thread', async () => {
    const host = await boot();
    const elsewhere = inThread(host, guestElsewhere, { operations: 25_000, pages: PAGES });
    let isOver = false;
    void elsewhere.then(() => {
      isOver = true;
    });
    const dice = new Dice(23);
    for (let death = 1; death <= 10 || !isOver; death++) {
      const before = workers.length;
      await host.ksmd.start({ scanners: 1 + (death % 2) });
      const end = toTheEnd(host);
      end.catch(() => {});
      await turns(dice.below(50));
      void startedSince(before).ksmd.terminate();
      await expect(end).rejects.toMatchObject({ code: 'EIO' });
    }
    expect(await elsewhere).toBe(-1);
    await host.check();
  });

  test('of helpers at random instants: ksmd goes on with fewer', async () => {
    const host = await createHost({ memory: '64M', seed: 7 });
    Object.assign(host.ksm.settings, { run: 1, sleep_millisecs: 0, pages_to_scan: 6000, smart_scan: false });
    // no two pages are equal, so that all are hashed in every pass
    const space = mergeable(host, 5000, () => 1);
    for (let page = 0; page < 5000; page++) space.write(page * PAGE, Uint8Array.of(page >> 8, page));
    const dice = new Dice(29);
    for (let round = 0; round < 3; round++) {
      const before = workers.length;
      await host.ksmd.start({ scanners: 4 });
      for (const helper of startedSince(before).helpers) {
        await turns(dice.below(100));
        await helper.terminate();
        await passes(host, 2);
      }
      await until(() => host.ksmd.scanners === 1);
      await passes(host, 2);
      expect(host.ksmd.deaths).toBe(0);
      await host.ksmd.stop();
      expect(host.ksm.counters()).toMatchObject({ pages_unshared: 5000, pages_sharing: 0 });
      await host.check();
    }
  });
});

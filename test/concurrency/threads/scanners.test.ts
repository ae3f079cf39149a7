/**
 * Any number of scanner threads gives the same frames and the same counters. Threads are started from the built files: Node 20
 * cannot start a worker from TypeScript.
 */
import { describe, expect, test } from 'vitest';
import type { AddressSpace, Host, HostOptions } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';

const dist = new URL('../../../dist/src/', import.meta.url);
const { createHost } = (await import(new URL('index.js', dist).href)) as typeof import('../../../src/index.ts');

const PAGES = 6000;

/** A bijection of the contents of the story, whose page of zeros is named 0. */
function nameOf(content: number): bigint {
  return BigInt.asUintN(64, BigInt(content) * 0x9e3779b97f4a7c15n);
}

/** Three processes over several windows of pages, written, scanned, forked and unmapped; what came of it. */
async function story(options: HostOptions, seed: number): Promise<object[]> {
  const host: Host = await createHost({ memory: '64M', pages: 4 * PAGES, seed: 7, ...options });
  const dice = new Dice(seed);
  const page = new Uint32Array(PAGE / 4);
  const write = (space: AddressSpace | undefined, at: number, content: number): void => {
    page[0] = content;
    if (options.page === 'names') space?.setName(at, nameOf(content));
    else space?.write(at, new Uint8Array(page.buffer));
  };
  const spaces = [host.spawn(), host.spawn()];
  for (const space of spaces) {
    space.mmap(0, PAGES * PAGE);
    space.madvise(0, PAGES * PAGE, 'MERGEABLE');
  }
  host.ksm.settings.run = 1;
  host.ksm.settings.use_zero_pages = true;
  host.ksm.settings.max_page_sharing = 8;
  const seen: object[] = [];
  for (let round = 0; round < 8; round++) {
    for (let writes = 0; writes < 2500; writes++) {
      const content = dice.below(4) === 0 ? dice.below(2 ** 30) : dice.below(300);
      write(spaces[dice.below(spaces.length)], dice.below(PAGES) * PAGE, content);
    }
    if (round === 3) spaces.push((spaces[0] as (typeof spaces)[number]).fork());
    if (round === 5) spaces[1]?.madvise(100 * PAGE, 900 * PAGE, 'DONTNEED');
    const batch = host.ksm.scan(3000 + dice.below(9000), { now: round });
    await host.check();
    const frames = spaces.map((space) => [...space.resident()].map(({ frame }) => frame));
    seen.push({ batch, counters: host.ksm.counters(), vmstat: host.vmstat(), frames });
  }
  host[Symbol.dispose]();
  return seen;
}

describe.each(['hash', 'content'] as const)('%s order', (index) => {
  test('two and three threads do what one does', async () => {
    const alone = await story({ index }, 1);
    expect(await story({ index, scanners: 2 }, 1)).toEqual(alone);
    expect(await story({ index, scanners: 3, dirtyTracking: 'on' }, 1)).toEqual(alone);
  });
});

test('two and three threads over names do what one does over bytes', async () => {
  const alone = await story({}, 2);
  expect(await story({ page: 'names' }, 2)).toEqual(alone);
  expect(await story({ page: 'names', scanners: 2 }, 2)).toEqual(alone);
  expect(await story({ page: 'names', scanners: 3, dirtyTracking: 'on' }, 2)).toEqual(alone);
});

test('the host says how many threads scan, and scans alone after it was disposed of', async () => {
  const host = await createHost({ memory: '16M', scanners: 2 });
  expect(host.scanners).toMatchObject({ running: 2, reason: undefined });
  await host.scanners.stop();
  host.ksm.settings.run = 1;
  expect(host.ksm.scan(1000)).toEqual({ pages_scanned: 0, passEnded: false, idle: true });
});

test.each([0, 1.5, 65, Number.NaN])('%s scanners are refused', async (scanners) => {
  await expect(createHost({ memory: '16M', scanners })).rejects.toMatchObject({ code: 'EINVAL' });
});

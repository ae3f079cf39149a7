/**
 * Threads are no part of a machine: saved with any number of them, it goes on the same with any other. Threads are started from the built
 * files, because Node 20 cannot start a worker from TypeScript.
 */
import { expect, test } from 'vitest';
import type { Host } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';
import { collect } from './helpers.ts';

const dist = new URL('../../../dist/src/index.js', import.meta.url);
const { createHost, restoreHost, snapshotOf } = (await import(dist.href)) as typeof import('../../../src/index.ts');

const PAGES = 2500;

/** A pass over several windows of pages. */
async function scan(host: Host, now: number): Promise<object> {
  const batch = host.ksm.scan(10 * PAGES, { now });
  await host.check();
  const frames = host.processes.map((space) => [...space.resident()]);
  return { batch, counters: host.ksm.counters(), frames };
}

async function start(scanners: number): Promise<Host> {
  const host = await createHost({ memory: '32M', pages: 4 * PAGES, seed: 7, scanners });
  for (let guest = 0; guest < 2; guest++) {
    const space = host.spawn();
    space.mmap(0, PAGES * PAGE);
    space.madvise(0, PAGES * PAGE, 'MERGEABLE');
    for (let page = 0; page < PAGES; page++) space.write(page * PAGE, Uint8Array.of(1, page % 250, page % 7));
  }
  host.ksm.settings.run = 1;
  await scan(host, 0);
  return host;
}

test.each([
  [1, 3],
  [3, 1],
  [2, 3],
  [3, 2],
])('saved with %i, restored with %i', async (before, after) => {
  const host = await start(before);
  expect(host.scanners.running).toBe(before);
  const restored = await restoreHost(await collect(snapshotOf(host)), { scanners: after });
  expect(restored.scanners.running).toBe(after);
  for (let now = 1; now < 4; now++) expect(await scan(restored, now)).toEqual(await scan(host, now));
  expect(restored.ksm.counters().pages_sharing).toBeGreaterThan(0);
  for (const each of [host, restored]) {
    each[Symbol.dispose]();
    await each.scanners.stop();
  }
});

test('saved after its threads were stopped', async () => {
  const host = await start(3);
  await host.scanners.stop();
  const restored = await restoreHost(await collect(snapshotOf(host)), { scanners: 2 });
  expect(await scan(restored, 1)).toEqual(await scan(host, 1));
  restored[Symbol.dispose]();
  await restored.scanners.stop();
});

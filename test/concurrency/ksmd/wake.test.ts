/** Whoever gives ksmd work wakes it, across threads: in its own thread, and where it is a loop of the caller's. */
import { expect, test } from 'vitest';
import type { Host } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';
import { createHost, inThread, layout, mergeable, sampleWhere } from './library.ts';

const HOUR = 3_600_000;

async function boot(): Promise<Host> {
  const host = await createHost({ memory: '16M', seed: 7 });
  host.ksm.settings.sleep_millisecs = 0;
  return host;
}

/** A process of which two equal pages are mergeable as soon as somebody says so. */
function advisable(host: Host): { id: number; mm: number } {
  const space = host.spawn();
  space.mmap(0, 2 * PAGE);
  space.write(0, new Uint8Array(2 * PAGE).fill(1));
  return space.handle;
}

const advise = (host: Host, handle: { id: number; mm: number }): void => {
  host.process(handle).madvise(0, 8192, 'MERGEABLE');
};

test('madvise in another thread wakes it, and so does writing run here and there', async () => {
  const host = await boot();
  const handle = advisable(host);
  host.ksm.settings.run = 1;
  await host.ksmd.start();
  const first = sampleWhere(host, () => true);
  await inThread(host, advise, handle);
  expect(await first).toMatchObject({ pages_scanned: 2, passEnded: true });
  for (const stop of [0, 2]) {
    host.ksm.settings.run = stop;
    const next = sampleWhere(host, ({ counters }) => counters.pages_sharing === 1);
    host.ksm.settings.run = 1;
    await next;
    await inThread(host, (there, value) => there.ksm.write('run', value), '0');
    const again = sampleWhere(host, () => true);
    await inThread(host, (there, value) => there.ksm.write('run', value), '1');
    await again;
  }
  await host.ksmd.stop();
  await host.check();
});

test('prctl and fork in another thread wake it', async () => {
  const host = await boot();
  const handle = advisable(host);
  host.ksm.settings.run = 1;
  await host.ksmd.start();
  const first = sampleWhere(host, ({ counters }) => counters.pages_sharing === 1);
  await inThread(host, (there, it) => there.process(it).prctl(67, 1), handle);
  await first;
  const second = sampleWhere(host, ({ counters }) => counters.pages_sharing === 3);
  await inThread(host, (there, it) => void there.process(it).fork(), handle);
  await second;
  await host.ksmd.stop();
  await host.check();
});

test('a pause is cut short by another sleep_millisecs, written anywhere, and by stop', async () => {
  const host = await boot();
  mergeable(host, 2, () => 1);
  host.ksm.settings.sleep_millisecs = HOUR;
  host.ksm.settings.run = 1;
  const start = host.ksmd.start();
  await sampleWhere(host, () => true);
  await start;
  const here = async (value: string): Promise<void> => host.ksm.write('sleep_millisecs', value);
  const there = (value: string): Promise<void> =>
    inThread(host, (attached, text) => attached.ksm.write('sleep_millisecs', text), value);
  const first = host.ksm.counters().full_scans;
  let changes = 0;
  for (const write of [here, there]) {
    const before = host.ksm.counters().full_scans;
    // a change that comes before ksmd has begun its pause cuts nothing short
    while (host.ksm.counters().full_scans === before) {
      await write(String(HOUR + (++changes % 2)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // over both: a change of the first that ksmd has not heard of yet may cut a pause short among those of the second
    expect(host.ksm.counters().full_scans).toBeLessThanOrEqual(first + changes);
  }
  await host.ksmd.stop();
});

/** Without a limit of time: nothing but the bell ends these waits. */
test('the bell of one thread ends the sleep of another', async () => {
  const host = await boot();
  const bell = layout.H_KSMD_BELL / 4;
  const words = new Int32Array(host.memory.buffer);
  const rings = (): number => Atomics.load(words, bell);
  const asleep = inThread(
    host,
    ({ memory }, [word, heard]) => void Atomics.wait(new Int32Array(memory.buffer), word, heard),
    [bell, rings()] as const,
  );
  host.ksm.write('pages_to_scan', '60');
  await asleep;
  const signs: (() => void)[] = [
    () => host.ksm.write('pages_to_scan', '50'),
    () => host.ksm.write('run', '1'),
    () => mergeable(host, 1, () => 1),
    () => host.spawn().prctl(67, 1),
    () => host.spawn().fork(),
  ];
  for (const sign of signs) {
    const before = rings();
    sign();
    expect(rings(), sign.toString()).toBeGreaterThan(before);
  }
});

test('a loop in the caller’s thread hears other threads too', async () => {
  const host = await boot();
  const handle = advisable(host);
  host.share();
  const loop = host.ksmd.run();
  const first = loop.next();
  await inThread(host, (there, value) => there.ksm.write('run', value), '1');
  await inThread(host, advise, handle);
  expect((await first).value).toMatchObject({ pages_scanned: 2 });
  host.ksm.settings.sleep_millisecs = HOUR;
  const second = loop.next();
  await inThread(host, (there, value) => there.ksm.write('sleep_millisecs', value), '0');
  expect((await second).value).toMatchObject({ pages_scanned: 2 });
  await loop.return();
});

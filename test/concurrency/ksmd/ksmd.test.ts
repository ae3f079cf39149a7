/** ksmd in a thread of its own: what it does is what the same work does in the caller's thread; start, stop, samples, errors. */
import { afterEach, describe, expect, test } from 'vitest';
import { createHost as createUnbuilt, type Host, type HostOptions, KsmError, type Sample } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { viewOf } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';
import { until } from '../../support/until.ts';
import { attachHost, createHost, layout, mergeable, passes, sampleWhere } from './library.ts';

const hosts: Host[] = [];

afterEach(async () => {
  for (const host of hosts.splice(0)) {
    await host.ksmd.stop();
    host[Symbol.dispose]();
  }
});

/** A host whose ksmd scans without pause as soon as it is started. */
async function boot(options: HostOptions = {}): Promise<Host> {
  const host = await createHost({ memory: '64M', seed: 7, ...options });
  hosts.push(host);
  Object.assign(host.ksm.settings, { run: 1, sleep_millisecs: 0 });
  return host;
}

/** Two processes with equal pages, zero pages and pages of their own, and a child. */
function populate(host: Host): void {
  const dice = new Dice(3);
  const one = mergeable(host, 3000, () => dice.below(40));
  const other = mergeable(host, 2000, () => dice.below(60));
  for (const [index, space] of [one, other].entries())
    for (let page = 0; page < 500; page++) space.write(page * PAGE + 16, Uint8Array.of(page >> 8, page, 1 + index));
  one.fork();
  Object.assign(host.ksm.settings, { use_zero_pages: true, max_page_sharing: 16, smart_scan: false });
}

/** What does not depend on how often memory was scanned, once all of it is settled. */
function settled(host: Host): object {
  const { full_scans, pages_scanned, ...state } = host.ksm.counters();
  const frames = host.processes.map((space) => [...space.resident()].map(({ frame }) => frame));
  return { ...state, frames };
}

/** More pages than there are: a batch is a pass. */
const ALL = 20_000;

describe.each(['hash', 'content'] as const)('%s order', (index) => {
  test('with one thread and with three it comes to what scanning in the caller’s thread comes to', async () => {
    const alone = await boot({ index });
    populate(alone);
    for (let pass = 0; pass < 4; pass++) alone.ksm.scan(ALL);
    for (const counter of ['pages_sharing', 'pages_unshared', 'ksm_zero_pages', 'stable_node_chains'] as const)
      expect(alone.ksm.counters()[counter], counter).toBeGreaterThan(0);
    for (const scanners of [1, 3]) {
      const host = await boot({ index });
      populate(host);
      host.ksm.settings.pages_to_scan = ALL;
      await host.ksmd.start({ scanners });
      expect(host.ksmd).toMatchObject({ running: true, scanners, reason: undefined, deaths: 0, error: undefined });
      await passes(host, 4);
      await host.ksmd.stop();
      expect(settled(host)).toEqual(settled(alone));
      await host.check();
    }
  });
});

test('every batch is a sample, and the counters are those after it', async () => {
  const host = await boot();
  populate(host);
  host.ksm.settings.sleep_millisecs = 5;
  const samples: Sample[] = [];
  await host.ksmd.start();
  for await (const sample of host.ksmd.samples()) {
    samples.push(sample);
    if (samples.length === 100) break;
  }
  for (const [at, sample] of samples.entries()) {
    expect(sample.pages_scanned).toBeLessThanOrEqual(100);
    const before = samples[at - 1];
    if (before === undefined) continue;
    expect(sample.counters.pages_scanned - before.counters.pages_scanned).toBe(sample.pages_scanned);
    expect(sample.counters.full_scans - before.counters.full_scans).toBe(sample.passEnded ? 1 : 0);
    expect(sample.now).toBeGreaterThanOrEqual(before.now);
  }
});

test('a slow reader loses the oldest samples, and ksmd does not wait for it', async () => {
  const host = await boot();
  mergeable(host, 10, (page) => page);
  await host.ksmd.start();
  const samples = host.ksmd.samples();
  await until(() => host.ksm.counters().full_scans > 2000);
  const { value } = await samples.next();
  expect((value as Sample).counters.full_scans).toBeGreaterThan(2000 - 256);
  await samples.return();
});

test('all readers get the same samples, and their loops end when it stops', async () => {
  const host = await boot();
  mergeable(host, 10, (page) => page);
  host.ksm.settings.sleep_millisecs = 5;
  await host.ksmd.start();
  const collect = async (): Promise<Sample[]> => {
    const seen: Sample[] = [];
    for await (const sample of host.ksmd) seen.push(sample);
    return seen;
  };
  const readers = [collect(), collect()];
  await passes(host, 5);
  await host.ksmd.stop();
  const [one, other] = await Promise.all(readers);
  expect(one?.length).toBeGreaterThanOrEqual(5);
  expect(other).toEqual(one);
  expect(await collect()).toEqual([]);
});

test('stop and start, again and again', async () => {
  const host = await boot();
  populate(host);
  for (let round = 1; round <= 5; round++) {
    await host.ksmd.start({ scanners: round % 3 === 0 ? 2 : 1 });
    expect(host.ksmd.running).toBe(true);
    await passes(host, 1);
    await Promise.all([host.ksmd.stop(), host.ksmd.stop()]);
    expect(host.ksmd).toMatchObject({ running: false, scanners: 0, deaths: 0 });
    const before = host.ksm.counters();
    expect(host.ksm.counters()).toEqual(before);
    expect(host.ksm.scan(10)).toMatchObject({ pages_scanned: expect.any(Number) });
    await host.check();
  }
  await host.ksmd.stop();
});

test('stop while it starts, and start while it stops', async () => {
  const host = await boot();
  const start = host.ksmd.start();
  await host.ksmd.stop();
  await start;
  expect(host.ksmd.running).toBe(false);
  await host.ksmd.start();
  const stop = host.ksmd.stop();
  await host.ksmd.start();
  await stop;
  expect(host.ksmd.running).toBe(true);
});

test('there is one ksmd, whoever starts it', async () => {
  const host = await boot();
  const other = attachHost(host.share());
  hosts.push(other);
  const start = host.ksmd.start();
  await expect(host.ksmd.start()).rejects.toMatchObject({ code: 'EBUSY' });
  await start;
  await expect(host.ksmd.start()).rejects.toMatchObject({ code: 'EBUSY' });
  await expect(other.ksmd.start()).rejects.toMatchObject({ code: 'EBUSY' });
  await host.ksmd.stop();
  await other.ksmd.start();
  await expect(host.ksmd.start()).rejects.toMatchObject({ code: 'EBUSY', message: expect.stringContaining('worker') });
});

test('scan is refused with EBUSY while ksmd runs, and while another thread is at a batch', async () => {
  const host = await boot();
  populate(host);
  const busy = expect.objectContaining({ code: 'EBUSY', message: expect.stringContaining('host.ksmd.stop()') });
  await host.ksmd.start();
  expect(() => host.ksm.scan(10)).toThrow(busy);
  await expect(host.ksmd.run().next()).rejects.toEqual(busy);
  await host.ksmd.stop();
  viewOf(host).setU32(layout.LINUX_BUSY, 1);
  expect(() => host.ksm.scan(10)).toThrow(busy);
  viewOf(host).setU32(layout.LINUX_BUSY, 0);
  expect(host.ksm.scan(10)).toEqual({ pages_scanned: 10, passEnded: false });
});

test('a signal stops it', async () => {
  const host = await boot();
  mergeable(host, 10, () => 1);
  const abort = new AbortController();
  await host.ksmd.start({ signal: abort.signal });
  abort.abort();
  for await (const _ of host.ksmd) {
    // to the end
  }
  expect(host.ksmd.running).toBe(false);
  await expect(host.ksmd.start({ signal: abort.signal })).rejects.toMatchObject({
    code: 'EINTR',
    cause: abort.signal.reason,
  });
  await host.ksmd.start();
  expect(host.ksmd.running).toBe(true);
});

test('disposing of the host stops it', async () => {
  const host = await boot();
  mergeable(host, 10, () => 1);
  await host.ksmd.start({ scanners: 2 });
  const end = sampleWhere(host, () => false);
  host[Symbol.dispose]();
  await expect(end).rejects.toThrow('ksmd has stopped before');
  expect(host.ksmd.running).toBe(false);
});

test.each([0, 1.5, 65, Number.NaN])('%s scanners are refused', async (scanners) => {
  const host = await boot();
  await expect(host.ksmd.start({ scanners })).rejects.toMatchObject({ code: 'EINVAL' });
  expect(viewOf(host).u32(layout.H_CONCURRENT)).toBe(0);
});

test('a signal that is none is refused', async () => {
  const host = await boot();
  const options = { signal: 'stop' as unknown as AbortSignal };
  await expect(host.ksmd.start(options)).rejects.toMatchObject({ code: 'EINVAL' });
});

/** src/ has worker/node.ts but no worker/node.js: a bundler that forgets the worker leaves a library like this. */
test('where its thread cannot be started, start says so and the host can be used', async () => {
  const host = await createUnbuilt({ memory: '16M' });
  const refusal = { code: 'EAGAIN', message: expect.stringContaining('worker/node.js') };
  await expect(host.ksmd.start()).rejects.toMatchObject(refusal);
  await expect(host.ksmd.start()).rejects.toBeInstanceOf(KsmError);
  expect(host.ksmd).toMatchObject({ running: false, deaths: 0, error: undefined });
  host.ksm.settings.run = 1;
  expect(host.ksm.scan(10)).toEqual({ pages_scanned: 0, passEnded: false, idle: true });
});

describe('its clock', () => {
  test('goes on from the host’s', async () => {
    const clock = { now: () => 1e9, cpu: () => 0n, sleep: async () => {} };
    const host = await boot({ clock });
    mergeable(host, 10, () => 1);
    await host.ksmd.start();
    const { now } = await passes(host, 1);
    expect(now).toBeGreaterThanOrEqual(1e9);
    expect(now).toBeLessThan(2e9); // from a clock of its own it would be far away
  });

  /** Short passes cost next to nothing of a second, and that is the least that the advisor counts. So it raises the rate to the limit. */
  test('tells the advisor what the scanning costs, also after another start', async () => {
    const host = await boot();
    mergeable(host, 100, (page) => page);
    host.ksm.settings.sleep_millisecs = 1;
    for (const most of [777, 888]) {
      host.ksm.settings.advisor_max_pages_to_scan = most;
      host.ksm.settings.advisor_mode = 'scan-time';
      await host.ksmd.start();
      await until(() => host.ksm.settings.pages_to_scan === most);
      await host.ksmd.stop();
      const cpu = viewOf(host).bigU64(layout.H_ADVISOR_CPU_TIME);
      expect(cpu).toBeGreaterThan(0n);
      // However slow the machine is: no thread is busy for longer than its process has been there.
      expect(Number(cpu) / 1e6).toBeLessThan(performance.now());
    }
  });
});

/**
 * ksmd's loop (T29 of appendix A of the specification, section 2.1) and the scan-time advisor (T18, section 5.3), with time as an
 * input: nothing here waits for a real clock.
 */
import { describe, expect, test } from 'vitest';
import type { Clock, Host, HostOptions, Sample } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { boot, counter, distinct, expectError, mergeable, ORDERS, type Order, pass, same, state } from './machine.ts';

/** A clock that stands still until it is told. */
class FakeClock implements Clock {
  time = 0;
  /** CPU time of ksmd, nanoseconds. */
  cpuTime = 0n;
  /** The pauses that were asked for, milliseconds. */
  readonly pauses: number[] = [];
  #wake: () => void = () => {};

  now(): number {
    return this.time;
  }

  cpu(): bigint {
    return this.cpuTime;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.pauses.push(milliseconds);
    return new Promise((resolve) => {
      this.#wake = resolve;
      signal.addEventListener('abort', () => resolve());
    });
  }

  /** The running pause is over. */
  ring(): void {
    this.#wake();
  }
}

const HOUR = 3_600_000;

async function idleHost(index: Order, options: HostOptions = {}): Promise<{ host: Host; clock: FakeClock }> {
  const clock = new FakeClock();
  const host = await boot(index, { clock, ...options });
  host.ksm.settings.sleep_millisecs = HOUR;
  return { host, clock };
}

/** ksmd, and the batch that it has not finished yet. */
class Watch {
  readonly #loop: AsyncIterator<Sample>;
  #next: Promise<IteratorResult<Sample>> | undefined;

  constructor(host: Host) {
    this.#loop = host.ksmd.run()[Symbol.asyncIterator]();
  }

  /** The next batch, if it comes without anybody doing anything more; else undefined. */
  async batch(): Promise<Sample | undefined> {
    this.#next ??= this.#loop.next();
    const idle = new Promise<undefined>((resolve) => setImmediate(() => setImmediate(() => resolve(undefined))));
    const first = await Promise.race([this.#next, idle]);
    if (first === undefined) return undefined;
    this.#next = undefined;
    return first.done ? undefined : first.value;
  }
}

describe.each(ORDERS)('ksmd, %s order', (index) => {
  test('T29: writing run does not shorten a pause; a different sleep_millisecs does', async () => {
    const { host, clock } = await idleHost(index);
    mergeable(host.spawn(), same('a', 2));
    const ksmd = new Watch(host);
    expect(await ksmd.batch()).toMatchObject({ pages_scanned: 2, passEnded: true });
    expect(await ksmd.batch()).toBeUndefined();
    for (const values of [['1'], ['0', '1'], ['2', '1']]) {
      for (const value of values) host.ksm.write('run', value);
      expect(await ksmd.batch()).toBeUndefined();
    }
    host.ksm.write('sleep_millisecs', String(HOUR));
    expect(await ksmd.batch()).toBeUndefined();
    host.ksm.write('sleep_millisecs', String(HOUR + 1));
    expect(await ksmd.batch()).toMatchObject({ pages_scanned: 2 });
    expect(await ksmd.batch()).toBeUndefined();
    clock.ring();
    expect(await ksmd.batch()).toMatchObject({ pages_scanned: 2 });
    expect(await ksmd.batch()).toBeUndefined();
    expect(clock.pauses).toEqual([HOUR, HOUR + 1, HOUR + 1]);
    checkHost(host);
  });

  test('2.1: each change of sleep_millisecs is exactly one batch of pages_to_scan pages', async () => {
    const { host } = await idleHost(index);
    host.ksm.settings.pages_to_scan = 3;
    mergeable(host.spawn(), distinct(7));
    const ksmd = new Watch(host);
    const scanned = [];
    for (let toggle = 1; toggle <= 7; toggle++) {
      const sample = await ksmd.batch();
      scanned.push(sample?.pages_scanned);
      expect(sample?.counters).toEqual(host.ksm.counters());
      expect(await ksmd.batch()).toBeUndefined();
      host.ksm.settings.sleep_millisecs = HOUR + (toggle % 2);
    }
    expect(scanned).toEqual([3, 3, 1, 3, 3, 1, 3]);
    expect(counter(host, 'full_scans')).toBe(2);
    checkHost(host);
  });

  test('2.1: with nothing to do ksmd waits, and starts as soon as run is 1 and somebody has registered', async () => {
    const { host } = await idleHost(index);
    host.ksm.settings.run = 0;
    const ksmd = new Watch(host);
    expect(await ksmd.batch()).toBeUndefined();
    host.ksm.settings.run = 1;
    expect(await ksmd.batch()).toBeUndefined();
    mergeable(host.spawn(), same('a', 2));
    expect(await ksmd.batch()).toMatchObject({ pages_scanned: 2 });
    checkHost(host);
  });

  test('2.1: while run is 0 or 2 nothing is scanned; the pause goes by first', async () => {
    const { host, clock } = await idleHost(index);
    mergeable(host.spawn(), same('a', 2));
    const ksmd = new Watch(host);
    await ksmd.batch();
    expect(await ksmd.batch()).toBeUndefined();
    host.ksm.settings.run = 2;
    clock.ring();
    expect(await ksmd.batch()).toBeUndefined();
    host.ksm.settings.run = 1; // now it waits for work, not for the time
    expect(await ksmd.batch()).toMatchObject({ pages_scanned: 2 });
    checkHost(host);
  });

  test('2.1: after a batch that dropped the last slot there is no pause to serve', async () => {
    const { host, clock } = await idleHost(index);
    const area = mergeable(host.spawn(), same('a', 2));
    const ksmd = new Watch(host);
    await ksmd.batch();
    expect(await ksmd.batch()).toBeUndefined();
    area.munmap();
    clock.ring();
    expect(await ksmd.batch()).toMatchObject({ pages_scanned: 0, passEnded: true });
    expect(await ksmd.batch()).toBeUndefined();
    mergeable(area.space, same('b', 2));
    expect(await ksmd.batch()).toMatchObject({ pages_scanned: 2 });
    checkHost(host);
  });

  test('2.1: no pages to scan is legal, and so is no pause', async () => {
    const { host } = await idleHost(index);
    host.ksm.settings.pages_to_scan = 0;
    host.ksm.settings.sleep_millisecs = 0;
    mergeable(host.spawn(), same('a', 2));
    const samples: Sample[] = [];
    for await (const sample of host.ksmd.run({ clock: instant })) {
      samples.push(sample);
      if (samples.length === 3) host.ksm.settings.pages_to_scan = 10;
      if (samples.length === 5) break;
    }
    expect(samples.map(({ pages_scanned }) => pages_scanned)).toEqual([0, 0, 0, 2, 2]);
    expect(state(host)).toEqual([1, 1, 0, 0]);
    checkHost(host);
  });
});

/** A clock whose pauses are over at the next turn of the event loop. */
const instant: Clock = {
  now: () => 0,
  cpu: () => 0n,
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
};

/** One pass that takes `seconds` and ends with ksmd at `cpu` milliseconds of CPU time in all. Returns pages_to_scan after it. */
function timedPass(host: Host, clock: FakeClock, seconds: number, cpu: number): number {
  host.ksm.scan(1);
  clock.time += seconds * 1000;
  clock.cpuTime = BigInt(cpu) * 1_000_000n;
  pass(host);
  return host.ksm.settings.pages_to_scan;
}

describe.each(ORDERS)('the scan-time advisor, %s order', (index) => {
  test('T18: what switching does to pages_to_scan', async () => {
    const { host } = await idleHost(index);
    const { ksm } = host;
    ksm.settings.pages_to_scan = 77;
    ksm.write('advisor_mode', 'none');
    expect(ksm.settings.pages_to_scan).toBe(77);
    ksm.write('advisor_mode', 'scan-time\n');
    expect(ksm.read('advisor_mode')).toBe('none [scan-time]\n');
    expect(ksm.settings.pages_to_scan).toBe(500);
    ksm.write('advisor_min_pages_to_scan', '60');
    ksm.write('advisor_mode', 'scan-time');
    expect(ksm.settings.pages_to_scan).toBe(500);
    expectError('EINVAL', () => ksm.write('pages_to_scan', '100'));
    ksm.write('advisor_mode', 'none');
    expect(ksm.read('advisor_mode')).toBe('[none] scan-time\n');
    expect(ksm.settings.pages_to_scan).toBe(100);
    ksm.write('advisor_mode', 'scan-time');
    expect(ksm.settings.pages_to_scan).toBe(60);
    checkHost(host);
  });

  test('T18: a first pass charged with all CPU since boot, and growth by ten from there', async () => {
    const { host, clock } = await idleHost(index);
    mergeable(host.spawn(), distinct(50));
    host.ksm.settings.advisor_mode = 'scan-time';
    const cpu = 36_000;
    const after = [0, 1, 2, 3, 4].map((more) => timedPass(host, clock, 1, cpu + more));
    expect(after).toEqual([10, 100, 1000, 10000, 30000]);
    checkHost(host);
  });

  test('5.3: the worked example', async () => {
    const { host, clock } = await idleHost(index);
    mergeable(host.spawn(), distinct(50));
    host.ksm.settings.advisor_mode = 'scan-time';
    expect(timedPass(host, clock, 400, 8000)).toBe(2500);
    checkHost(host);
  });

  test('5.3: on target the rate follows the smoothed change, which settles at 97 percent', async () => {
    const { host, clock } = await idleHost(index);
    mergeable(host.spawn(), distinct(50));
    host.ksm.settings.advisor_min_pages_to_scan = 1_000_000;
    host.ksm.settings.advisor_max_pages_to_scan = 1_000_000;
    host.ksm.settings.advisor_mode = 'scan-time';
    let pages = 1_000_000;
    let cpu = 0;
    for (const change of [30, 51, 65, 75, 82, 87, 90, 93, 95, 96, 97, 97, 97]) {
      cpu += 200 * 1000 * 0.6; // 60 percent: neither the floor of 10 nor the 70 that is granted matters
      pages = Math.trunc((pages * change) / 100);
      expect(timedPass(host, clock, 200, cpu)).toBe(pages);
    }
    checkHost(host);
  });

  test('5.3: no pages at most means that scanning stops for good', async () => {
    const { host, clock } = await idleHost(index);
    mergeable(host.spawn(), distinct(50));
    host.ksm.settings.advisor_max_pages_to_scan = 0;
    host.ksm.settings.advisor_mode = 'scan-time';
    expect(timedPass(host, clock, 1, 1)).toBe(0);
    checkHost(host);
  });

  test('5.3: switched on in mid-pass, that pass took all the time since boot', async () => {
    const { host, clock } = await idleHost(index);
    mergeable(host.spawn(), distinct(50));
    clock.time = 300_000;
    host.ksm.scan(1);
    host.ksm.settings.advisor_mode = 'scan-time';
    clock.time = 400_000;
    clock.cpuTime = 8_000_000_000n;
    pass(host); // 400 s with 2 percent: the worked example again
    expect(host.ksm.settings.pages_to_scan).toBe(2500);
    checkHost(host);
  });
});

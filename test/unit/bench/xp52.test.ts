/** bench/xp52: the guests are as the mix says, time is virtual, and what comes out is the same for the same seed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { censusOf } from '../../../bench/xp52/census.ts';
import { xp52Chart } from '../../../bench/xp52/chart.ts';
import { Contents } from '../../../bench/xp52/contents.ts';
import { Fleet } from '../../../bench/xp52/fleet.ts';
import { PAGE_COST, VirtualClock, VirtualKsmd } from '../../../bench/xp52/ksmd.ts';
import { diceOf, leastFrames, MIX, type Mix, sizesOf } from '../../../bench/xp52/mix.ts';
import { plansOf } from '../../../bench/xp52/plan.ts';
import type { Scenario } from '../../../bench/xp52/scenarios.ts';
import { expectRoom, simulate, type World } from '../../../bench/xp52/simulate.ts';
import { formatRuns, type Xp52Report } from '../../../bench/xp52/table.ts';
import { createHost, type Host } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { malformed } from './xml.ts';

/** A host with room for three whole guests, if nothing is merged. */
const WORLD: World = { guests: 5, pages: 512, frames: 1600, scale: 512, seconds: 900, seed: 3, mix: MIX };
const FAST: Scenario = { name: 'fast', settings: { run: 1, pages_to_scan: 5000, use_zero_pages: true }, room: 1 };
const OFF: Scenario = { name: 'off', settings: {}, room: 1 };

describe('the mix', () => {
  test('is what Difference Engine counted, in one half of the memory', () => {
    expect(MIX.common + MIX.kind + MIX.still + MIX.busy + MIX.zero).toBeCloseTo(1, 12);
    expect(MIX.common + MIX.kind).toBeCloseTo(52_436 / 393_120 / 2, 12);
    expect(MIX.still + MIX.busy).toBeCloseTo(191_646 / 393_120 / 2, 12);
  });

  test.each([64, 4096, 262_144])(
    'guests of %i pages have all of them, and of their own a fifth more or less',
    (pages) => {
      const dice = diceOf(7);
      const owns = Array.from({ length: 200 }, () => {
        const { common, kind, still, busy, zero } = sizesOf(MIX, pages, dice);
        expect([common + kind + still + busy + zero, common]).toEqual([pages, Math.round(MIX.common * pages)]);
        return (still + busy) / pages / (MIX.still + MIX.busy);
      });
      expect(Math.min(...owns)).toBeGreaterThan(0.8 - 2 / (pages * MIX.still));
      expect(Math.max(...owns)).toBeLessThanOrEqual(1.2);
    },
  );

  test('a guest that would have too much of its own has no zeros left, and no more', () => {
    const full: Mix = { common: 0.5, kind: 0, still: 0.4, busy: 0.1, zero: 0 };
    const dice = diceOf(1);
    for (let guest = 0; guest < 50; guest++) {
      const { zero, still, busy } = sizesOf(full, 1000, dice);
      expect(zero).toBeGreaterThanOrEqual(0);
      expect(still + busy).toBeLessThanOrEqual(500);
    }
  });
});

test('names of contents differ, none is that of the zero page, and the seed makes others', () => {
  const contents = new Contents(1);
  const names = contents.names(contents.fresh(5000), 5000);
  expect(new Set(names).size).toBe(5000);
  expect(names.includes(0n)).toBe(false);
  expect(new Set([...names].map((name) => BigInt.asUintN(32, name))).size).toBe(5000);
  expect(contents.fresh(1)).toBe(5001);
  expect(new Contents(2).names(1, 10)).not.toEqual(names.subarray(0, 10));
});

test('the least frames are what is there if equal contents are one', () => {
  const plans = plansOf(WORLD);
  const contents = new Set(
    plans.flatMap(({ options }) => options.parts.flatMap((part) => [...part.names(0, part.pages)])),
  );
  contents.delete(0n);
  expect(leastFrames(plans)).toBe(contents.size);
});

test('ksmd scans a batch, is busy with it, sleeps, and begins anew', async () => {
  const clock = new VirtualClock();
  const host = await createHost({ memory: '4M', page: 'names', pages: 4096, processes: 8, vmas: 16, seed: 1, clock });
  const guest = host.spawn();
  guest.mmap(0, 1000 * 4096);
  guest.madvise(0, 1000 * 4096, 'MERGEABLE');
  guest.setNames(0, new Contents(1).names(1, 1000));
  Object.assign(host.ksm.settings, { run: 1, pages_to_scan: 100, sleep_millisecs: 30, smart_scan: false });
  const scale = 1000; // 100 pages take 100 · 2 µs · 1000 = 200 ms, and the sleep 30 s
  new VirtualKsmd(host, clock, scale).runTo(4 * 30_200 + 1);
  expect(clock.work).toBe(5 * 100 * PAGE_COST * scale);
  expect(clock.now()).toBe(4 * 30_200 + 1);
  expect(clock.cpu()).toBe(1_000_000_000n);
});

/** Plays a fleet without ksmd. */
async function fleetOn(frames: number, room: number): Promise<{ host: Host; fleet: Fleet }> {
  const limits = { memory: '8M', frames, pages: 4096, processes: 8, vmas: 16 };
  const host = await createHost({ page: 'names', ...limits, seed: 1 });
  return { host, fleet: new Fleet(host, plansOf(WORLD), room) };
}

describe('the fleet', () => {
  test('a guest that does not fit waits until it does', async () => {
    const { host, fleet } = await fleetOn(1600, 512);
    for (let second = 0; second < 600; second++) fleet.run(1);
    expect([fleet.started, fleet.booted, fleet.hasWaited, fleet.hasRunOut]).toEqual([3, 3, true, false]);
    host.processes[0]?.madvise(2 ** 30, 512 * 4096, 'DONTNEED'); // the first guest gives its memory back, and writes only its busy pages
    for (let second = 0; second < 70; second++) fleet.run(1);
    expect(fleet.booted).toBe(4);
    checkHost(host);
  });

  test('guests that are started all the same run out of frames, wait for them, and go on when there are some', async () => {
    const { host, fleet } = await fleetOn(1600, 0);
    for (let second = 0; second < 600; second++) {
      fleet.run(1);
      expect(host.usage().frames).toBeLessThanOrEqual(1600);
    }
    expect([fleet.started, fleet.booted, fleet.hasWaited, fleet.hasRunOut]).toEqual([4, 3, false, true]);
    expect(host.usage().frames).toBe(1600);
    host.processes[1]?.madvise(2 ** 30, 512 * 4096, 'DONTNEED');
    for (let second = 0; second < 70; second++) fleet.run(1);
    expect(fleet.booted).toBe(4);
    checkHost(host);
  });
});

describe('the simulation', () => {
  test('comes out the same for the same seed, and otherwise for another', async () => {
    const [one, two] = [await simulate(WORLD, FAST), await simulate(WORLD, FAST)];
    expect(two).toEqual(one);
    expect((await simulate({ ...WORLD, seed: 4 }, FAST)).samples).not.toEqual(one.samples);
  });

  test('without KSM as many guests run as there is room for, and the next one waits from then on', async () => {
    const outcome = await simulate(WORLD, OFF);
    expect(outcome).toMatchObject({ guests: 3, peak: 3 * 512, load: 0 });
    expect(outcome.waitedAt).toBeGreaterThanOrEqual(180); // each takes a minute to boot, and up to two ticks to be noticed
    expect(outcome.waitedAt).toBeLessThanOrEqual(183);
    expect([outcome.ranOutAt, outcome.doneAt]).toEqual([undefined, undefined]);
  });

  test('with KSM all of them run, in as many frames as there are contents, and never in more than the host has', async () => {
    const outcome = await simulate(WORLD, FAST);
    expect(outcome.guests).toBe(5);
    expect(outcome.doneAt).toBeGreaterThan(295);
    expect(outcome.samples.at(-1)?.frames).toBe(leastFrames(plansOf(WORLD)));
    for (const { frames } of outcome.samples) expect(frames).toBeLessThanOrEqual(outcome.peak);
    expect(outcome.peak).toBeLessThanOrEqual(WORLD.frames);
    expect(outcome.ranOutAt).toBeUndefined();
  });

  test('a world whose records do not fit an engine’s memory is refused before it is made', () => {
    expect(() => expectRoom({ ...WORLD, frames: 2 ** 26 })).toThrow('--scale');
  });
});

describe('the census', () => {
  const page = (byte: number): number[] => Array.from({ length: 4096 }, () => byte);

  async function census(contents: readonly (readonly number[])[], pages: number): ReturnType<typeof censusOf> {
    const folder = mkdtempSync(join(tmpdir(), 'xp52-'));
    try {
      const files = contents.map((bytes, index) => {
        const file = join(folder, `${index}.img`);
        writeFileSync(file, Uint8Array.from(bytes.flatMap(page)));
        return file;
      });
      return await censusOf(files, pages, 1, 1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('with two files what both have, wherever, is common, and other contents are the guest’s own', async () => {
    const { mix, common } = await census(
      [
        [1, 0, 2, 3, 0, 4, 4, 5],
        [9, 3, 0, 1, 7, 4, 6, 6],
      ],
      16,
    );
    expect(common.length).toBe(4); // 1, 3, 4, 4
    expect(new Set(common).size).toBe(3);
    expect([mix.common, mix.kind]).toEqual([4 / 16, 0]);
    expect(mix.still + mix.busy).toBeCloseTo(2 / 16, 12);
    expect(mix.zero).toBeCloseTo(10 / 16, 12);
  });

  test('with one file all but zeros is common, and what is the guest’s own is as in the mix', async () => {
    const { mix, common, line } = await census([[1, 0, 2, 3]], 16);
    expect([common.length, mix.common]).toEqual([3, 3 / 16]);
    expect(mix.still + mix.busy).toBeCloseTo(MIX.still + MIX.busy, 12);
    expect(line).toContain('of 4 pages 1 are zero; 3 others');
  });

  test('a file with more pages than a guest is refused', async () => {
    await expect(census([[1, 2, 3]], 2)).rejects.toThrow('a guest 2');
  });

  test('guests have the pages of the file', async () => {
    const { mix, common } = await census([[1, 0, 2, 3]], 64);
    const [plan] = plansOf({ guests: 1, pages: 64, seed: 1, mix, common });
    expect([...(plan?.options.parts[0]?.names(0, 3) ?? [])]).toEqual([...common]);
  });
});

test('the table and the picture show what came out, and the picture is an SVG that can be read', async () => {
  const run = { ...(await simulate(WORLD, FAST)), wallSeconds: 1, cpuSeconds: 2, memory: 3 * 2 ** 20 };
  const machine = { cpu: 'C', cores: 1, memory: 1, kernel: 'K', node: 'N', v8: 'V', packages: {} };
  const [scale, guestBytes, hostBytes] = [512, 2 ** 30, 2 ** 32];
  const about = { version: 1, date: '2026-01-02T03:04:05.000Z', machine, guests: 5, seconds: 900, seed: 3 } as const;
  const report: Xp52Report = { ...about, scale, guestBytes, hostBytes, leastBytes: 2 ** 31, runs: [run] };
  const lines = formatRuns(report).split('\n');
  expect(lines[0]).toBe('5 guests of 1 GiB in a host with 4 GiB, a page for 512');
  expect(lines[2]).toMatch(/^fast +5 +0:05:\d\d +– +– /);
  expect(lines.at(-1)).toBe('fast: pages_to_scan=5000 use_zero_pages=1');
  const svg = xp52Chart(report);
  expect(malformed(svg)).toBeUndefined();
  expect(svg).toContain('fast (pages_to_scan=5000 use_zero_pages=1): 5 guests');
});

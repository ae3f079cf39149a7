/** Habits of Linux that the engine has too, and what their cures change. The numbers are the specification's, section 2.7 and 5.3. */
import { describe, expect, test } from 'vitest';
import { type Clock, createHost, type HostOptions } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

const PASSES = 120;

/** The pass in which a page alone for `before` passes merges with an equal one that appears then; undefined: not in PASSES passes. */
async function mergesAfter(before: number, options: HostOptions): Promise<number | undefined> {
  const host = await createHost({ memory: '9M', ...options });
  const guest = host.spawn();
  guest.mmap(0, 2 * PAGE);
  guest.madvise(0, 2 * PAGE, 'MERGEABLE');
  host.ksm.settings.run = 1;
  guest.write(0, new Uint8Array(PAGE).fill(7));
  for (let pass = 0; pass < before; pass++) host.ksm.scan(100);
  guest.write(PAGE, new Uint8Array(PAGE).fill(7));
  for (let pass = 1; pass <= PASSES; pass++) {
    host.ksm.scan(100);
    if (host.ksm.counters().pages_sharing === 1) return pass;
  }
  return undefined;
}

describe.each(['content', 'hash'] as const)('smart scan in %s order', (index) => {
  test.each([2, 5, 10, 26, 27, 28, 29, 30, 32])(
    'a page alone for %i passes finds its twin, as on Linux',
    async (before) => {
      const expected: Record<number, number> = { 2: 2, 5: 4, 10: 4, 26: 6, 27: 14, 28: 4, 29: 3, 30: 2, 32: 9 };
      expect(await mergesAfter(before, { index })).toBe(expected[before]);
    },
  );

  test.each([13, 15, 16, 22, 24, 25, 31, 33, 34, 40, 42, 43])('alone for %i passes, it never does', async (before) => {
    expect(await mergesAfter(before, { index })).toBeUndefined();
  });

  test.each([2, 5, 10, 13, 15, 16, 22, 24, 25, 31, 33, 34, 40, 42, 43])('cured, it does after %i', async (before) => {
    expect(await mergesAfter(before, { index, cures: { smartScanPhase: true } })).toBeDefined();
  });
});

/** pages_to_scan after each of `passes` passes of one second that take 1 % of a CPU. */
async function advice(passes: number, options: HostOptions): Promise<number[]> {
  let now = 0;
  const clock: Clock = { now: () => now, cpu: () => BigInt(now) * 10_000n, sleep: async () => {} };
  const host = await createHost({ memory: '9M', clock, ...options });
  const guest = host.spawn();
  guest.mmap(0, PAGE);
  guest.madvise(0, PAGE, 'MERGEABLE');
  guest.write(0, new Uint8Array(PAGE).fill(1));
  const { settings } = host.ksm;
  settings.smart_scan = false;
  settings.advisor_mode = 'scan-time';
  settings.run = 1;
  const seen: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const began = now;
    while (!host.ksm.scan(1).passEnded) now = began + 1000;
    seen.push(settings.pages_to_scan);
  }
  return seen;
}

test('the advisor multiplies pages_to_scan by ten while ksmd takes 1 % CPU, however short a pass is', async () => {
  expect(await advice(3, {})).toEqual([5000, 30000, 30000]);
});

test('cured, it stays at the least that the user asked for', async () => {
  expect(await advice(3, { cures: { advisorFloor: true } })).toEqual([500, 500, 500]);
});

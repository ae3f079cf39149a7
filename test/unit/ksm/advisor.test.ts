/**
 * The advisor against the specification's worked example and series, and against what a running Linux kernel advised
 * (kernel-advisor.json, made by scripts/record-advisor.py).
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  ADVISOR_START,
  type AdvisorSettings,
  type AdvisorState,
  advise,
  endOfPass,
  passCost,
} from '../../../src/ksm/advisor.ts';

const DEFAULTS: AdvisorSettings = {
  advisor_max_cpu: 70n,
  advisor_max_pages_to_scan: 30000n,
  advisor_target_scan_time: 200n,
};

const SECOND = 1_000_000_000n;

/** Plays passes of the given costs (seconds and CPU seconds) from the start; yields pages_to_scan after each. */
function play(settings: AdvisorSettings, start: bigint, costs: readonly [seconds: bigint, cpu_ms: bigint][]): bigint[] {
  let state = ADVISOR_START;
  let pages_to_scan = start;
  let runtime_ns = 0n;
  return costs.map(([seconds, cpu_ms]) => {
    runtime_ns += cpu_ms * 1_000_000n;
    const end = endOfPass(state, settings, { elapsed_ms: seconds * 1000n, runtime_ns, pages_to_scan });
    state = end.state;
    pages_to_scan = end.pages_to_scan;
    return pages_to_scan;
  });
}

describe('the specification', () => {
  test('worked example: 500 pages, 400 s instead of 200 s, 2 % CPU', () => {
    expect(play(DEFAULTS, 500n, [[400n, 8000n]])).toEqual([2500n]);
  });

  test('the smoothed change with constant passes', () => {
    let state: AdvisorState = ADVISOR_START;
    const changes: bigint[] = [];
    for (let pass = 1n; pass <= 14n; pass++) {
      const costs = { elapsed_ms: 5000n, runtime_ns: pass * SECOND, pages_to_scan: 100n };
      state = endOfPass(state, DEFAULTS, costs).state;
      changes.push(state.change);
    }
    expect(changes).toEqual([30n, 51n, 65n, 75n, 82n, 87n, 90n, 93n, 95n, 96n, 97n, 97n, 97n, 97n]);
  });

  test('T18: 50 pages, the first pass charged with 36 s of CPU, then hardly any CPU', () => {
    const idle: [bigint, bigint][] = [
      [1n, 0n],
      [1n, 0n],
      [1n, 0n],
      [1n, 0n],
    ];
    expect(play(DEFAULTS, 500n, [[1n, 36_000n], ...idle])).toEqual([10n, 100n, 1000n, 10000n, 30000n]);
  });

  test('advisor_min_pages_to_scan is no lower bound, and the final cap wins over the CPU floor', () => {
    const capped = { ...DEFAULTS, advisor_max_pages_to_scan: 0n };
    expect(play(capped, 500n, [[1n, 0n]])).toEqual([0n]);
  });
});

describe('the cost of a pass', () => {
  test('is at least one second and one percent', () => {
    expect(passCost(ADVISOR_START, 0n, 0n)).toEqual({ scan_time: 1n, cpu_percent: 1n });
    expect(passCost(ADVISOR_START, 999n, 9_999_999n)).toEqual({ scan_time: 1n, cpu_percent: 1n });
  });

  test('truncates to whole seconds, milliseconds of CPU and percent', () => {
    const state = { ...ADVISOR_START, cpu_time: 3n * SECOND };
    expect(passCost(state, 4999n, 5n * SECOND - 1n)).toEqual({ scan_time: 4n, cpu_percent: 49n });
  });
});

interface KernelCase {
  settings: Record<string, number>;
  start: number;
  passes: [scan_time: number, cpu_percent: number, pages_to_scan: number][];
}

const kernel = JSON.parse(readFileSync(new URL('kernel-advisor.json', import.meta.url), 'utf8')) as {
  cases: Record<string, KernelCase>;
};

describe('a running kernel', () => {
  test.each(Object.entries(kernel.cases))('%s', (_name, { settings, start, passes }) => {
    const setting = (file: string): bigint => BigInt(settings[file] ?? Number.NaN);
    const limits: AdvisorSettings = {
      advisor_max_cpu: setting('advisor_max_cpu'),
      advisor_max_pages_to_scan: setting('advisor_max_pages_to_scan'),
      advisor_target_scan_time: setting('advisor_target_scan_time'),
    };
    expect(BigInt.asUintN(32, setting('advisor_min_pages_to_scan'))).toBe(BigInt(start));

    let state = ADVISOR_START;
    let pages_to_scan = BigInt(start);
    const advised = passes.map(([seconds, percent]) => {
      const cost = { scan_time: BigInt(seconds), cpu_percent: BigInt(percent) };
      const advice = advise(state, limits, cost, BigInt.asUintN(32, pages_to_scan));
      state = { ...state, scan_time: cost.scan_time, change: advice.change };
      pages_to_scan = advice.pages_to_scan;
      return [seconds, percent, Number(pages_to_scan)];
    });
    expect(advised).toEqual(passes);
  });
});

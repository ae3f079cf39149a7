/** The chart of bench sizes: every point lies where its run's figure says, and the one that is kept is drawn from what is kept. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type SizeRun, type SizesReport, sizesChart } from '../../../bench/sizes/chart.ts';
import { malformed } from './xml.ts';

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
const kept = JSON.parse(read('bench/results/sizes.json')) as SizesReport;

function run(gib: number, cpuSeconds: number, share: number, budget?: number): SizeRun {
  const figures = { pages: gib * 1e6, wallSeconds: 1, peakMib: 50 * gib, metadata: 40, savedBytes: 0, bounds: null };
  return { gib, cpuSeconds, share, ...figures, ...(budget === undefined ? {} : { budget }) };
}

test('a line for each budget, sizes by their logarithm from left to right, figures from 0 up', () => {
  const runs = [run(1, 1, 1), run(2, 1, 1), run(4, 2, 1), run(1, 1, 1, 2 ** 27), run(2, 2, 0.5, 2 ** 27)];
  const svg = sizesChart({ ...kept, runs });
  expect(malformed(svg)).toBeUndefined();
  expect(svg).toContain('ksm scan of 1 to 4 GiB');
  expect(svg).toContain('--memory 128.0 MiB; from 2 GiB on a sample');
  const lines = [...svg.matchAll(/<path d="(M[^"]*L[^"]*)" fill="none"/g)].map(([, path = '']) =>
    path
      .slice(1)
      .split('L')
      .map((point) => point.split(' ').map(Number)),
  ); // three panels of two lines each
  expect(lines.map((points) => points.length)).toEqual([3, 2, 3, 2, 3, 2]);
  const [rate = [], sampled = []] = lines;
  const [left = 0, middle = 0, right = 0] = rate.map(([x]) => x);
  expect(middle).toBeCloseTo((left + right) / 2, 1);
  const [one = 0, two = 0, four = 0] = rate.map(([, y]) => y); // 1, 2 and 2 M pages a second
  expect(four).toBe(two);
  expect(two).toBeLessThan(one);
  expect(sampled.map(([, y]) => y)).toEqual([one, one]);
});

test('the chart that is kept is drawn from the results that are kept ("npm run bench -- chart" draws it anew)', () => {
  expect(read('docs/sizes.svg')).toBe(sizesChart(kept));
});

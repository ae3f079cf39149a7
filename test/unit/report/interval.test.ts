/**
 * Bounds of estimates, beside the exact ones of Poisson counts (Garwood 1936), which they become where each content has one of the figure
 * and few are sampled. 95 of 100 are promised; 97.5 are asked for.
 */
import { expect, test } from 'vitest';
import { intervalOf } from '../../../src/report/index.ts';

const WEIGHT = 2 ** 20;
const BEYOND = 0.0125;

/** The chance of at most `count` events where `mean` are expected. */
function atMost(count: number, mean: number): number {
  let [term, sum] = [Math.exp(-mean), 0];
  for (let events = 0; events <= count; events++) {
    sum += term;
    term *= mean / (events + 1);
  }
  return sum;
}

/** The mean for which `chance`, which falls with it, is `wanted`. */
function meanWhere(chance: (mean: number) => number, wanted: number): number {
  let [low, high] = [0, 400];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (chance(middle) > wanted) low = middle;
    else high = middle;
  }
  return low;
}

test.each([0, 1, 2, 10, 100])('%i contents', (contents) => {
  const spread = { sum: contents, squares: contents, most: Math.min(contents, 1) };
  const [low, high] = intervalOf(spread, WEIGHT).map((bound) => bound / WEIGHT) as [number, number];
  const least = contents === 0 ? 0 : meanWhere((mean) => atMost(contents - 1, mean), 1 - BEYOND);
  const most = meanWhere((mean) => atMost(contents, mean), BEYOND);
  // The cube root is good to a percent or two, but for the lowest bounds.
  expect(Math.abs(low - least)).toBeLessThan(Math.max(0.03, least * 0.02));
  expect(Math.abs(high - most)).toBeLessThan(most * 0.02);
});

test('what is in the sample is there, however far the estimate goes', () => {
  expect(intervalOf({ sum: 500, squares: 250_000, most: 500 }, 2)[0]).toBeGreaterThanOrEqual(500);
});

test('one content that has nearly all of it makes the bounds wide', () => {
  const [low, high] = intervalOf({ sum: 1100, squares: 1_000_100, most: 1000 }, 8);
  expect(low).toBe(1100);
  expect(high).toBeGreaterThan(8 * 1100 + 2 * 8 * 1000);
});

/** What reads say of ksmd, beside what ksmd did: measured on Linux 6.18.44, truth in frames (measured.csv). */
import { describe, expect, it } from 'vitest';
import { copiesPerSecond, keptAt, keptBounds } from '../../../src/film/kept.ts';
import { passSeconds, smartPassSeconds } from '../../../src/film/pace.ts';
import { Survival } from '../../../src/film/survival.ts';
import { type MeasuredGroup, measuredGroups } from '../../support/measured.ts';

const all = measuredGroups();
const equal = all.filter(({ content, smart }) => content === 'equal' && !smart);
const settings = [...new Set(equal.map(({ setting }) => setting))];

const estimate = ({ still, pass, place }: MeasuredGroup): number => keptAt(new Survival(still), pass, place);
const errorOf = (group: MeasuredGroup): number => Math.abs(estimate(group) - group.merged);
const sum = (groups: readonly MeasuredGroup[], of: (group: MeasuredGroup) => number): number =>
  groups.reduce((total, group) => total + of(group), 0);

it('has groups of every setting', () => {
  expect(settings.length).toBeGreaterThanOrEqual(4);
  expect(equal.length).toBeGreaterThanOrEqual(10 * settings.length);
});

it('is off by one page in a hundred at most, in half of the groups', () => {
  const errors = equal.map(errorOf).sort((one, other) => one - other);
  expect(errors[errors.length >> 1]).toBeLessThanOrEqual(0.01);
});

it.each([
  ['page', 0.06],
  ['all', 0.15],
])('is never off by more where writes are of scope %s', (scope, most) => {
  const errors = equal.filter((group) => group.scope === scope).map(errorOf);
  expect(errors.length).toBeGreaterThan(0);
  expect(Math.max(...errors)).toBeLessThanOrEqual(most);
});

describe.each(settings)('pages_to_scan/sleep/order %s', (setting) => {
  const groups = equal.filter((group) => group.setting === setting);

  it('adds up within three in a hundred', () => {
    const truth = sum(groups, ({ merged }) => merged);
    expect(Math.abs(sum(groups, estimate) / truth - 1)).toBeLessThanOrEqual(0.03);
  });

  it('foresees the copies within six in a hundred', () => {
    // Both pages of a pair are copied, and there is a pair of pages for each that is saved.
    const copies = ({ still, pass, place, pages }: MeasuredGroup): number =>
      2 * pages * copiesPerSecond(new Survival(still), pass, place);
    const truth = sum(groups, (group) => group.copies);
    expect(Math.abs(sum(groups, copies) / truth - 1)).toBeLessThanOrEqual(0.06);
  });
});

it('bounds what is kept wherever the partner is', () => {
  for (const { still, pass, merged, name } of equal) {
    const [low, high] = keptBounds(new Survival(still), pass);
    expect(low, name).toBeLessThanOrEqual(merged + 0.003);
    expect(high, name).toBeGreaterThanOrEqual(merged - 0.003);
  }
});

it('is not exceeded with smart scan', () => {
  const smart = all.filter(({ content, smart }) => content === 'equal' && smart);
  expect(smart.length).toBeGreaterThan(0);
  for (const { still, pass, merged, name } of smart) {
    expect(merged, name).toBeLessThanOrEqual(new Survival(still).at(pass) + 0.003);
  }
});

it('computes passes as long as the measured ones, or shorter', () => {
  // 36 groups of two processes; 20 ms are 24 with a clock of 250 ticks a second.
  const pages = 36 * 2 * 200;
  for (const [pages_to_scan, measured] of [
    [100, 3.684],
    [1000, 0.48],
    [4000, 0.33],
  ] as const) {
    const computed = passSeconds(pages, { pages_to_scan, sleep_millisecs: 20, smart_scan: false });
    expect(Math.abs(computed - measured)).toBeLessThan(0.1);
  }
});

it('computes a pass of smart scan of a ninth of the pages that are not merged', () => {
  const pace = { pages_to_scan: 1000, sleep_millisecs: 20, smart_scan: true };
  expect(smartPassSeconds(9000, 0, pace)).toBe(passSeconds(1000, pace));
  expect(smartPassSeconds(9000, 900, pace)).toBe(passSeconds(1800, pace));
});

/**
 * Some schedules of `npm run sim` in every test run, and that schedules find what is wrong: guests that leave out a part of the
 * protocol (docs/protocol.md) must not get away with it.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Mistake } from './access.ts';
import { simulationModule } from './build.ts';
import { FOUND } from './found.ts';
import { planFrom, planOf, planText } from './plan.ts';
import { type Conditions, Simulation, type Verdict } from './schedule.ts';
import { shrink } from './shrink.ts';

let simulation: Simulation;

beforeAll(() => {
  simulation = new Simulation(simulationModule());
});

function run(seed: number, options: Partial<Conditions> = {}): Verdict {
  return simulation.run({ seed, ops: 60, hazards: true, mistake: 'none', ...options });
}

test('1000 schedules with deaths, refused allocations and stalls', () => {
  let [deaths, refusals] = [0, 0];
  for (let seed = 1; seed <= 1000; seed++) {
    const { failure, tally } = run(seed);
    expect(failure, `npm run sim -- --seed ${seed}`).toBeUndefined();
    deaths += tally.deaths;
    refusals += tally.refusals;
  }
  expect(deaths).toBeGreaterThan(500);
  expect(refusals).toBeGreaterThan(500);
});

test('500 schedules in which nobody dies, 60 long ones', () => {
  for (let seed = 1; seed <= 500; seed++) {
    expect(run(seed, { hazards: false }).failure, `npm run sim -- --calm --seed ${seed}`).toBeUndefined();
  }
  for (let seed = 1; seed <= 60; seed++) {
    expect(run(seed, { ops: 400 }).failure, `npm run sim -- --ops 400 --seed ${seed}`).toBeUndefined();
  }
});

test.each(FOUND.map(({ what, ...found }) => [what, found] as const))('%s', (_, { seed, plan }) => {
  const operations = planFrom(plan);
  const conditions: Conditions = { seed, ops: operations.length, hazards: true, mistake: 'none' };
  for (let order = 1; order <= 1000; order++) {
    expect(simulation.play(conditions, operations, order).failure, `order ${order}`).toBeUndefined();
  }
});

test('a plan says in text what it is', () => {
  const plan = planOf(1, 200, true);
  expect(planFrom(planText(plan))).toEqual(plan);
});

test('a seed is a schedule: the same steps every time', () => {
  for (const seed of [7, 8, 9]) expect(run(seed)).toEqual(run(seed));
});

describe.each<[Mistake, number]>([
  ['no-recheck', 200],
  ['no-announcement', 1000],
  ['no-epoch', 8000],
])('guests make the mistake %s', (mistake, schedules) => {
  test('and it is found, and shrunk to something shorter that still fails', () => {
    const conditions: Conditions = { seed: 0, ops: 60, hazards: false, mistake };
    let seed = 1;
    while (seed <= schedules && run(seed, { ...conditions, seed }).failure === undefined) seed++;
    expect(seed).toBeLessThanOrEqual(schedules);
    const failing = { ...conditions, seed };
    const small = shrink(simulation, failing, planOf(seed, 60, false));
    expect(small.plan.length).toBeLessThan(30);
    expect(simulation.play(failing, small.plan, small.order)).toEqual(small.verdict);
    expect(small.verdict.failure).toBeDefined();
  });
});

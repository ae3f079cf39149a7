/**
 * Some schedules of `npm run sim` in every test run, and that schedules find what is wrong: guests that leave out a part of the
 * protocol (docs/protocol.md) must not get away with it.
 */
import { beforeAll, expect, test } from 'vitest';
import { simulationModule } from '../../support/build.ts';
import type { Mistake } from './access.ts';
import { expectFound, run } from './checks.ts';
import { planFrom, planOf, planText } from './plan.ts';
import { Simulation } from './schedule.ts';

let simulation: Simulation;

beforeAll(() => {
  simulation = new Simulation(simulationModule());
});

test('75 schedules with deaths, refused allocations and stalls', () => {
  let [deaths, refusals] = [0, 0];
  for (let seed = 1; seed <= 75; seed++) {
    const { failure, tally } = run(simulation, seed);
    expect(failure, `npm run sim -- --seed ${seed}`).toBeUndefined();
    deaths += tally.deaths;
    refusals += tally.refusals;
  }
  expect(deaths).toBeGreaterThan(37);
  expect(refusals).toBeGreaterThan(37);
});

test('50 schedules in which nobody dies, 8 long ones', () => {
  for (let seed = 1; seed <= 50; seed++) {
    expect(run(simulation, seed, { hazards: false }).failure, `npm run sim -- --calm --seed ${seed}`).toBeUndefined();
  }
  for (let seed = 1; seed <= 8; seed++) {
    expect(run(simulation, seed, { ops: 400 }).failure, `npm run sim -- --ops 400 --seed ${seed}`).toBeUndefined();
  }
});

test('a plan says in text what it is', () => {
  const plan = planOf(1, 200, true);
  expect(planFrom(planText(plan))).toEqual(plan);
});

test('a seed is a schedule: the same steps every time', () => {
  for (const seed of [7, 8, 9]) expect(run(simulation, seed)).toEqual(run(simulation, seed));
});

test.each<[Mistake, number]>([
  ['no-recheck', 200],
  ['no-announcement', 1000],
])('guests make the mistake %s, and it is found', (mistake, schedules) => expectFound(simulation, mistake, schedules));

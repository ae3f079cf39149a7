/** What takes many schedules: plans that once found something, in a thousand orders each, and a mistake that is rarely noticed. */
import { beforeAll, expect, test } from 'vitest';
import { simulationModule } from '../../support/build.ts';
import { expectFound, run } from './checks.ts';
import { FOUND } from './found.ts';
import { planFrom } from './plan.ts';
import { type Conditions, Simulation } from './schedule.ts';

let simulation: Simulation;

beforeAll(() => {
  simulation = new Simulation(simulationModule());
});

test('10,000 schedules with deaths, refused allocations and stalls, 5,000 in which nobody dies', () => {
  for (let seed = 1; seed <= 10_000; seed++) {
    expect(run(simulation, seed).failure, `npm run sim -- --seed ${seed}`).toBeUndefined();
    if (seed % 2 === 1) continue;
    expect(run(simulation, seed, { hazards: false }).failure, `npm run sim -- --calm --seed ${seed}`).toBeUndefined();
  }
});

test.each(FOUND.map(({ what, ...found }) => [what, found] as const))('%s', (_, { geometry, plan }) => {
  const operations = planFrom(plan);
  const conditions: Conditions = { seed: 1, geometry, ops: operations.length, hazards: true, mistake: 'none' };
  for (let order = 1; order <= 1000; order++) {
    expect(simulation.play(conditions, operations, order).failure, `order ${order}`).toBeUndefined();
  }
});

test('guests make the mistake no-epoch, and it is found', () => expectFound(simulation, 'no-epoch', 8000));

/** What the tests of the simulation check in few schedules and in many. */
import { expect } from 'vitest';
import type { Mistake } from './access.ts';
import { planOf } from './plan.ts';
import type { Conditions, Simulation, Verdict } from './schedule.ts';
import { shrink } from './shrink.ts';

export const OPS = 60;

/** One schedule, with hazards and without a mistake unless it is said otherwise. */
export function run(simulation: Simulation, seed: number, options: Partial<Conditions> = {}): Verdict {
  return simulation.run({ seed, ops: OPS, hazards: true, mistake: 'none', ...options });
}

/** Guests that make the mistake do not get away with it, and the schedule shrinks to something shorter that still fails. */
export function expectFound(simulation: Simulation, mistake: Mistake, schedules: number): void {
  const conditions: Conditions = { seed: 0, ops: OPS, hazards: false, mistake };
  let seed = 1;
  while (seed <= schedules && run(simulation, seed, { ...conditions, seed }).failure === undefined) seed++;
  expect(seed).toBeLessThanOrEqual(schedules);
  const failing = { ...conditions, seed };
  const small = shrink(simulation, failing, planOf(seed, OPS, false));
  expect(small.plan.length).toBeLessThan(30);
  expect(simulation.play(failing, small.plan, small.order)).toEqual(small.verdict);
  expect(small.verdict.failure).toBeDefined();
}

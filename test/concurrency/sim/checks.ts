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

/**
 * Guests that make the mistake do not get away with it, and a schedule in which it is found shrinks to less than half that still fails. Not
 * every one does: some need many operations before the mistake shows.
 */
export function expectFound(simulation: Simulation, mistake: Mistake, schedules: number): void {
  for (let seed = 1; seed <= schedules; seed++) {
    const failing: Conditions = { seed, ops: OPS, hazards: false, mistake };
    if (run(simulation, seed, failing).failure === undefined) continue;
    const small = shrink(simulation, failing, planOf(seed, OPS, false));
    if (small.plan.length >= OPS / 2) continue;
    expect(simulation.play(failing, small.plan, small.order)).toEqual(small.verdict);
    expect(small.verdict.failure).toBeDefined();
    return;
  }
  expect.unreachable(`${mistake}: not found in ${schedules} schedules, or by none that shrinks`);
}

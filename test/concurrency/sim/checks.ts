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

/** A failing plan shorter than that can be read. */
const SHORT = 30;
/** How many failing schedules are made shorter until one is short: one that hangs on a rare order of steps does not shrink. */
const SHRUNK = 5;

/** Guests that make the mistake do not get away with it, and a schedule shrinks to something short that still fails. */
export function expectFound(simulation: Simulation, mistake: Mistake, schedules: number): void {
  const conditions: Conditions = { seed: 0, ops: OPS, hazards: false, mistake };
  const lengths: number[] = [];
  for (let seed = 1; seed <= schedules && lengths.length < SHRUNK; seed++) {
    const failing = { ...conditions, seed };
    if (run(simulation, seed, failing).failure === undefined) continue;
    const small = shrink(simulation, failing, planOf(seed, OPS, false));
    expect(simulation.play(failing, small.plan, small.order)).toEqual(small.verdict);
    expect(small.verdict.failure).toBeDefined();
    if (small.plan.length < SHORT) return;
    lengths.push(small.plan.length);
  }
  throw new Error(
    `${mistake}: no failing plan of ${schedules} schedules got short; lengths: ${lengths.join(', ') || 'none failed'}`,
  );
}

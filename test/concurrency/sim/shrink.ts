/** Makes a failing plan shorter as long as it fails: drops operations, many at once, then single ones. */
import type { Operation } from './plan.ts';
import type { Conditions, Simulation, Verdict } from './schedule.ts';

/** Who goes on when changes with the plan, so a shorter plan gets several tries to fail. */
const ORDERS = 24;
const MOST_TRIALS = 4000;

export interface Shrunk {
  readonly plan: readonly Operation[];
  /** Seed of who goes on when. */
  readonly order: number;
  readonly verdict: Verdict;
}

/** Failures are of one kind when they say the same but for numbers: a shorter plan must not run into another one. */
function kindOf(verdict: Verdict): string | undefined {
  return verdict.failure?.replace(/\d+/g, 'N').split('\n')[0];
}

function fails(
  simulation: Simulation,
  conditions: Conditions,
  plan: readonly Operation[],
  kind: string | undefined,
  first: number,
): Shrunk | undefined {
  for (let order = first; order < first + ORDERS; order++) {
    const verdict = simulation.play(conditions, plan, order);
    if (verdict.failure !== undefined && kindOf(verdict) === kind) return { plan, order, verdict };
  }
  return undefined;
}

/** The shortest plan that was found; `plan` must fail in the order of the conditions' seed. */
export function shrink(simulation: Simulation, conditions: Conditions, plan: readonly Operation[]): Shrunk {
  const verdict = simulation.play(conditions, plan, conditions.seed);
  let best: Shrunk = { plan, order: conditions.seed, verdict };
  let trials = 0;
  for (let chunk = Math.ceil(plan.length / 2), dropped = false; chunk >= 1 && trials < MOST_TRIALS; ) {
    dropped = false;
    for (let at = best.plan.length - chunk; at > -chunk && trials < MOST_TRIALS; at -= chunk) {
      const from = Math.max(at, 0);
      const shorter = best.plan.toSpliced(from, at + chunk - from);
      const found = fails(simulation, conditions, shorter, kindOf(verdict), best.order);
      trials += ORDERS;
      if (found === undefined) continue;
      best = found;
      dropped = true;
    }
    if (chunk > 1) chunk = Math.floor(chunk / 2);
    else if (!dropped) break;
  }
  return best;
}

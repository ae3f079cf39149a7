/**
 * The places at which a simulation may step in: between any two stores that other threads, or a survivor of a death, could tell apart.
 *
 * In the engine that people use these calls are nothing. The target "simulation" of asconfig.json calls out, so
 * that a scheduler can let others go on, let this thread die right here, or refuse an allocation.
 */
import { STEP_ALLOCATE, STEP_ON, STEP_WAIT } from '../layout';

/** Imported as step.hook, by the simulation build only. */
declare function hook(kind: u32): u32;

export function step(): void {
  if (isDefined(SIMULATION)) hook(STEP_ON);
}

/** This thread waits for another. */
export function stepWait(): void {
  if (isDefined(SIMULATION)) hook(STEP_WAIT);
}

/** Shall this allocation fail? */
export function stepRefuses(): bool {
  if (isDefined(SIMULATION)) return hook(STEP_ALLOCATE) != 0;
  return false;
}

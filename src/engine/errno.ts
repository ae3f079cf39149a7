/**
 * How the engine's functions say that they have failed: the one place that knows.
 *
 * A function that may fail gives back -errno instead of what it was asked for. As a number of 32 bits no address and no frame is as
 * high; a function that gives back nothing gives 0 if it has not failed.
 */
import * as layout from '../../assembly/layout/index.ts';

/** The errno in a result of the engine's; 0 if the call has not failed. Not for counts and other plain numbers. */
export function errnoOf(result: number): number {
  const word = result >>> 0;
  return word > layout.ERRORS_ABOVE ? 2 ** 32 - word : 0;
}

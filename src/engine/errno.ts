/**
 * How the engine's functions say that they have failed: the one place that knows.
 *
 * A function that may fail gives back an errno instead of what it was asked for. Addresses and frames are never as small as an
 * errno; a function that gives back nothing gives 0 where it has not failed.
 */
const ERRNO_END = 4096;

/** The errno in a result of the engine's; 0 where the call has not failed. Not for counts and other plain numbers. */
export function errnoOf(result: number): number {
  const word = result >>> 0;
  return word < ERRNO_END ? word : 0;
}

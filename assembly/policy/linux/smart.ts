/** Smart scan: pages that went unmerged for a while are looked at less often. */
import { countWide, setting } from '../../base/count';
import {
  CURE_SMART_SCAN_PHASE,
  H_CURES,
  H_FULL_SCANS,
  H_PAGES_SKIPPED,
  H_SMART_SCAN,
  STATE_AGE_SHIFT,
  STATE_BYTE,
  STATE_SKIPS_SHIFT,
} from '../../layout';
import { itemUnlink, stateOf, stateSet } from '../../merge/rmap';

/** Passes to skip after a visit at this age. */
function skipsAt(age: u32): u32 {
  return age <= 3 ? 1 : age <= 5 ? 2 : age <= 8 ? 4 : 8;
}

export function smartScanIsOn(): bool {
  return setting(H_SMART_SCAN) != 0;
}

/**
 * Takes a visit of an ordinary page while smart scan is on: its item ages, and where the visit is skipped, which is the result, leaves its
 * tree. Pages in KSM frames neither age nor are skipped: do not ask for them.
 */
export function smartScanSkips(entry: u32): bool {
  let state = stateOf(entry);
  const age = (state >> STATE_AGE_SHIFT) & STATE_BYTE;
  if (age != STATE_BYTE) state += 1 << STATE_AGE_SHIFT;
  if (setting(H_CURES) & CURE_SMART_SCAN_PHASE) return skipsInStep(entry, state, age);
  const skips = (state >> STATE_SKIPS_SHIFT) & STATE_BYTE;
  if (age < 3 || skips == 0) {
    if (age >= 3) state += skipsAt(age) << STATE_SKIPS_SHIFT;
    stateSet(entry, state);
    return false;
  }
  skip(entry, state - (1 << STATE_SKIPS_SHIFT));
  return true;
}

/** The same rates, but all pages of an age are looked at in the same passes. */
function skipsInStep(entry: u32, state: u32, age: u32): bool {
  if (age < 3 || load<u64>(H_FULL_SCANS) % (skipsAt(age) + 1) == 0) {
    stateSet(entry, state);
    return false;
  }
  skip(entry, state);
  return true;
}

function skip(entry: u32, state: u32): void {
  stateSet(entry, state);
  countWide(H_PAGES_SKIPPED, 1);
  itemUnlink(entry);
}

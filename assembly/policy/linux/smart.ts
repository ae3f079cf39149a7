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
import { frameOfPte } from '../../memory/pte';
import { pteOf } from '../../memory/tables';
import { frameIsKsm } from '../../merge/ksm-frame';
import { itemUnlink, stateOf, stateSet } from '../../merge/rmap';

/** Visits before the first that is skipped. */
const YOUNG: u32 = 3;

export function smartScanIsOn(): bool {
  return setting(H_SMART_SCAN) != 0;
}

/**
 * An ordinary page is visited while smart scan is on: its item ages. False if the visit is skipped; then the item leaves its tree. Pages in
 * KSM frames neither age nor are skipped: do not ask for them.
 */
export function smartScanVisit(entry: u32): bool {
  const state = stateOf(entry);
  if (!ASC_NO_ASSERT) assert(!frameIsKsm(frameOfPte(pteOf(entry))));
  const skipped = isSkipped(state);
  stateSet(entry, aged(state, skipped));
  if (!skipped) return true;
  countWide(H_PAGES_SKIPPED, 1);
  itemUnlink(entry);
  return false;
}

function ageOf(state: u32): u32 {
  return (state >> STATE_AGE_SHIFT) & STATE_BYTE;
}

/** Visits that are still skipped. */
function skipsLeft(state: u32): u32 {
  return (state >> STATE_SKIPS_SHIFT) & STATE_BYTE;
}

/** Visits to skip after one at this age. */
function skipsAt(age: u32): u32 {
  return age <= 3 ? 1 : age <= 5 ? 2 : age <= 8 ? 4 : 8;
}

/** Do all pages of an age skip the same passes? The rates are the same. */
function isInStep(): bool {
  return (setting(H_CURES) & CURE_SMART_SCAN_PHASE) != 0;
}

/** Is the visit of an item with this state skipped? */
function isSkipped(state: u32): bool {
  const age = ageOf(state);
  if (age < YOUNG) return false;
  return isInStep() ? load<u64>(H_FULL_SCANS) % (skipsAt(age) + 1) != 0 : skipsLeft(state) != 0;
}

/** The state after a visit that was made or skipped. */
function aged(state: u32, skipped: bool): u32 {
  const age = ageOf(state);
  const older = age == STATE_BYTE ? state : state + (1 << STATE_AGE_SHIFT);
  if (age < YOUNG || isInStep()) return older;
  if (!ASC_NO_ASSERT) assert(skipped == (skipsLeft(state) != 0));
  return skipped ? older - (1 << STATE_SKIPS_SHIFT) : older + (skipsAt(age) << STATE_SKIPS_SHIFT);
}

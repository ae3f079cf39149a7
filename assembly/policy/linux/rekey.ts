/**
 * Another key for the keyed hash: of a machine that was restored from a snapshot without one (docs/snapshot-format.md).
 *
 * What was hashed with the old key means nothing any more. So every page counts as never seen, which needs no hash to be
 * known, and the stable trees are sorted anew by the new checksums of their frames. What is merged stays merged.
 */
import { CHECKSUM_XXH64, H_PAGES_UNSHARED, STATE_FRESH, STATE_ITEM, STATE_STABLE, TABLE_BITS } from '../../layout';
import { isHashOrder } from '../../merge/order';
import { stableResort } from '../../merge/resort';
import { itemOf, stateOf, stateSet } from '../../merge/rmap';
import { pagesRekey } from '../../page/page';
import { freeLeaves } from '../../records/free-list';
import { header } from '../../records/header';
import { batchesCut } from '../../scan/scanner';
import { unstableClear } from './unstable';

/** Draws the key from a 64-bit seed. If checksums are XXH64, nothing depends on the key, and nothing else changes. */
export function rekey(seedLow: u32, seedHigh: u32): void {
  pagesRekey(seedLow, seedHigh);
  if (header.checksum == CHECKSUM_XXH64) return;
  batchesCut(); // their windows have checksums of the old key
  itemsForget();
  if (isHashOrder()) stableResort();
}

/** Every item becomes as a new one, but those of merged pages stay on their nodes. */
function itemsForget(): void {
  const end = freeLeaves.fresh << TABLE_BITS;
  for (let entry: u32 = 1 << TABLE_BITS; entry < end; entry++) {
    const state = stateOf(entry);
    if (!(state & STATE_ITEM)) continue;
    stateSet(entry, (state & (STATE_ITEM | STATE_STABLE)) | STATE_FRESH);
    itemOf(entry).checksum = 0;
  }
  unstableClear();
  store<u32>(H_PAGES_UNSHARED, 0);
}

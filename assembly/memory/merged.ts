/**
 * What the machine counts for merging, as Linux's does: ptes to which the zero frame came in place of an equal frame, and copies of kept
 * frames. Only a pte says the first (PTE_MERGED), so only who takes ptes away and copies them can count.
 */
import { count, countWide } from '../base/count';
import { H_COW_KSM, H_KSM_ZERO_PAGES } from '../layout';
import { Mm } from '../records/mm';

/** The zero frame came to one more (1) or one less (-1) page of `mm` in place of an equal frame. */
export function countMergedZero(mm: Mm, change: i32): void {
  count(H_KSM_ZERO_PAGES, change);
  mm.zeroPages += change;
  if (!ASC_NO_ASSERT) assert(<i32>mm.zeroPages >= 0);
}

/** A page got a copy of the kept frame that it mapped. */
export function countKeptCopy(): void {
  countWide(H_COW_KSM, 1);
}

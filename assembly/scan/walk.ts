/**
 * The walk of a scanner's cursor over page tables, leaf by leaf. The loop over the pages of a leaf is a policy's own: it knows what it
 * looks for. Here is what all such loops have in common.
 */
import { MM_PAGES, PTE_FRAME_SHIFT, PTE_MERGED, STATE_ITEM, STATE_STABLE, TABLE_BITS, TURN_GONE } from '../layout';
import { isMerged } from '../memory/pte';
import { entryMm, nextMappedPage } from '../memory/tables';
import { itemFree, stateOf } from '../merge/rmap';
import { Mm } from '../records/mm';
import { Scanner, Window } from '../records/scanner';
import { turnSet } from './window';

/**
 * Moves the cursor to the next page before `end` that has a leaf; to `end` if there is none. Returns how many pages from there on are of
 * that leaf and before `end`: 0 at `end`.
 */
export function leafNext(scanner: Scanner, mm: Mm, end: u32): u32 {
  const page = nextMappedPage(mm, scanner.page, end);
  scanner.page = page;
  if (!ASC_NO_ASSERT) {
    assert(page <= end);
    assert(end <= MM_PAGES);
  }
  return min(((page >> TABLE_BITS) + 1) << TABLE_BITS, end) - page;
}

/**
 * How many of the ptes from address `ptes` on, at most `limit`, are settled before one is not. A loop of its own, four at a time, because
 * once everything is merged a pass is little else (bench/scan, passes over merged memory: less than half the time).
 */
export function settledRun(ptes: usize, limit: u32): u32 {
  const merged = i32x4.splat(PTE_MERGED);
  let run: u32 = 0;
  while (run + 4 <= limit && areMerged(v128.load(ptes + (run << 2)), merged)) run += 4;
  while (run < limit && isMerged(load<u32>(ptes + (run << 2)))) run++;
  return run;
}

/** isMerged of four ptes: each has the flag, and maps another frame than the zero frame. */
function areMerged(ptes: v128, merged: v128): bool {
  return i32x4.all_true(i32x4.min_u(v128.and(ptes, merged), i32x4.shr_u(ptes, PTE_FRAME_SHIFT)));
}

/** The entries are of one leaf of `mm`. */
export function expectRun(mm: Mm, first: u32, pages: u32): void {
  assert(pages > 0);
  assert(first >> TABLE_BITS == (first + pages - 1) >> TABLE_BITS);
  assert(entryMm(first) == mm);
}

/**
 * Looks at `pages` entries from `first` on, which nobody scans: only items that are left
 * over there matter. Returns how many it got through.
 */
export function gapRun(window: Window, mm: Mm, first: u32, pages: u32): u32 {
  let count = window.count;
  if (!ASC_NO_ASSERT) {
    assert(count <= window.room);
    expectRun(mm, first, pages);
  }
  let index: u32 = 0;
  for (; index < pages && count != window.room; index++) {
    const entry = first + index;
    const state = stateOf(entry);
    if (!(state & STATE_ITEM)) continue;
    if (state & STATE_STABLE) turnSet(window, count++, entry | TURN_GONE);
    else itemFree(mm, entry);
  }
  window.count = count;
  return index;
}

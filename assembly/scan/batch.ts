/**
 * ksmd's batch: at most so many pages, in the order of the slots, ending with the pass where the pass ends.
 *
 * Three phases over a window of pages: select (scan/select), fingerprint (pure reading), decide (in scan order). The result is
 * that of taking the pages one by one.
 */

import { lockIsHeldBy, lockYield } from '../concurrent/lock';
import { isConcurrent } from '../concurrent/workers';
import {
  H_CURSOR_PAGE,
  H_CURSOR_SLOT,
  H_FULL_SCANS,
  H_LIMBO,
  H_MERGE_ACROSS_NODES,
  H_NOW,
  H_PAGES_SCANNED,
  H_RUN,
  H_SCANNERS,
  H_SCANNING,
  ITEM_CHECKSUM,
  LOCK,
  MM_EXITED,
  MM_FLAGS,
  MM_PAGES,
  MM_SLOT_NEXT,
  PTE_FRAME,
  SCAN_BUSY,
  SCAN_PASS_ENDED,
  SCANNING_CUT,
  SLOTS,
  STATE_ITEM,
  TABLE_BITS,
  WINDOW_ANY,
  WINDOW_BYTES,
  WINDOW_CHECKSUMS,
  WINDOW_CLEAN,
  WINDOW_COUNT,
  WINDOW_ENTRIES,
  WINDOW_GONE,
  WINDOW_KIND,
  WINDOW_ORDINARY,
  WINDOW_PAGES,
  WINDOW_PAGES_MAX,
  WINDOW_TAKEN,
  WINDOWS,
} from '../layout';
import { frameIsKsm, limboDrain, zeroFrame } from '../memory/frames';
import { mmFree } from '../memory/mm';
import { entryFind, entryMm, entryPage, leafTrim, nextMappedPage, pteOf } from '../memory/tables';
import { hashForget } from '../merge/checksum';
import { mergeAnyPage, mergeOrdinaryPage } from '../merge/merge';
import { isHashOrder } from '../merge/order';
import { itemFree, itemOf, itemUnlink, stateOf } from '../merge/rmap';
import { pruneWaiting } from '../merge/stable';
import { unstableClear } from '../merge/unstable';
import { isCut, isInterrupted, isStillOrdinary, isStillWanted, lockPause, lockResume } from './beside';
import { fingerprint, jobFinish, jobPost } from './fingerprint';
import { fetchPartners, lookAhead } from './look-ahead';
import { selectPages } from './select';
import { slotRemove } from './slots';
import { smartScanSkips } from './smart';

/**
 * Processes at most `pages` pages. `now` is the caller's clock in milliseconds. Returns the number processed, with
 * SCAN_PASS_ENDED where the pass ended, which ends the batch too. SCAN_BUSY, and nothing done, while another batch is under way;
 * 0 where `run` is not 1, which another thread may have written a moment ago.
 */
export function scanBatch(pages: u32, now: u32): u32 {
  if (load<u32>(H_SCANNING)) return SCAN_BUSY;
  if (pages == 0 || load<u32>(H_RUN) != 1 || load<u32>(SLOTS, MM_SLOT_NEXT) == SLOTS) return 0;
  const self = load<u32>(LOCK);
  store<u32>(H_SCANNING, self + 1);
  const result = batch(pages, now, self);
  if (lockIsHeldBy(self) && (load<u32>(H_SCANNING) & ~SCANNING_CUT) == self + 1) store<u32>(H_SCANNING, 0);
  return result;
}

/** The batch of worker `self`. One that was taken for dead while it had let the lock go changes nothing but checksums of its window. */
function batch(pages: u32, now: u32, self: u32): u32 {
  if (load<u32>(H_LIMBO)) limboDrain();
  store<u32>(H_NOW, now);
  if (load<u32>(H_CURSOR_SLOT) == SLOTS) beginPass();
  let done: u32 = 0;
  let passEnded: bool = false;
  while (done < pages && !passEnded) {
    const mm: usize = load<u32>(H_CURSOR_SLOT);
    if (load<u32>(mm, MM_FLAGS) & MM_EXITED) {
      passEnded = leaveMm(mm, true);
      continue;
    }
    const budget = pages - done;
    const result =
      load<u32>(H_SCANNERS) > 1 && budget > WINDOW_PAGES ? scanWithHelp(mm, budget, self) : scanAlone(mm, budget, self);
    done += result & ~MM_ENDED;
    if (isInterrupted(mm, self)) break;
    if (result & MM_ENDED) passEnded = leaveMm(mm, false);
  }
  if (lockIsHeldBy(self)) store<u64>(H_PAGES_SCANNED, load<u64>(H_PAGES_SCANNED) + done);
  return passEnded ? done | SCAN_PASS_ENDED : done;
}

/** How many partners are fetched together; a power of two, earned by bench/scan. */
const FETCH_PAGES: u32 = 4;
/** Flag in the results below: the walk reached the end of the mm. */
const MM_ENDED: u32 = 0x80000000;

/** One window, by this thread. Returns the pages processed. */
function scanAlone(mm: usize, budget: u32, self: u32): u32 {
  const ended = selectPages(mm, WINDOWS, WINDOW_PAGES, turnOf(budget), true);
  const count = load<u32>(WINDOWS, WINDOW_COUNT);
  const paused = lockPause(count, self);
  fingerprint(WINDOWS, 0, count);
  lockResume(paused, self);
  const done = decide(WINDOWS, mm, self);
  return ended ? done | MM_ENDED : done;
}

/** Beside guests: pages that one walk may take at once, so that nobody waits long for it. */
const TURN_PAGES: u32 = 4096;

function turnOf(budget: u32): u32 {
  return isConcurrent() ? min(budget, TURN_PAGES) : budget;
}

/**
 * The rest of the mm, with other threads computing checksums. While this thread decides on one window, they are at the next,
 * which was selected before: that is as good as after, for the same reasons as within a window (scan/select).
 */
function scanWithHelp(mm: usize, budget: u32, self: u32): u32 {
  let window: u32 = 0;
  let ended = selectPages(mm, WINDOWS, WINDOW_PAGES_MAX, turnOf(budget), true);
  let promised = load<u32>(WINDOWS, WINDOW_TAKEN);
  let done: u32 = 0;
  let goesOn: bool = true;
  let job = jobPost(window);
  while (goesOn) {
    const paused = lockPause(load<u32>(WINDOWS + window * WINDOW_BYTES, WINDOW_COUNT), self);
    jobFinish(WINDOWS + window * WINDOW_BYTES, job);
    lockResume(paused, self);
    const decided: usize = WINDOWS + window * WINDOW_BYTES;
    goesOn = !ended && promised < budget && !isInterrupted(mm, self);
    if (goesOn) {
      window ^= 1;
      const selected: usize = WINDOWS + window * WINDOW_BYTES;
      const inTurn = load<u32>(decided, WINDOW_COUNT) == 0;
      ended = selectPages(mm, selected, WINDOW_PAGES_MAX, turnOf(budget - promised), inTurn);
      promised += load<u32>(selected, WINDOW_TAKEN);
      job = jobPost(window);
    }
    done += decide(decided, mm, self);
  }
  return ended ? done | MM_ENDED : done;
}

function beginPass(): void {
  if (!load<u32>(H_MERGE_ACROSS_NODES)) pruneWaiting();
  if (!isHashOrder()) unstableClear();
  store<u32>(H_CURSOR_SLOT, load<u32>(SLOTS, MM_SLOT_NEXT));
  store<u32>(H_CURSOR_PAGE, 0);
}

/** Third phase: every page of `mm` in its turn. Returns how many pages were processed, the settled ones included. */
function decide(window: usize, mm: usize, self: u32): u32 {
  if (!lockIsHeldBy(self)) return 0;
  const count = load<u32>(window, WINDOW_COUNT);
  const zero = zeroFrame();
  const fetches = lookAhead(window);
  const isBeside = isConcurrent();
  let processed = load<u32>(window, WINDOW_TAKEN);
  for (let index: u32 = 0; index < count; index++) {
    if (fetches && (index & (FETCH_PAGES - 1)) == 0) fetchPartners(index, min(index + FETCH_PAGES, count));
    const selected = load<u32>(window + (index << 2), WINDOW_ENTRIES);
    let kind = selected & WINDOW_KIND;
    const entry = selected & ~WINDOW_KIND;
    if (isBeside) {
      lockYield(self);
      if (isInterrupted(mm, self)) {
        if (lockIsHeldBy(self)) turnBack(window, index, mm, self);
        return processed - min(processed, count - index);
      }
      if (!isStillWanted(mm, entry, kind)) {
        if (isItemOf(mm, entry)) giveUp(entry);
        if (kind != WINDOW_GONE) processed--;
        continue;
      }
      if (!isStillOrdinary(entry) && kind != WINDOW_GONE) {
        if (kind == WINDOW_ORDINARY) hashForget(entry);
        kind = WINDOW_ANY;
      }
    }
    const frame: usize = pteOf(entry) & PTE_FRAME;
    if (kind == WINDOW_GONE) {
      itemFree(entryMm(entry), entry);
    } else if (frame == zero) {
      itemFree(entryMm(entry), entry); // a split has put the zero frame there since the page was selected
      processed--;
    } else if (kind == WINDOW_ORDINARY) {
      mergeOrdinaryPage(entry, frame, load<u32>(window + (index << 2), WINDOW_CHECKSUMS));
    } else if (kind == WINDOW_CLEAN) {
      mergeOrdinaryPage(entry, frame, load<u32>(itemOf(entry), ITEM_CHECKSUM));
    } else if (!frameIsKsm(frame) && smartScanSkips(entry)) {
      processed--;
    } else {
      mergeAnyPage(entry);
    }
  }
  return processed;
}

/** Is there still an item of `mm` at `entry`? */
function isItemOf(mm: usize, entry: u32): bool {
  return (stateOf(entry) & STATE_ITEM) != 0 && entryMm(entry) == mm;
}

/** The page is no candidate any more. It has had its turn, so it is not in the unstable tree either. */
function giveUp(entry: u32): void {
  hashForget(entry);
  itemUnlink(entry);
}

/**
 * The batch was interrupted. If the pass was only stopped (run is 0), it goes on with thing `index` of `window`; in any case pages are read
 * again.
 */
function turnBack(window: usize, index: u32, mm: usize, self: u32): void {
  const count = load<u32>(window, WINDOW_COUNT);
  const first = load<u32>(window + (index << 2), WINDOW_ENTRIES) & ~WINDOW_KIND;
  const isThere = !isCut(self) && !(load<u32>(mm, MM_FLAGS) & MM_EXITED) && isItemOf(mm, first);
  if (isThere) store<u32>(H_CURSOR_PAGE, min(entryPage(first), load<u32>(H_CURSOR_PAGE)));
  for (; index < count; index++) {
    const entry = load<u32>(window + (index << 2), WINDOW_ENTRIES) & ~WINDOW_KIND;
    if (isItemOf(mm, entry)) hashForget(entry);
  }
}

/** Moves the cursor from `mm` to the next slot. True where that ended the pass. */
function leaveMm(mm: usize, exited: bool): bool {
  if (exited) store<u32>(H_CURSOR_PAGE, 0);
  const page = load<u32>(H_CURSOR_PAGE);
  itemsFree(mm, page);
  const next = load<u32>(mm, MM_SLOT_NEXT);
  store<u32>(H_CURSOR_SLOT, next);
  store<u32>(H_CURSOR_PAGE, 0);
  if (page == 0) {
    slotRemove(mm); // it ended, or not one mergeable mapping was met
    if (exited) mmFree(mm);
  }
  if (next != SLOTS) return false;
  store<u64>(H_FULL_SCANS, load<u64>(H_FULL_SCANS) + 1);
  return true;
}

/** Frees the items of `mm` from `page` on, and the leaves that are empty then. */
export function itemsFree(mm: usize, page: u32): void {
  for (page = nextMappedPage(mm, page, MM_PAGES); page < MM_PAGES; page = nextMappedPage(mm, page, MM_PAGES)) {
    const leafEnd = ((page >> TABLE_BITS) + 1) << TABLE_BITS;
    for (let entry = entryFind(mm, page), left = leafEnd - page; left != 0; left--, entry++) {
      if (stateOf(entry) & STATE_ITEM) itemFree(mm, entry);
    }
    leafTrim(mm, page);
    page = leafEnd;
  }
}

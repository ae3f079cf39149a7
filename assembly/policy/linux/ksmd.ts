/**
 * ksmd's batch: at most so many pages, in the order of the slots. It ends if the pass ends.
 *
 * Three phases over a window of pages: select (select.ts), fingerprint (pure reading), decide (decide.ts, in scan order). The result is
 * that of taking the pages one by one.
 */

import { counted, countWide, setting } from '../../base/count';
import { lockIsHeldBy } from '../../concurrent/lock';
import { isConcurrent } from '../../concurrent/workers';
import {
  H_FULL_SCANS,
  H_MERGE_ACROSS_NODES,
  H_PAGES_SCANNED,
  H_PAGES_SHARED,
  H_PAGES_SHARING,
  H_RUN,
  LOCK,
  MM_EXITED,
  MM_PAGES,
  SCAN_BUSY,
  SCAN_PASS_ENDED,
  STATE_ITEM,
  TABLE_BITS,
  WINDOW_PAGES,
  WINDOW_PAGES_MAX,
} from '../../layout';
import { limboDrain } from '../../memory/frames';
import { mmFree } from '../../memory/mm';
import { entryFind, leafTrim, nextMappedPage } from '../../memory/tables';
import { isHashOrder } from '../../merge/order';
import { itemFree, stateOf } from '../../merge/rmap';
import { pruneWaiting } from '../../merge/stable';
import { header } from '../../records/header';
import { Mm, slots } from '../../records/mm';
import { Scanner } from '../../records/scanner';
import { lockPause, lockResume } from '../../scan/beside';
import { fingerprint } from '../../scan/fingerprint';
import { jobFinish, jobPost } from '../../scan/jobs';
import { mayMeet } from '../../scan/meet';
import { batchBegin, batchEnd, windowOf } from '../../scan/scanner';
import { windowOpen } from '../../scan/window';
import { decide, isInterrupted } from './decide';
import { linuxScanner } from './scanner';
import { selectPages } from './select';
import { slotRemove } from './slots';
import { unstableClear } from './unstable';

/**
 * Processes at most `pages` pages. `now` is the caller's clock in milliseconds. Returns the number processed, with SCAN_PASS_ENDED if the
 * pass ended, which ends the batch too. SCAN_BUSY, and nothing done, if another batch is under way. 0 if `run` is not 1: another thread may
 * have written it a moment ago.
 */
export function scanBatch(pages: u32, now: u32): u32 {
  const scanner = linuxScanner();
  if (scanner.busy != 0) return SCAN_BUSY;
  if (pages == 0 || setting(H_RUN) != 1 || slots.slotNext == slots) return 0;
  const self = load<u32>(LOCK);
  batchBegin(scanner, self);
  header.now = now;
  const result = batch(scanner, pages, self);
  batchEnd(scanner, self);
  return result;
}

/** The batch of worker `self`. If it was taken for dead while it had let the lock go, the batch changes only checksums of its window. */
function batch(scanner: Scanner, pages: u32, self: u32): u32 {
  if (header.limbo) limboDrain();
  if (scanner.slot == slots) passBegin(scanner);
  let done: u32 = 0;
  let passEnded: bool = false;
  while (done < pages && !passEnded) {
    const mm = scanner.slot;
    if (mm.flags & MM_EXITED) {
      passEnded = leaveEnded(scanner, mm);
      continue;
    }
    const result = scanMm(scanner, mm, pages - done, self);
    done += result & ~MM_ENDED;
    if (isInterrupted(scanner, mm, self)) break;
    if (result & MM_ENDED) passEnded = leaveMm(scanner, mm);
  }
  if (lockIsHeldBy(self)) countWide(H_PAGES_SCANNED, done);
  return passEnded ? done | SCAN_PASS_ENDED : done;
}

function passBegin(scanner: Scanner): void {
  if (!setting(H_MERGE_ACROSS_NODES)) pruneWaiting();
  if (!isHashOrder()) unstableClear();
  scanner.slot = slots.slotNext;
  scanner.page = 0;
}

/** Flag in the results below: the walk reached the end of the mm. */
const MM_ENDED: u32 = 0x80000000;

/** A piece of `mm`, at most `budget` pages of it, from the cursor on. Returns the pages processed. */
function scanMm(scanner: Scanner, mm: Mm, budget: u32, self: u32): u32 {
  return scanner.threads > 1 && budget > WINDOW_PAGES
    ? scanWithHelp(scanner, mm, budget, self)
    : scanAlone(scanner, mm, budget, self);
}

/** One window, by this thread. */
function scanAlone(scanner: Scanner, mm: Mm, budget: u32, self: u32): u32 {
  const window = windowOf(scanner, 0);
  windowOpen(window, WINDOW_PAGES, walkBudget(budget), 0, false);
  const ended = selectPages(scanner, window, mm);
  const paused = lockPause(window.count, self);
  fingerprint(window, 0, window.count);
  lockResume(paused, self);
  const done = decide(scanner, window, mm, self);
  return ended ? done | MM_ENDED : done;
}

/** Beside guests: pages that one walk may take at once, so that nobody waits long for it. */
const WALK_PAGES: u32 = 4096;

function walkBudget(budget: u32): u32 {
  return isConcurrent() ? min(budget, WALK_PAGES) : budget;
}

/** One page in so many has to merge, else to look for partners ahead of the turns costs more than it saves (bench/threads, unique). */
const MEETS_PAYING: u32 = 8;

function mergedPages(): u32 {
  return counted(H_PAGES_SHARED) + counted(H_PAGES_SHARING);
}

/**
 * The rest of the mm, with other threads computing checksums and, where pages merge often, comparing. While this thread decides on one
 * window, they are at the next. To select that one before is as good as after, for the same reasons as within a window (select.ts).
 */
function scanWithHelp(scanner: Scanner, mm: Mm, budget: u32, self: u32): u32 {
  let meets = mayMeet();
  let number: u32 = 0;
  let window = windowOf(scanner, number);
  windowOpen(window, WINDOW_PAGES_MAX, walkBudget(budget), 0, meets);
  let ended = selectPages(scanner, window, mm);
  let promised = window.taken;
  let done: u32 = 0;
  let goesOn: bool = true;
  let job = jobPost(scanner, number);
  while (goesOn) {
    const paused = lockPause(window.count, self);
    jobFinish(scanner, window, job);
    lockResume(paused, self);
    const hashed = window;
    goesOn = !ended && promised < budget && !isInterrupted(scanner, mm, self);
    if (goesOn) {
      number ^= 1;
      window = windowOf(scanner, number);
      windowOpen(window, WINDOW_PAGES_MAX, walkBudget(budget - promised), hashed.count, meets);
      ended = selectPages(scanner, window, mm);
      promised += window.taken;
      job = jobPost(scanner, number);
    }
    const merged = mergedPages();
    done += decide(scanner, hashed, mm, self);
    meets = mayMeet() && (mergedPages() - merged) * MEETS_PAYING >= hashed.count;
  }
  return ended ? done | MM_ENDED : done;
}

/** The walk has come to the end of `mm`: its cursor goes to the next slot. True if that ended the pass. */
function leaveMm(scanner: Scanner, mm: Mm): bool {
  const page = scanner.page;
  itemsFree(mm, page);
  const passEnded = cursorNext(scanner, mm);
  if (page == 0) slotRemove(mm); // not one mergeable mapping was met
  return passEnded;
}

/** The process of `mm` has ended, and its memory is gone. Now its items go, and `mm` itself. True if that ended the pass. */
function leaveEnded(scanner: Scanner, mm: Mm): bool {
  itemsFree(mm, 0);
  const passEnded = cursorNext(scanner, mm);
  slotRemove(mm);
  mmFree(mm);
  return passEnded;
}

/** Moves the cursor from `mm` to the next slot. True if that ended the pass. */
function cursorNext(scanner: Scanner, mm: Mm): bool {
  const next = mm.slotNext;
  scanner.slot = next;
  scanner.page = 0;
  if (next != slots) return false;
  countWide(H_FULL_SCANS, 1);
  return true;
}

/** Frees the items of `mm` from `page` on, and the leaves that are empty then. */
export function itemsFree(mm: Mm, page: u32): void {
  for (page = nextMappedPage(mm, page, MM_PAGES); page < MM_PAGES; page = nextMappedPage(mm, page, MM_PAGES)) {
    const leafEnd = ((page >> TABLE_BITS) + 1) << TABLE_BITS;
    for (let entry = entryFind(mm, page), left = leafEnd - page; left != 0; left--, entry++) {
      if (stateOf(entry) & STATE_ITEM) itemFree(mm, entry);
    }
    leafTrim(mm, page);
    page = leafEnd;
  }
}

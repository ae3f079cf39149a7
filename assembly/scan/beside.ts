/**
 * The scanner beside guests: it lets the lock go while it hashes and, if somebody wants it, between two pages (docs/protocol.md).
 * So what a window says of a page may be out of date by the page's turn, and the whole batch may have lost its ground: the
 * process ended, or `run` was written. Here that is found out.
 *
 * What a window holds on to: every page in it has an rmap item, and only the scanner and `run` = 2 free items. While the batch is not
 * interrupted an entry is therefore still an entry of the same mm.
 */

import { lockDrop, lockIsHeldBy, lockTakeLast } from '../concurrent/lock';
import { isConcurrent, workerReads } from '../concurrent/workers';
import {
  H_FRAME_WORDS,
  H_FRAMES,
  H_RUN,
  H_SCANNING,
  MM_EXITED,
  MM_FLAGS,
  PAGE_SHIFT,
  PTE_FRAME,
  PTE_PRESENT,
  PTE_SHARED,
  SCANNING_CUT,
  STATE_ITEM,
  STATE_STABLE,
  VM_MERGEABLE,
  WINDOW_GONE,
} from '../layout';
import { entryMm, entryPage, pteOf } from '../memory/tables';
import { vmaFind, vmaFlags } from '../memory/vmas';
import { stateOf } from '../merge/rmap';
import { step } from '../step';

/**
 * Lets the lock go while `things` things of a window are hashed, if there are others. Not for an empty window: that there was nothing to
 * see must still be true when the mm's slot is removed for it. Returns whether it did. Worker `self` has the lock.
 */
export function lockPause(things: u32, self: u32): bool {
  if (things == 0 || !isConcurrent()) return false;
  workerReads(self, true);
  const paused = lockDrop(self);
  if (!paused) workerReads(self, false);
  step();
  return paused;
}

export function lockResume(paused: bool, self: u32): void {
  if (!paused) return;
  lockTakeLast(self);
  workerReads(self, false);
}

/**
 * Somebody takes the cursor away from the batch under way, if there is one: it must not go on where it was. That the cursor is elsewhere
 * would not tell it: until it looks, the cursor may be back, and at another process in the same record.
 */
export function batchCut(): void {
  const scanning = load<u32>(H_SCANNING);
  if (scanning != 0) store<u32>(H_SCANNING, scanning | SCANNING_CUT);
}

/**
 * Has somebody taken the cursor away, or even forgotten of the batch, since it began? Worker `self` runs it, and has the lock unless it was
 * taken for dead meanwhile.
 */
export function isCut(self: u32): bool {
  return load<u32>(H_SCANNING) != self + 1 || !lockIsHeldBy(self);
}

/** Is the scanner no more where it was? Then its window means nothing. */
export function isInterrupted(mm: usize, self: u32): bool {
  return isCut(self) || load<u32>(H_RUN) != 1 || (load<u32>(mm, MM_FLAGS) & MM_EXITED) != 0;
}

/** Is the page still there, and still KSM's business? What has gone is left to the next pass. */
export function isStillWanted(mm: usize, entry: u32, kind: u32): bool {
  const state = stateOf(entry);
  if (!(state & STATE_ITEM) || entryMm(entry) != mm) return false;
  const isPage = (pteOf(entry) & (PTE_PRESENT | PTE_SHARED)) == PTE_PRESENT;
  if (kind == WINDOW_GONE) return !isPage;
  if (!isPage) return false;
  const vma = vmaFind(mm, entryPage(entry));
  return vma != 0 && (vmaFlags(vma) & VM_MERGEABLE) != 0;
}

/** Does nothing but this one pte refer to the page's frame, and is its item in no stable node? */
export function isStillOrdinary(entry: u32): bool {
  const pte = pteOf(entry);
  if (!(pte & PTE_PRESENT)) return false;
  const index = ((pte & PTE_FRAME) - load<u32>(H_FRAMES)) >> PAGE_SHIFT;
  return load<u32>(load<u32>(H_FRAME_WORDS) + (index << 2)) == 1 && !(stateOf(entry) & STATE_STABLE);
}

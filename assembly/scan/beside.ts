/**
 * A scanner beside guests: it lets the lock go while it hashes and, if somebody wants it, between two pages (docs/protocol.md).
 * So what a window says of a page may be out of date by the page's turn. Here that is found out.
 *
 * Every page in a window has an rmap item, and only a scanner and `run` = 2 free items. So while the batch is not interrupted, an entry is
 * still an entry of the same mm.
 */

import { step } from '../base/step';
import { lockDrop, lockIsHeldBy, lockTakeLast } from '../concurrent/lock';
import { isConcurrent, workerReads } from '../concurrent/workers';
import { STATE_ITEM, TURN_GONE } from '../layout';
import { isAnonymous } from '../memory/pte';
import { entryMm, entryPage, pteOf } from '../memory/tables';
import { isMergeable } from '../merge/candidate';
import { entryDomain } from '../merge/domain';
import { stateOf } from '../merge/rmap';
import { Mm } from '../records/mm';
import { Window } from '../records/scanner';
import { turnEntry, turnKind } from './window';

/**
 * If there are other threads, lets the lock go while `turns` turns of a window are hashed. Returns whether it did. Worker `self` has the
 * lock, and keeps it if the window is empty, because an mm in which nothing was met loses its slot, so nothing may come there in between.
 */
export function lockPause(turns: u32, self: u32): bool {
  if (!ASC_NO_ASSERT) assert(lockIsHeldBy(self) || isConcurrent());
  if (turns == 0 || !isConcurrent()) return false;
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

/** Is there still an item of `mm` at `entry`? */
export function isItemOf(mm: Mm, entry: u32): bool {
  return (stateOf(entry) & STATE_ITEM) != 0 && entryMm(entry) == mm;
}

/** Is the page of a turn of `window` still there, still of the window's domain, and still the scanner's business? */
export function isStillWanted(window: Window, mm: Mm, turn: u32): bool {
  const entry = turnEntry(turn);
  if (!isItemOf(mm, entry)) return false;
  const isPage = isAnonymous(pteOf(entry));
  if (turnKind(turn) == TURN_GONE) return !isPage;
  return isPage && isMergeable(mm, entryPage(entry)) && entryDomain(entry) == window.domain;
}

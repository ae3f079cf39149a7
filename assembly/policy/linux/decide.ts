/**
 * Third phase of a batch: every page of a window in its turn.
 *
 * Beside guests the lock is offered between two turns. So what a turn says of its page may have become false. The whole batch may have lost
 * its ground, too: the process has ended, or `run` was written.
 */

import { setting } from '../../base/count';
import { lockIsHeldBy, lockYield } from '../../concurrent/lock';
import { isConcurrent } from '../../concurrent/workers';
import {
  H_RUN,
  STATE_ITEM,
  TURN_ANY,
  TURN_CLEAN,
  TURN_GONE,
  TURN_ORDINARY,
  WINDOW_PAGES,
  ZERO_FRAME,
} from '../../layout';
import { frameOfPte, isPresent } from '../../memory/pte';
import { entryMm, entryPage, pteOf } from '../../memory/tables';
import { isOrdinary } from '../../merge/candidate';
import { hashForget } from '../../merge/checksum';
import { domainAt } from '../../merge/domain';
import { frameIsKsm } from '../../merge/ksm-frame';
import { isHashOrder } from '../../merge/order';
import { itemFree, itemOf, itemUnlink, stateOf } from '../../merge/rmap';
import { Domain } from '../../records/domain';
import { Mm } from '../../records/mm';
import { Scanner, Window } from '../../records/scanner';
import { findPartners, noteSearches } from '../../scan/ahead';
import { isItemOf, isStillWanted } from '../../scan/beside';
import { descend } from '../../scan/descend';
import { knownEqual } from '../../scan/meet';
import { hasLost } from '../../scan/scanner';
import { checksumAt, turnAt, turnEntry, turnKind } from '../../scan/window';
import { mergeAnyPage, mergeOrdinaryPage } from './partner';
import { smartScanIsOn, smartScanVisit } from './smart';

/** How many turns are looked ahead together: as many as a window of one thread has. What is touched for more is gone until their turn. */
const AHEAD_PAGES: u32 = WINDOW_PAGES;

/** Is the batch of `self` no more where it was? Then its window means nothing. */
export function isInterrupted(scanner: Scanner, mm: Mm, self: u32): bool {
  return hasLost(scanner, mm, self) || setting(H_RUN) != 1;
}

/** Takes every turn of `window`, which is about `mm`. Returns how many pages were processed, the settled ones included. */
export function decide(scanner: Scanner, window: Window, mm: Mm, self: u32): u32 {
  if (!lockIsHeldBy(self)) return 0;
  const count = window.count;
  const domain = domainAt(window.domain);
  const isBeside = isConcurrent();
  let processed = window.taken;
  for (let index: u32 = 0; index < count; index++) {
    if (isBeside) {
      lockYield(self);
      if (isInterrupted(scanner, mm, self)) {
        if (lockIsHeldBy(self)) turnBack(scanner, window, index, mm, self);
        return processed - min(processed, count - index);
      }
    }
    if (index % AHEAD_PAGES == 0) lookAhead(domain, window, index, min(index + AHEAD_PAGES, count));
    let turn = turnAt(window, index);
    if (isBeside) {
      if (!isStillWanted(window, mm, turn)) {
        giveUp(mm, turnEntry(turn));
        if (turnKind(turn) != TURN_GONE) processed--;
        continue;
      }
      turn = asItIsNow(turn);
    }
    if (!takeTurn(domain, scanner, window, index, turn)) processed--;
  }
  return processed;
}

/** Touches what turns [from, to) will need. Not their partners' pages if they have been compared already. */
function lookAhead(domain: Domain, window: Window, from: u32, to: u32): void {
  if (!noteSearches(domain, window, from, to)) return;
  if (isHashOrder()) findPartners(domain, window, from, to, !window.meets);
  else descend(domain, window, from, to);
}

/** The turn as it is now. A page that was ordinary when it was selected, and is no more, is any page. */
function asItIsNow(turn: u32): u32 {
  const entry = turnEntry(turn);
  if (turnKind(turn) == TURN_GONE || isOrdinary(entry)) return turn;
  if (turnKind(turn) == TURN_ORDINARY) hashForget(entry);
  return entry | TURN_ANY;
}

/** Decides on what turn `index` of the window is by now. False if its page does not count as processed. */
function takeTurn(domain: Domain, scanner: Scanner, window: Window, index: u32, turn: u32): bool {
  const entry = turnEntry(turn);
  const kind = turnKind(turn);
  const frame = frameOfPte(pteOf(entry));
  if (!ASC_NO_ASSERT) {
    assert(index < window.count);
    assert(stateOf(entry) & STATE_ITEM);
    assert(kind == TURN_GONE || isPresent(pteOf(entry)));
  }
  if (kind == TURN_GONE) {
    itemFree(entryMm(entry), entry);
  } else if (frame == ZERO_FRAME) {
    itemFree(entryMm(entry), entry); // a split has put the zero frame there since the page was selected
    return false;
  } else if (kind != TURN_ANY) {
    const checksum = kind == TURN_CLEAN ? itemOf(entry).checksum : checksumAt(window, index);
    const known = window.meets ? knownEqual(scanner, window, index, frame) : 0;
    mergeOrdinaryPage(domain, entry, frame, checksum, known);
  } else {
    if (smartScanIsOn() && !frameIsKsm(frame) && !smartScanVisit(entry)) return false;
    mergeAnyPage(domain, entry);
  }
  return true;
}

/** The page is no candidate any more. It has had its turn, so it is not in the unstable tree either. */
function giveUp(mm: Mm, entry: u32): void {
  if (!isItemOf(mm, entry)) return;
  hashForget(entry);
  itemUnlink(entry);
}

/**
 * The batch was interrupted. If the pass was only stopped (run is 0), it goes on with turn `index` of `window`; in any case pages are read
 * again.
 */
function turnBack(scanner: Scanner, window: Window, index: u32, mm: Mm, self: u32): void {
  const first = turnEntry(turnAt(window, index));
  if (!hasLost(scanner, mm, self) && isItemOf(mm, first)) scanner.page = min(entryPage(first), scanner.page);
  for (; index < window.count; index++) {
    const entry = turnEntry(turnAt(window, index));
    if (isItemOf(mm, entry)) hashForget(entry);
  }
}

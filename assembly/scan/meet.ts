/**
 * What threads do together about a window, chunk by chunk: the checksums of its pages and, while no guest runs, the comparison of each page
 * with the one that its search will find. That is all that a pass spends its time on (docs/performance.md); what is left for the turn
 * itself is to search, and to swing.
 *
 * In its turn every page searches as if nothing were known, because the trees have changed since. What is known only spares it the
 * comparison: a note says of two frames that their bytes are equal. That stays true as long as nobody writes to either. While no guest
 * runs that is only who undoes a merge, with a copy to a frame that was free, and copies are counted. So outcomes are the same with any
 * number of threads, and with none of this.
 */
import { counted } from '../base/count';
import { isConcurrent } from '../concurrent/workers';
import { H_COW_KSM, NOTE_EQUAL } from '../layout';
import { frameOfPte } from '../memory/pte';
import { pteOf } from '../memory/tables';
import { domainAt } from '../merge/domain';
import { isHashOrder } from '../merge/order';
import { equalPages } from '../page/page';
import { Scanner, Window } from '../records/scanner';
import { findPartners, noteSearches } from './ahead';
import { fingerprint } from './fingerprint';
import { noteOf, turnAt, turnEntry } from './window';

/**
 * Can pages be compared before their turns? Not beside guests, who may write to them. In content order the partner is found by comparing,
 * and that in trees that change.
 */
export function mayMeet(): bool {
  return isHashOrder() && !isConcurrent();
}

/** Computes the checksums of turns [from, to) of `window` and, if that is wanted, compares the pages with their partners. */
export function prepare(window: Window, from: u32, to: u32): void {
  fingerprint(window, from, to);
  if (window.meets) meet(window, from, to);
}

/** Leaves in the note of each turn what is known to equal its page. */
function meet(window: Window, from: u32, to: u32): void {
  const domain = domainAt(window.domain);
  for (let index = from; index < to; index++) store<u64>(noteOf(window, index), 0, NOTE_EQUAL);
  if (!noteSearches(domain, window, from, to) || !findPartners(domain, window, from, to, true)) return;
  for (let index = from; index < to; index++) compareNoted(window, index);
}

function compareNoted(window: Window, index: u32): void {
  const note = noteOf(window, index);
  const partner = load<u32>(note);
  if (partner == 0) return;
  const frame = frameOfPte(pteOf(turnEntry(turnAt(window, index))));
  if (!equalPages(frame, partner)) return;
  store<u32>(note, partner, NOTE_EQUAL);
  store<u32>(note, frame, NOTE_EQUAL + 4);
}

/** The frame that is known to equal `frame`, the one of turn `index` of a window that meets; 0 if none is. */
export function knownEqual(scanner: Scanner, window: Window, index: u32, frame: u32): u32 {
  if (!ASC_NO_ASSERT) assert(window.meets != 0);
  const note = noteOf(window, index);
  if (scanner.doubts != 0 || counted(H_COW_KSM) != window.copies) return 0;
  return load<u32>(note, NOTE_EQUAL + 4) == frame ? load<u32>(note, NOTE_EQUAL) : 0;
}

/**
 * A window: the pages that a scanner has taken at once, so that their checksums can be computed together and what their decisions need
 * can be fetched together. What has to be decided on is a *turn*, an entry with its kind (TURN_*); pages that only count have none.
 */
import { counted } from '../base/count';
import {
  H_COW_KSM,
  TABLE_BITS,
  TURN_KIND,
  WINDOW_CHECKSUMS,
  WINDOW_NOTES,
  WINDOW_PAGES_MAX,
  WINDOW_TURNS,
} from '../layout';
import { domainOf, isDomain } from '../merge/domain';
import { Mm, Vma } from '../records/mm';
import { Window } from '../records/scanner';

/**
 * Empties it, for at most `room` turns and `budget` pages. `before`: turns in the other window that come first. `meets`: its pages are to
 * be compared before their turns (scan/meet). The first of its pages will tell their domain.
 */
export function windowOpen(window: Window, room: u32, budget: u32, before: u32, meets: bool): void {
  if (!ASC_NO_ASSERT) assert(room <= WINDOW_PAGES_MAX);
  window.count = 0;
  window.taken = 0;
  window.room = room;
  window.budget = budget;
  window.before = before;
  window.meets = meets ? 1 : 0;
  window.copies = counted(H_COW_KSM);
}

/**
 * May the pages of a mapping of `mm` come into the window? All of a window are of one domain, so that no search has to ask for it. The
 * first such mapping says which.
 */
export function windowTakes(window: Window, mm: Mm, vma: Vma): bool {
  const domain = domainOf(mm, vma);
  if (!ASC_NO_ASSERT) {
    assert(vma.mm == mm);
    assert(isDomain(domain));
  }
  if (window.domain == domain) return true;
  if (window.count != 0) return false;
  window.domain = domain;
  return true;
}

/** Does nothing that was selected before wait for its turn? */
export function isNext(window: Window): bool {
  return window.before + window.count == 0;
}

/** Pages that it may still take. */
export function pagesLeft(window: Window): u32 {
  if (!ASC_NO_ASSERT) assert(window.taken <= window.budget);
  return window.budget - window.taken;
}

export function turnAt(window: Window, index: u32): u32 {
  return load<u32>(changetype<usize>(window) + (index << 2), WINDOW_TURNS);
}

export function turnSet(window: Window, index: u32, turn: u32): void {
  if (!ASC_NO_ASSERT) {
    assert(index < window.room);
    assert(turnEntry(turn) >> TABLE_BITS != 0);
  }
  store<u32>(changetype<usize>(window) + (index << 2), turn, WINDOW_TURNS);
}

export function turnKind(turn: u32): u32 {
  return turn & TURN_KIND;
}

export function turnEntry(turn: u32): u32 {
  return turn & ~TURN_KIND;
}

/** The checksum that was computed for turn `index`. */
export function checksumAt(window: Window, index: u32): u32 {
  return load<u32>(changetype<usize>(window) + (index << 2), WINDOW_CHECKSUMS);
}

export function checksumSet(window: Window, index: u32, checksum: u32): void {
  if (!ASC_NO_ASSERT) assert(index < WINDOW_PAGES_MAX);
  store<u32>(changetype<usize>(window) + (index << 2), checksum, WINDOW_CHECKSUMS);
}

/** Address of the note on turn `index`: what look-ahead knows of it (scan/ahead, scan/descend), and what equals its page (scan/meet). */
export function noteOf(window: Window, index: u32): usize {
  if (!ASC_NO_ASSERT) assert(index < WINDOW_PAGES_MAX);
  return changetype<usize>(window) + WINDOW_NOTES + ((<usize>index) << 4);
}

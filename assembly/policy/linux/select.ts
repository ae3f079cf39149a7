/**
 * First phase of a batch: walk the cursor over page tables and fill a window with what has to be looked at.
 *
 * Linux takes one page, decides on it, takes the next. Here a window of pages is taken at once so that their checksums can be
 * computed together. That is the same as long as nothing done early could change, or be changed by, a decision on a
 * page before it. So the walk does early only what concerns one item alone (making it, ageing it); pages in shared,
 * pinned or KSM frames and items in the stable tree are put into the window for their turn. Settled pages need no turn
 * at all: a batch only counts them. The split of a large folio can take pages away that are in the window; their turn
 * finds that out. Only a page that smart scan has skipped here keeps its item, and counts as skipped, until the next pass.
 */
import { STATE_ITEM, STATE_STABLE, TURN_ANY, TURN_CLEAN, TURN_GONE, TURN_ORDINARY, VM_MERGEABLE } from '../../layout';
import { frameOfPte, isMerged } from '../../memory/pte';
import { entryFind } from '../../memory/tables';
import { vmaAtOrAbove, vmaNext } from '../../memory/vmas';
import { isCandidate, isClean } from '../../merge/candidate';
import { cleanMark } from '../../merge/checksum';
import { itemCreate, itemFree, stateOf } from '../../merge/rmap';
import { header } from '../../records/header';
import { Mm } from '../../records/mm';
import { Scanner, Window } from '../../records/scanner';
import { expectRun, gapRun, leafNext, settledRun } from '../../scan/walk';
import { isNext, pagesLeft, turnSet, windowTakes } from '../../scan/window';
import { confirmRun } from './confirm';
import { smartScanIsOn, smartScanVisit } from './smart';

/**
 * Fills `window`, which is open, from the cursor on. True if the walk reached the end of the mm. Else the window or its budget is full, or
 * what follows is of another domain; the cursor stands on the next page to look at.
 */
export function selectPages(scanner: Scanner, window: Window, mm: Mm): bool {
  for (let vma = vmaAtOrAbove(mm, scanner.page); vma; vma = vmaNext(vma)) {
    if (!(vma.flags & VM_MERGEABLE)) continue;
    if (scanner.page < vma.start && !passGap(scanner, window, mm, vma.start)) return false;
    if (!windowTakes(window, mm, vma)) return false;
    if (!selectRange(scanner, window, mm, vma.end)) return false;
  }
  return true;
}

/** Moves the cursor to `end`, past pages that KSM does not look at. False if the window was full before. */
function passGap(scanner: Scanner, window: Window, mm: Mm, end: u32): bool {
  for (let pages = leafNext(scanner, mm, end); pages != 0; pages = leafNext(scanner, mm, end)) {
    const passed = gapRun(window, mm, entryFind(mm, scanner.page), pages);
    scanner.page += passed;
    if (passed < pages) return false;
  }
  return true;
}

/** Selects from the cursor to `end`, all of it one mergeable mapping. False if the window or its budget was full, even at `end`. */
function selectRange(scanner: Scanner, window: Window, mm: Mm, end: u32): bool {
  for (let pages = leafNext(scanner, mm, end); pages != 0; pages = leafNext(scanner, mm, end)) {
    const first = entryFind(mm, scanner.page);
    let seen: u32 = 0;
    if (isNext(window)) {
      seen = confirmRun(first, min(pages, pagesLeft(window)));
      window.taken += seen;
    }
    if (seen < pages) seen += selectRun(window, mm, first + seen, pages - seen);
    scanner.page += seen;
    if (seen < pages || pagesLeft(window) == 0) return false;
  }
  return true;
}

/** Looks at `pages` entries of one leaf, from `first` on. Returns how many it got through before the window or its budget was full. */
function selectRun(window: Window, mm: Mm, first: u32, pages: u32): u32 {
  if (!ASC_NO_ASSERT) expectRun(mm, first, pages);
  const ptes: usize = header.ptes + ((<usize>first) << 2);
  const states: usize = header.states + ((<usize>first) << 2);
  const words: usize = header.frameWords;
  const isSmart = smartScanIsOn();
  const room = window.room;
  const budget = window.budget;
  let taken = window.taken;
  let count = window.count;
  let index: u32 = 0;
  for (; index < pages && taken != budget; index++) {
    const pte = load<u32>(ptes + (index << 2));
    if (isMerged(pte)) {
      const run = settledRun(ptes + (index << 2), min(pages - index, budget - taken));
      taken += run;
      index += run - 1;
      continue;
    }
    if (count == room) break;
    const entry = first + index;
    const state = load<u32>(states + (index << 2));
    let kind: u32;
    if (!isCandidate(pte)) {
      if (!(state & STATE_ITEM)) continue;
      if (!(state & STATE_STABLE)) {
        itemFree(mm, entry);
        continue;
      }
      kind = TURN_GONE;
    } else {
      if (!(state & STATE_ITEM)) itemCreate(mm, entry);
      const word = load<u32>(words + (frameOfPte(pte) << 2));
      if (word != 1 || state & STATE_STABLE) kind = TURN_ANY;
      else if (isSmart && !smartScanVisit(entry)) continue;
      else kind = ordinaryKind(entry, pte);
      taken++;
    }
    turnSet(window, count, entry | kind);
    count++;
  }
  if (!ASC_NO_ASSERT) {
    assert(index <= pages);
    assert(taken <= budget);
    assert(count <= room);
  }
  window.taken = taken;
  window.count = count;
  return index;
}

/** Must an ordinary page be read? If so it counts as clean from now on. */
function ordinaryKind(entry: u32, pte: u32): u32 {
  const state = stateOf(entry);
  if (isClean(entry, pte, state)) return TURN_CLEAN;
  cleanMark(entry, pte, state);
  return TURN_ORDINARY;
}

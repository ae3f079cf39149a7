/**
 * First phase of a batch: walk the cursor over page tables and fill a window with what has to be looked at.
 *
 * Linux takes one page, decides on it, takes the next. Here a window of pages is taken at once so that their checksums can be
 * computed together. That is the same as long as nothing done early could change, or be changed by, a decision on a
 * page before it. So the walk does early only what concerns one item alone (making it, ageing it); pages in shared,
 * pinned or KSM frames and items in the stable tree are put into the window for their turn. Settled pages need no turn
 * at all: a batch only counts them. The split of a large folio can take pages away that are in the window; their turn
 * finds that out. Only one that smart scan has skipped here keeps its item, and counts as skipped, until the next pass.
 */
import {
  H_CURSOR_PAGE,
  H_FRAME_WORDS,
  H_FRAMES,
  H_PTES,
  H_STATES,
  PAGE_SHIFT,
  PTE_FRAME,
  PTE_MERGED,
  PTE_PRESENT,
  PTE_SHARED,
  STATE_ITEM,
  STATE_STABLE,
  TABLE_BITS,
  VM_MERGEABLE,
  WINDOW_ANY,
  WINDOW_CLEAN,
  WINDOW_COUNT,
  WINDOW_ENTRIES,
  WINDOW_GONE,
  WINDOW_ORDINARY,
  WINDOW_TAKEN,
} from '../layout';
import { entryFind, nextMappedPage } from '../memory/tables';
import { vmaAtOrAbove, vmaEnd, vmaFlags, vmaNext, vmaStart } from '../memory/vmas';
import { cleanMark, isClean } from '../merge/checksum';
import { itemCreate, itemFree, stateOf } from '../merge/rmap';
import { confirmRun } from './confirm';
import { smartScanSkips } from './smart';

/**
 * Fills `window` from the cursor on, with at most `room` things and at most `budget` pages that count towards the batch.
 * `inTurn`: nothing that was selected before waits for its turn. True where the walk reached the end of the mm; else the
 * window or the budget is full and the cursor stands on the next page to look at.
 */
export function selectPages(mm: usize, window: usize, room: u32, budget: u32, inTurn: bool): bool {
  store<u32>(window, 0, WINDOW_COUNT);
  store<u32>(window, 0, WINDOW_TAKEN);
  let page = load<u32>(H_CURSOR_PAGE);
  for (let vma = vmaAtOrAbove(mm, page); vma != 0; vma = vmaNext(vma)) {
    if (!(vmaFlags(vma) & VM_MERGEABLE)) continue;
    if (page < vmaStart(vma)) {
      page = walk(mm, page, vmaStart(vma), GAP, window, room, budget);
      store<u32>(H_CURSOR_PAGE, page);
      if (page < vmaStart(vma)) return false;
    }
    page = walk(mm, page, vmaEnd(vma), inTurn ? IN_TURN : MERGEABLE, window, room, budget);
    store<u32>(H_CURSOR_PAGE, page);
    if (page < vmaEnd(vma) || load<u32>(window, WINDOW_TAKEN) == budget) return false;
  }
  return true;
}

/** What is walked over: no mergeable mapping, one, or one whose first page has its turn. */
const GAP: u32 = 0;
const MERGEABLE: u32 = 1;
const IN_TURN: u32 = 2;

/** Walks [page, end), leaf by leaf. Returns where it had to stop, or `end`. */
function walk(mm: usize, page: u32, end: u32, what: u32, window: usize, room: u32, budget: u32): u32 {
  for (page = nextMappedPage(mm, page, end); page < end; page = nextMappedPage(mm, page, end)) {
    const leafEnd = ((page >> TABLE_BITS) + 1) << TABLE_BITS;
    const stop = leafEnd < end ? leafEnd : end;
    const entry = entryFind(mm, page);
    page +=
      what == GAP
        ? walkGap(mm, entry, stop - page, window, room)
        : walkPages(mm, entry, stop - page, window, room, budget, what == IN_TURN);
    if (page < stop || load<u32>(window, WINDOW_TAKEN) == budget) return page;
  }
  return end;
}

/** Looks at `pages` entries of one leaf in a mergeable mapping. Returns how many it got through. */
function walkPages(mm: usize, first: u32, pages: u32, window: usize, room: u32, budget: u32, inTurn: bool): u32 {
  const ptes: usize = load<u32>(H_PTES) + ((<usize>first) << 2);
  const states: usize = load<u32>(H_STATES) + ((<usize>first) << 2);
  const zero = load<u32>(H_FRAMES);
  const words: usize = load<u32>(H_FRAME_WORDS);
  let taken = load<u32>(window, WINDOW_TAKEN);
  let count = load<u32>(window, WINDOW_COUNT);
  let index: u32 = 0;
  if (inTurn && count == 0) {
    index = confirmRun(first, min(pages, budget - taken));
    taken += index;
  }
  for (; index < pages && taken != budget; index++) {
    const pte = load<u32>(ptes + (index << 2));
    if (pte & PTE_MERGED) {
      const run = settledRun(ptes + (index << 2), min(pages - index, budget - taken));
      taken += run;
      index += run - 1;
      continue;
    }
    if (count == room) break;
    const entry = first + index;
    const state = load<u32>(states + (index << 2));
    let kind: u32;
    if ((pte & (PTE_PRESENT | PTE_SHARED)) != PTE_PRESENT || (pte & PTE_FRAME) == zero) {
      if (!dropItem(mm, entry, state)) continue;
      kind = WINDOW_GONE;
    } else {
      if (!(state & STATE_ITEM)) itemCreate(mm, entry);
      const word = load<u32>(words + ((((pte & PTE_FRAME) - zero) >> PAGE_SHIFT) << 2));
      if (word != 1 || state & STATE_STABLE) kind = WINDOW_ANY;
      else if (smartScanSkips(entry)) continue;
      else kind = ordinaryKind(entry, pte);
      taken++;
    }
    store<u32>(window + (count << 2), entry | kind, WINDOW_ENTRIES);
    count++;
  }
  store<u32>(window, taken, WINDOW_TAKEN);
  store<u32>(window, count, WINDOW_COUNT);
  return index;
}

/**
 * How many of the ptes from address `ptes` on, at most `limit`, are settled before one is not. A loop of its own, four at a time: once
 * everything is merged a pass is little else (bench/scan, passes over merged memory: a third to a sixth of the time).
 */
function settledRun(ptes: usize, limit: u32): u32 {
  const merged = i32x4.splat(PTE_MERGED);
  let run: u32 = 0;
  while (run + 4 <= limit && i32x4.all_true(v128.and(v128.load(ptes + (run << 2)), merged))) run += 4;
  while (run < limit && load<u32>(ptes + (run << 2)) & PTE_MERGED) run++;
  return run;
}

/** Must an ordinary page be read? If so it counts as clean from now on. */
function ordinaryKind(entry: u32, pte: u32): u32 {
  const state = stateOf(entry);
  if (isClean(entry, pte, state)) return WINDOW_CLEAN;
  cleanMark(entry, pte, state);
  return WINDOW_ORDINARY;
}

/** The same for a range that KSM does not look at: only items that are left over there matter. */
function walkGap(mm: usize, first: u32, pages: u32, window: usize, room: u32): u32 {
  const states: usize = load<u32>(H_STATES) + ((<usize>first) << 2);
  let count = load<u32>(window, WINDOW_COUNT);
  let index: u32 = 0;
  for (; index < pages && count != room; index++) {
    if (!dropItem(mm, first + index, load<u32>(states + (index << 2)))) continue;
    store<u32>(window + (count << 2), (first + index) | WINDOW_GONE, WINDOW_ENTRIES);
    count++;
  }
  store<u32>(window, count, WINDOW_COUNT);
  return index;
}

/** An item whose page is no candidate any more is freed. True where that has to wait for its turn: it is in the stable tree. */
function dropItem(mm: usize, entry: u32, state: u32): bool {
  if (!(state & STATE_ITEM)) return false;
  if (state & STATE_STABLE) return true;
  itemFree(mm, entry);
  return false;
}

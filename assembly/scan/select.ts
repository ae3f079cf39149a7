/**
 * First phase of a batch: walk the cursor over page tables and fill the window with what has to be looked at.
 *
 * Linux takes one page, decides on it, takes the next. Here a window of pages is taken at once so that their hashes can be
 * computed together. That is the same as long as nothing done early could change, or be changed by, a decision on a
 * page before it. So the walk does early only what concerns one item alone (making it, ageing it, dropping the flag
 * that the last pass left); pages in shared, pinned or KSM frames and items in the stable tree are put into the window
 * for their turn. Settled pages need no turn at all: a batch only counts them.
 */
import {
  H_CURSOR_PAGE,
  H_FRAME_WORDS,
  H_FRAMES,
  H_PTES,
  H_STATES,
  H_WINDOW_COUNT,
  H_WINDOW_PAGES_TAKEN,
  PAGE_SHIFT,
  PTE_FRAME,
  PTE_MERGED,
  PTE_PRESENT,
  PTE_SHARED,
  STATE_ITEM,
  STATE_STABLE,
  TABLE_BITS,
  VM_MERGEABLE,
  WINDOW,
  WINDOW_ANY,
  WINDOW_GONE,
  WINDOW_ORDINARY,
  WINDOW_PAGES,
} from '../layout';
import { entryFind, nextMappedPage } from '../memory/tables';
import { vmaAtOrAbove, vmaEnd, vmaFlags, vmaNext, vmaStart } from '../memory/vmas';
import { itemCreate, itemFree, itemUnlink } from '../merge/rmap';
import { smartScanSkips } from './smart';

/**
 * Fills the window from the cursor on, with at most `budget` pages that count towards the batch. True where the walk reached
 * the end of the mm; else the window or the budget is full and the cursor stands on the next page to look at.
 */
export function selectPages(mm: usize, budget: u32): bool {
  store<u32>(H_WINDOW_COUNT, 0);
  store<u32>(H_WINDOW_PAGES_TAKEN, 0);
  let page = load<u32>(H_CURSOR_PAGE);
  for (let vma = vmaAtOrAbove(mm, page); vma != 0; vma = vmaNext(vma)) {
    if (!(vmaFlags(vma) & VM_MERGEABLE)) continue;
    if (page < vmaStart(vma)) {
      page = walk(mm, page, vmaStart(vma), false, budget);
      store<u32>(H_CURSOR_PAGE, page);
      if (page < vmaStart(vma)) return false;
    }
    page = walk(mm, page, vmaEnd(vma), true, budget);
    store<u32>(H_CURSOR_PAGE, page);
    if (page < vmaEnd(vma) || load<u32>(H_WINDOW_PAGES_TAKEN) == budget) return false;
  }
  return true;
}

/** Walks [page, end), leaf by leaf. Returns where it had to stop, or `end`. */
function walk(mm: usize, page: u32, end: u32, mergeable: bool, budget: u32): u32 {
  for (page = nextMappedPage(mm, page, end); page < end; page = nextMappedPage(mm, page, end)) {
    const leafEnd = ((page >> TABLE_BITS) + 1) << TABLE_BITS;
    const stop = leafEnd < end ? leafEnd : end;
    const entry = entryFind(mm, page);
    const walked = mergeable ? walkPages(mm, entry, stop - page, budget) : walkGap(mm, entry, stop - page);
    page += walked;
    if (page < stop) return page;
    if (load<u32>(H_WINDOW_PAGES_TAKEN) == budget) return page;
  }
  return end;
}

function put(entry: u32, kind: u32): void {
  const index = load<u32>(H_WINDOW_COUNT);
  store<u32>(WINDOW + (index << 2), entry | kind);
  store<u32>(H_WINDOW_COUNT, index + 1);
}

/** Looks at `pages` entries of one leaf in a mergeable mapping. Returns how many it got through. */
function walkPages(mm: usize, first: u32, pages: u32, budget: u32): u32 {
  const ptes: usize = load<u32>(H_PTES);
  const states: usize = load<u32>(H_STATES);
  const zero = load<u32>(H_FRAMES);
  const words: usize = load<u32>(H_FRAME_WORDS);
  let taken = load<u32>(H_WINDOW_PAGES_TAKEN);
  let index: u32 = 0;
  for (; index < pages && taken != budget; index++) {
    const entry = first + index;
    const pte = load<u32>(ptes + ((<usize>entry) << 2));
    if (pte & PTE_MERGED) {
      taken++;
      continue;
    }
    if (load<u32>(H_WINDOW_COUNT) == WINDOW_PAGES) break;
    const state = load<u32>(states + ((<usize>entry) << 2));
    if ((pte & (PTE_PRESENT | PTE_SHARED)) != PTE_PRESENT || (pte & PTE_FRAME) == zero) {
      dropItem(mm, entry, state);
      continue;
    }
    if (!(state & STATE_ITEM)) itemCreate(mm, entry);
    const word = load<u32>(words + ((((pte & PTE_FRAME) - zero) >> PAGE_SHIFT) << 2));
    if (word != 1 || state & STATE_STABLE) {
      put(entry, WINDOW_ANY);
      taken++;
    } else if (!smartScanSkips(entry)) {
      itemUnlink(entry);
      put(entry, WINDOW_ORDINARY);
      taken++;
    }
  }
  store<u32>(H_WINDOW_PAGES_TAKEN, taken);
  return index;
}

/** The same for a range that KSM does not look at: only items that are left over there matter. */
function walkGap(mm: usize, first: u32, pages: u32): u32 {
  const states: usize = load<u32>(H_STATES);
  for (let index: u32 = 0; index < pages; index++) {
    if (load<u32>(H_WINDOW_COUNT) == WINDOW_PAGES) return index;
    const entry = first + index;
    dropItem(mm, entry, load<u32>(states + ((<usize>entry) << 2)));
  }
  return pages;
}

/** An item whose page is no candidate any more is freed; in its turn, where that touches the stable tree. */
function dropItem(mm: usize, entry: u32, state: u32): void {
  if (!(state & STATE_ITEM)) return;
  if (state & STATE_STABLE) put(entry, WINDOW_GONE);
  else itemFree(mm, entry);
}

"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.selectPages = selectPages;
/**
 * First phase of a batch: walk the cursor over page tables and fill the window with what has to be looked at.
 *
 * Linux takes one page, decides on it, takes the next. Here a window of pages is taken at once so that their hashes can be
 * computed together. That is the same as long as nothing done early could change, or be changed by, a decision on a
 * page before it. So the walk does early only what concerns one item alone (making it, ageing it, dropping the flag
 * that the last pass left); pages in shared, pinned or KSM frames and items in the stable tree are put into the window
 * for their turn. Settled pages need no turn at all: a batch only counts them.
 */
const layout_1 = require("../layout");
const rmap_1 = require("../merge/rmap");
const tables_1 = require("../memory/tables");
const vmas_1 = require("../memory/vmas");
const smart_1 = require("./smart");
/**
 * Fills the window from the cursor on, with at most `budget` pages that count towards the batch. True where the walk reached
 * the end of the mm; else the window or the budget is full and the cursor stands on the next page to look at.
 */
function selectPages(mm, budget) {
    store(layout_1.H_WINDOW_COUNT, 0);
    store(layout_1.H_WINDOW_PAGES_TAKEN, 0);
    let page = load(layout_1.H_CURSOR_PAGE);
    for (let vma = (0, vmas_1.vmaAtOrAbove)(mm, page); vma != 0; vma = (0, vmas_1.vmaNext)(vma)) {
        if (!((0, vmas_1.vmaFlags)(vma) & layout_1.VM_MERGEABLE))
            continue;
        if (page < (0, vmas_1.vmaStart)(vma)) {
            page = walk(mm, page, (0, vmas_1.vmaStart)(vma), false, budget);
            store(layout_1.H_CURSOR_PAGE, page);
            if (page < (0, vmas_1.vmaStart)(vma))
                return false;
        }
        page = walk(mm, page, (0, vmas_1.vmaEnd)(vma), true, budget);
        store(layout_1.H_CURSOR_PAGE, page);
        if (page < (0, vmas_1.vmaEnd)(vma) || load(layout_1.H_WINDOW_PAGES_TAKEN) == budget)
            return false;
    }
    return true;
}
/** Walks [page, end), leaf by leaf. Returns where it had to stop, or `end`. */
function walk(mm, page, end, mergeable, budget) {
    for (page = (0, tables_1.nextMappedPage)(mm, page, end); page < end; page = (0, tables_1.nextMappedPage)(mm, page, end)) {
        const leafEnd = ((page >> layout_1.TABLE_BITS) + 1) << layout_1.TABLE_BITS;
        const stop = leafEnd < end ? leafEnd : end;
        const entry = (0, tables_1.entryFind)(mm, page);
        const walked = mergeable ? walkPages(mm, entry, stop - page, budget) : walkGap(mm, entry, stop - page);
        page += walked;
        if (page < stop)
            return page;
        if (load(layout_1.H_WINDOW_PAGES_TAKEN) == budget)
            return page;
    }
    return end;
}
function put(entry, kind) {
    const index = load(layout_1.H_WINDOW_COUNT);
    store(layout_1.WINDOW + (index << 2), entry | kind);
    store(layout_1.H_WINDOW_COUNT, index + 1);
}
/** Looks at `pages` entries of one leaf in a mergeable mapping. Returns how many it got through. */
function walkPages(mm, first, pages, budget) {
    const ptes = load(layout_1.H_PTES);
    const states = load(layout_1.H_STATES);
    const zero = load(layout_1.H_FRAMES);
    const words = load(layout_1.H_FRAME_WORDS);
    let taken = load(layout_1.H_WINDOW_PAGES_TAKEN);
    let index = 0;
    for (; index < pages && taken != budget; index++) {
        const entry = first + index;
        const pte = load(ptes + (entry << 2));
        if (pte & layout_1.PTE_MERGED) {
            taken++;
            continue;
        }
        if (load(layout_1.H_WINDOW_COUNT) == layout_1.WINDOW_PAGES)
            break;
        const state = load(states + (entry << 2));
        if ((pte & (layout_1.PTE_PRESENT | layout_1.PTE_SHARED)) != layout_1.PTE_PRESENT || (pte & layout_1.PTE_FRAME) == zero) {
            dropItem(mm, entry, state);
            continue;
        }
        if (!(state & layout_1.STATE_ITEM))
            (0, rmap_1.itemCreate)(mm, entry);
        const word = load(words + ((((pte & layout_1.PTE_FRAME) - zero) >> layout_1.PAGE_SHIFT) << 2));
        if (word != 1 || state & layout_1.STATE_STABLE) {
            put(entry, layout_1.WINDOW_ANY);
            taken++;
        }
        else if (!(0, smart_1.smartScanSkips)(entry)) {
            (0, rmap_1.itemUnlink)(entry);
            put(entry, layout_1.WINDOW_ORDINARY);
            taken++;
        }
    }
    store(layout_1.H_WINDOW_PAGES_TAKEN, taken);
    return index;
}
/** The same for a range that KSM does not look at: only items that are left over there matter. */
function walkGap(mm, first, pages) {
    const states = load(layout_1.H_STATES);
    for (let index = 0; index < pages; index++) {
        if (load(layout_1.H_WINDOW_COUNT) == layout_1.WINDOW_PAGES)
            return index;
        const entry = first + index;
        dropItem(mm, entry, load(states + (entry << 2)));
    }
    return pages;
}
/** An item whose page is no candidate any more is freed; in its turn, where that touches the stable tree. */
function dropItem(mm, entry, state) {
    if (!(state & layout_1.STATE_ITEM))
        return;
    if (state & layout_1.STATE_STABLE)
        put(entry, layout_1.WINDOW_GONE);
    else
        (0, rmap_1.itemFree)(mm, entry);
}

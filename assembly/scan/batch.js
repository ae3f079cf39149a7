"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.scanBatch = scanBatch;
exports.itemsFree = itemsFree;
/**
 * ksmd's batch: at most so many pages, in the order of the slots, ending with the pass where the pass ends.
 *
 * Three phases over a window of pages: select (scan/select), fingerprint (pure reading), decide (in scan order). The result is
 * that of taking the pages one by one.
 */
const layout_1 = require("../layout");
const frames_1 = require("../memory/frames");
const mm_1 = require("../memory/mm");
const tables_1 = require("../memory/tables");
const checksum_1 = require("../merge/checksum");
const merge_1 = require("../merge/merge");
const rmap_1 = require("../merge/rmap");
const stable_1 = require("../merge/stable");
const unstable_1 = require("../merge/unstable");
const select_1 = require("./select");
const slots_1 = require("./slots");
const smart_1 = require("./smart");
/**
 * Processes at most `pages` pages. `now` is the caller's clock in milliseconds. Returns the number processed, with
 * SCAN_PASS_ENDED where the pass ended, which ends the batch too.
 */
function scanBatch(pages, now) {
    if (pages == 0 || load(layout_1.SLOTS, layout_1.MM_SLOT_NEXT) == layout_1.SLOTS)
        return 0;
    store(layout_1.H_NOW, now);
    if (load(layout_1.H_CURSOR_SLOT) == layout_1.SLOTS)
        beginPass();
    let done = 0;
    let passEnded = false;
    while (done < pages && !passEnded) {
        const mm = load(layout_1.H_CURSOR_SLOT);
        const exited = (load(mm, layout_1.MM_FLAGS) & layout_1.MM_EXITED) != 0;
        const mmEnded = exited || (0, select_1.selectPages)(mm, pages - done);
        if (!exited) {
            fingerprint();
            done += decide();
        }
        if (mmEnded)
            passEnded = leaveMm(mm, exited);
    }
    store(layout_1.H_PAGES_SCANNED, load(layout_1.H_PAGES_SCANNED) + done);
    return passEnded ? done | layout_1.SCAN_PASS_ENDED : done;
}
function beginPass() {
    if (!load(layout_1.H_MERGE_ACROSS_NODES))
        (0, stable_1.pruneWaiting)();
    (0, unstable_1.unstableClear)();
    store(layout_1.H_CURSOR_SLOT, load(layout_1.SLOTS, layout_1.MM_SLOT_NEXT));
    store(layout_1.H_CURSOR_PAGE, 0);
}
/** Second phase: the hashes of the window's ordinary pages. */
function fingerprint() {
    const count = load(layout_1.H_WINDOW_COUNT);
    for (let index = 0; index < count; index++) {
        const selected = load(layout_1.WINDOW + (index << 2));
        if ((selected & layout_1.WINDOW_KIND) != layout_1.WINDOW_ORDINARY)
            continue;
        store(layout_1.WINDOW_HASHES + (index << 3), (0, checksum_1.pageHash)((0, tables_1.pteOf)(selected) & layout_1.PTE_FRAME));
    }
}
/** Third phase: every page in its turn. Returns how many pages were processed, the settled ones included. */
function decide() {
    const count = load(layout_1.H_WINDOW_COUNT);
    let processed = load(layout_1.H_WINDOW_PAGES_TAKEN);
    for (let index = 0; index < count; index++) {
        const selected = load(layout_1.WINDOW + (index << 2));
        const kind = selected & layout_1.WINDOW_KIND;
        const entry = selected & ~layout_1.WINDOW_KIND;
        if (kind == layout_1.WINDOW_ORDINARY) {
            const hash = load(layout_1.WINDOW_HASHES + (index << 3));
            (0, merge_1.mergeOrdinaryPage)(entry, (0, tables_1.pteOf)(entry) & layout_1.PTE_FRAME, hash, (hash >> 32));
        }
        else if (kind == layout_1.WINDOW_GONE) {
            (0, rmap_1.itemFree)((0, tables_1.entryMm)(entry), entry);
        }
        else if (!(0, frames_1.frameIsKsm)((0, tables_1.pteOf)(entry) & layout_1.PTE_FRAME) && (0, smart_1.smartScanSkips)(entry)) {
            processed--;
        }
        else {
            (0, merge_1.mergeAnyPage)(entry);
        }
    }
    return processed;
}
/** Moves the cursor from `mm` to the next slot. True where that ended the pass. */
function leaveMm(mm, exited) {
    if (exited)
        store(layout_1.H_CURSOR_PAGE, 0);
    const page = load(layout_1.H_CURSOR_PAGE);
    itemsFree(mm, page);
    const next = load(mm, layout_1.MM_SLOT_NEXT);
    store(layout_1.H_CURSOR_SLOT, next);
    store(layout_1.H_CURSOR_PAGE, 0);
    if (page == 0) {
        (0, slots_1.slotRemove)(mm); // it ended, or not one mergeable mapping was met
        if (exited)
            (0, mm_1.mmFree)(mm);
    }
    if (next != layout_1.SLOTS)
        return false;
    store(layout_1.H_FULL_SCANS, load(layout_1.H_FULL_SCANS) + 1);
    return true;
}
/** Frees the items of `mm` from `page` on, and the leaves that are empty then. */
function itemsFree(mm, page) {
    for (page = (0, tables_1.nextMappedPage)(mm, page, layout_1.MM_PAGES); page < layout_1.MM_PAGES; page = (0, tables_1.nextMappedPage)(mm, page, layout_1.MM_PAGES)) {
        const leafEnd = ((page >> layout_1.TABLE_BITS) + 1) << layout_1.TABLE_BITS;
        for (let entry = (0, tables_1.entryFind)(mm, page), left = leafEnd - page; left != 0; left--, entry++) {
            if ((0, rmap_1.stateOf)(entry) & layout_1.STATE_ITEM)
                (0, rmap_1.itemFree)(mm, entry);
        }
        (0, tables_1.leafTrim)(mm, page);
        page = leafEnd;
    }
}

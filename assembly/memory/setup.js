"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.setup = setup;
/**
 * Lays out a fresh memory: from the limits to the bases of the regions. Everything else is zero already and means "empty".
 */
const layout_1 = require("../layout");
/** Reserves `count` records behind address `at`, noting the base. Returns the end, aligned; ends beyond 4 GiB are caught by it. */
function region(at, baseField, count, bytes) {
    store(baseField, at);
    return (at + count * bytes + 63) & ~63;
}
/**
 * Reads the limits from the header (the driver has put them there) and fills in the rest of it. Frames get all the memory that
 * the other regions leave, except the last page, which is never used: loops over it could wrap at 4 GiB. Returns the
 * number of frames, 0 where the memory is too small for the limits.
 */
function setup() {
    const leaves = load(layout_1.H_LEAF_LIMIT);
    const entries = leaves * layout_1.TABLE_ENTRIES;
    const roots = load(layout_1.H_ROOT_COUNT) * load(layout_1.H_NID_COUNT);
    let at = layout_1.REGIONS;
    at = region(at, layout_1.H_MMS, load(layout_1.H_MM_LIMIT), layout_1.MM_BYTES);
    at = region(at, layout_1.H_VMAS, load(layout_1.H_VMA_LIMIT), layout_1.VMA_BYTES);
    at = region(at, layout_1.H_TABLES, load(layout_1.H_TABLE_LIMIT), layout_1.TABLE_BYTES);
    at = region(at, layout_1.H_LEAVES, leaves, layout_1.LEAF_BYTES);
    at = region(at, layout_1.H_PTES, entries, 4);
    at = region(at, layout_1.H_STATES, entries, 4);
    at = region(at, layout_1.H_ITEMS, entries, layout_1.ITEM_BYTES);
    at = region(at, layout_1.H_DIRTY, entries / 8, 1);
    at = region(at, layout_1.H_STABLE_ROOTS, roots, 4);
    at = region(at, layout_1.H_UNSTABLE_ROOTS, roots, 4);
    // Each frame also wants its word and its share of stable nodes: one a frame and an eighth more for chains and stale ones.
    const end = (load(layout_1.H_MEMORY_PAGES) << 16) - layout_1.PAGE_SIZE;
    const perFrame = layout_1.PAGE_SIZE + 4 + layout_1.NODE_BYTES + layout_1.NODE_BYTES / 8;
    const slack = layout_1.PAGE_SIZE + 64 * layout_1.NODE_BYTES + 256;
    if (at + slack + 2 * perFrame > end)
        return 0;
    const frames = ((end - at - slack) / perFrame);
    store(layout_1.H_NODE_LIMIT, frames + frames / 8 + 64);
    at = region(at, layout_1.H_NODES, frames + frames / 8 + 64, layout_1.NODE_BYTES);
    at = region(at, layout_1.H_FRAME_WORDS, frames, 4);
    at = (at + layout_1.PAGE_SIZE - 1) & ~(layout_1.PAGE_SIZE - 1);
    store(layout_1.H_FRAMES, at);
    store(layout_1.H_FRAMES_END, at + (frames << layout_1.PAGE_SHIFT));
    store(layout_1.H_FRAME_LIMIT, frames);
    if (frames < 2 * load(layout_1.H_NID_COUNT))
        return 0;
    shareOut(frames);
    store(layout_1.SLOTS, layout_1.SLOTS, layout_1.MM_SLOT_NEXT);
    store(layout_1.SLOTS, layout_1.SLOTS, layout_1.MM_SLOT_PREV);
    store(layout_1.H_CURSOR_SLOT, layout_1.SLOTS);
    store(layout_1.H_FREE_LEAVES, 1, layout_1.FREE_FRESH); // leaf 0 means "none"
    return frames;
}
/** Gives each NUMA node an equal run of frames. Frame 0 is the shared zero frame and belongs to nobody. */
function shareOut(frames) {
    const nids = load(layout_1.H_NID_COUNT);
    for (let nid = 0; nid < nids; nid++) {
        const list = layout_1.H_FRAME_LISTS + nid * layout_1.FRAME_LIST_BYTES;
        store(list, nid == 0 ? 1 : ((frames * nid) / nids), layout_1.FRAME_LIST_FRESH);
        store(list, ((frames * (nid + 1)) / nids), layout_1.FRAME_LIST_END);
    }
    store(load(layout_1.H_FRAME_WORDS), 1);
}

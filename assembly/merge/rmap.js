"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.itemOf = itemOf;
exports.entryOf = entryOf;
exports.stateOf = stateOf;
exports.stateSet = stateSet;
exports.count = count;
exports.itemCreate = itemCreate;
exports.itemFree = itemFree;
exports.itemUnlink = itemUnlink;
exports.itemLeavesNode = itemLeavesNode;
exports.itemAppend = itemAppend;
/**
 * rmap items: KSM's record for one page of one mm, and the ways one comes into and out of the trees.
 *
 * An item is addressed by its page's entry; its fields are STATES[entry] and ITEMS[entry] (layout.ts). It is in exactly one
 * of three states: free (counted as volatile), UNSTABLE (a node of an unstable tree, or of one that was emptied at the
 * start of this pass), STABLE (in the list of a stable node). Counters move here and nowhere else.
 */
const rb_1 = require("../tree/rb");
const layout_1 = require("../layout");
const tables_1 = require("../memory/tables");
const node_1 = require("./node");
function itemOf(entry) {
    return load(layout_1.H_ITEMS) + (entry << layout_1.ITEM_SHIFT);
}
function entryOf(item) {
    return ((item - load(layout_1.H_ITEMS)) >> layout_1.ITEM_SHIFT);
}
function stateOf(entry) {
    return load(load(layout_1.H_STATES) + (entry << 2));
}
function stateSet(entry, state) {
    store(load(layout_1.H_STATES) + (entry << 2), state);
}
/** Adds `change` to one of the u32 counters. */
function count(counter, change) {
    store(counter, load(counter) + change);
}
/** A fresh item: checksum 0, age 0. */
function itemCreate(mm, entry) {
    stateSet(entry, layout_1.STATE_ITEM);
    store(itemOf(entry), 0, layout_1.ITEM_CHECKSUM);
    (0, tables_1.leafHold)(entry);
    count(layout_1.H_RMAP_ITEMS, 1);
    count(mm + layout_1.MM_RMAP_ITEMS, 1);
}
/** Takes the item out of its tree and frees it. */
function itemFree(mm, entry) {
    itemUnlink(entry);
    stateSet(entry, 0);
    (0, tables_1.leafDrop)(entry);
    count(layout_1.H_RMAP_ITEMS, -1);
    count(mm + layout_1.MM_RMAP_ITEMS, -1);
}
/** Takes the item out of whichever tree it is in; it is free (volatile) afterwards. */
function itemUnlink(entry) {
    const state = stateOf(entry);
    if (state & layout_1.STATE_UNSTABLE) {
        // A tree of an earlier pass was emptied as a whole; its nodes' links mean nothing any more.
        if ((state & layout_1.STATE_SEQ) == (load(layout_1.H_FULL_SCANS) & layout_1.STATE_SEQ))
            (0, rb_1.rbErase)(itemOf(entry));
        count(layout_1.H_PAGES_UNSHARED, -1);
        stateSet(entry, state & ~(layout_1.STATE_UNSTABLE | layout_1.STATE_SEQ));
    }
    else if (state & layout_1.STATE_STABLE) {
        unlinkStable(entry);
    }
}
function unlinkStable(entry) {
    const item = itemOf(entry);
    const node = load(item, layout_1.ITEM_NODE);
    if (load(node, layout_1.NODE_FRAME) == 0) {
        (0, node_1.nodeDelete)(node); // stale: takes all its items out, this one among them
        return;
    }
    const next = load(item, layout_1.ITEM_NEXT);
    const previous = load(item, layout_1.ITEM_PREV);
    if (previous == 0)
        store(node, next, layout_1.NODE_HEAD);
    else
        store(previous, next, layout_1.ITEM_NEXT);
    if (next != 0)
        store(next, previous, layout_1.ITEM_PREV);
    const nodeLen = load(node, layout_1.NODE_LEN) - 1;
    store(node, nodeLen, layout_1.NODE_LEN);
    itemLeavesNode(entry, nodeLen & layout_1.NODE_LEN_MASK);
}
/** Accounts for an item that left a stable node in which `others` items remain. */
function itemLeavesNode(entry, others) {
    count(others != 0 ? layout_1.H_PAGES_SHARING : layout_1.H_PAGES_SHARED, -1);
    count((0, tables_1.entryMm)(entry) + layout_1.MM_MERGING_PAGES, -1);
    stateSet(entry, stateOf(entry) & ~layout_1.STATE_STABLE);
    (0, tables_1.pteSet)(entry, (0, tables_1.pteOf)(entry) & ~layout_1.PTE_MERGED);
}
/** Hangs a free item on `node`, whose frame its page maps now. The first of a node counts as shared, others as sharing. */
function itemAppend(entry, node) {
    const item = itemOf(entry);
    const head = load(node, layout_1.NODE_HEAD);
    store(item, node, layout_1.ITEM_NODE);
    store(item, head, layout_1.ITEM_NEXT);
    store(item, 0, layout_1.ITEM_PREV);
    if (head != 0)
        store(head, item, layout_1.ITEM_PREV);
    store(node, item, layout_1.NODE_HEAD);
    store(node, load(node, layout_1.NODE_LEN) + 1, layout_1.NODE_LEN);
    count(head == 0 ? layout_1.H_PAGES_SHARED : layout_1.H_PAGES_SHARING, 1);
    count((0, tables_1.entryMm)(entry) + layout_1.MM_MERGING_PAGES, 1);
    stateSet(entry, stateOf(entry) | layout_1.STATE_STABLE);
    (0, tables_1.pteSet)(entry, (0, tables_1.pteOf)(entry) | layout_1.PTE_MERGED);
}

"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.mergeAnyPage = mergeAnyPage;
exports.mergeOrdinaryPage = mergeOrdinaryPage;
/**
 * What happens to one scanned page: compare with what was seen before, look for a partner, merge.
 *
 * A merge is a change of single pte words: the page's pte comes to point, read-only, at the KSM frame. The searches have
 * compared all 4096 bytes of both pages just before, and no guest runs in between.
 */
const zero_1 = require("../page/zero");
const layout_1 = require("../layout");
const fault_1 = require("../memory/fault");
const frames_1 = require("../memory/frames");
const tables_1 = require("../memory/tables");
const checksum_1 = require("./checksum");
const node_1 = require("./node");
const order_1 = require("./order");
const rmap_1 = require("./rmap");
const stable_1 = require("./stable");
const unstable_1 = require("./unstable");
/** Compares and merges a page of any kind; its hash is computed if it is needed. */
function mergeAnyPage(entry) {
    const frame = (0, tables_1.pteOf)(entry) & layout_1.PTE_FRAME;
    const node = (0, stable_1.stableNodeOf)(frame);
    if (node == 0) {
        (0, rmap_1.itemUnlink)(entry);
        const hash = (0, checksum_1.pageHash)(frame);
        mergeOrdinaryPage(entry, frame, hash, (hash >> 32));
        return;
    }
    if (!(0, node_1.nodeHas)(node, layout_1.NODE_MIGRATING) && (0, order_1.treeNid)(frame) != (0, node_1.nodeNid)(node))
        (0, node_1.nodeWait)(node);
    const waits = (0, node_1.nodeHas)(node, layout_1.NODE_MIGRATING);
    if (!waits && hangsOn(entry, node))
        return;
    const hash = waits ? (0, checksum_1.pageHash)(frame) : 0; // without waiting, a KSM frame finds its own node and needs no hash
    const target = (0, stable_1.stableSearch)(frame, hash, (hash >> 32));
    if (target == node && hangsOn(entry, node))
        return;
    (0, rmap_1.itemUnlink)(entry);
    if (target != 0 && mergeInto(entry, target))
        (0, rmap_1.itemAppend)(entry, target);
}
function hangsOn(entry, node) {
    return ((0, rmap_1.stateOf)(entry) & layout_1.STATE_STABLE) != 0 && load((0, rmap_1.itemOf)(entry), layout_1.ITEM_NODE) == node;
}
/** Compares and merges a page whose frame is not KSM's, whose item is free, and whose hash is known. */
function mergeOrdinaryPage(entry, frame, checksum, high) {
    const item = (0, rmap_1.itemOf)(entry);
    if (load(item, layout_1.ITEM_CHECKSUM) != checksum) {
        store(item, checksum, layout_1.ITEM_CHECKSUM); // volatile: changed since it was last seen, or never seen
        return;
    }
    if (load(layout_1.H_USE_ZERO_PAGES) && checksum == load(layout_1.H_ZERO_CHECKSUM) && mergeIntoZero(entry, frame))
        return;
    const target = (0, stable_1.stableSearch)(frame, checksum, high);
    if (target != 0) {
        if (mergeInto(entry, target))
            (0, rmap_1.itemAppend)(entry, target);
        return;
    }
    const partner = (0, unstable_1.unstableSearchOrInsert)(entry, frame, checksum, high);
    if (partner != 0)
        mergeTwo(entry, frame, partner, checksum, high);
}
/** Swings the pte to `node`'s frame, whose bytes are equal. False where somebody else refers to the page's frame. */
function mergeInto(entry, node) {
    const frame = (0, tables_1.pteOf)(entry) & layout_1.PTE_FRAME;
    const target = load(node, layout_1.NODE_FRAME);
    if (frame == target)
        return true; // a mapping that fork copied
    if ((0, frames_1.frameIsPinned)(frame))
        return false;
    (0, tables_1.pteSet)(entry, target | layout_1.PTE_PRESENT);
    (0, frames_1.frameGet)(target);
    (0, frames_1.framePut)(frame);
    return true;
}
function mergeIntoZero(entry, frame) {
    if ((0, frames_1.frameIsPinned)(frame) || !(0, zero_1.isZeroPage)(frame))
        return false;
    (0, tables_1.pteSet)(entry, (0, frames_1.zeroFrame)() | layout_1.PTE_PRESENT | layout_1.PTE_KSM_ZERO);
    (0, fault_1.countKsmZero)((0, tables_1.entryMm)(entry), 1);
    (0, frames_1.framePut)(frame);
    return true;
}
/**
 * Merges two equal pages. The frame of the page that is being scanned becomes KSM's, and the page from the unstable tree
 * gives up its own; on the node the tree page hangs first.
 */
function mergeTwo(entry, frame, partner, checksum, high) {
    if ((0, frames_1.frameIsPinned)(frame))
        return;
    let node = (0, frames_1.frameNode)(frame); // an orphan of an earlier, failed merge
    if (node == 0) {
        node = (0, node_1.nodeAlloc)();
        if (node == 0)
            return; // no room for another KSM frame: both pages stay as they are
        (0, node_1.nodeFlag)(node, 0, layout_1.NODE_ORPHAN);
        (0, frames_1.frameBecomeKsm)(frame, node);
    }
    (0, tables_1.pteSet)(entry, (0, tables_1.pteOf)(entry) & ~(layout_1.PTE_WRITABLE | layout_1.PTE_DIRTY));
    if (!mergeInto(partner, node)) {
        breakCow(entry);
        return;
    }
    (0, rmap_1.itemUnlink)(partner);
    if ((0, stable_1.stableInsert)(node, checksum, high)) {
        (0, rmap_1.itemAppend)(partner, node);
        (0, rmap_1.itemAppend)(entry, node);
    }
    else {
        breakCow(partner);
        breakCow(entry);
    }
}
/** Gives a page that maps a KSM frame a frame of its own again. Where none is left it stays as it is: nothing is lost. */
function breakCow(entry) {
    if ((0, frames_1.frameIsKsm)((0, tables_1.pteOf)(entry) & layout_1.PTE_FRAME))
        (0, fault_1.ownCopy)((0, tables_1.entryMm)(entry), entry);
}

"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.unmergeRange = unmergeRange;
exports.stableForget = stableForget;
/** Undoing KSM's work: pages get frames of their own again, and nodes without a frame are forgotten. */
const layout_1 = require("../layout");
const fault_1 = require("../memory/fault");
const frames_1 = require("../memory/frames");
const tables_1 = require("../memory/tables");
const chain_1 = require("./chain");
const node_1 = require("./node");
/**
 * Gives every page in [start, end) of `mm` that KSM merged a frame of its own. Items and counters are left to the scanner.
 * Returns 0, or an errno where frames ran out: what was done by then stays done.
 */
function unmergeRange(mm, start, end) {
    for (let page = (0, tables_1.nextMappedPage)(mm, start, end); page < end; page = (0, tables_1.nextMappedPage)(mm, page + 1, end)) {
        const entry = (0, tables_1.entryFind)(mm, page);
        const pte = (0, tables_1.pteOf)(entry);
        if (!(pte & layout_1.PTE_PRESENT))
            continue;
        if (!(pte & layout_1.PTE_KSM_ZERO) && !(0, frames_1.frameIsKsm)(pte & layout_1.PTE_FRAME))
            continue;
        const frame = (0, fault_1.ownCopy)(mm, entry);
        if (frame < layout_1.PAGE_SIZE)
            return frame;
    }
    return 0;
}
/**
 * Deletes every stable node whose frame is gone. In each tree the first node whose frame is still mapped stops the
 * clean-up, as in Linux. Returns EBUSY if there was one.
 */
function stableForget() {
    let busy = 0;
    const roots = load(layout_1.H_ROOT_COUNT) * load(layout_1.H_NID_COUNT);
    const first = load(layout_1.H_STABLE_ROOTS);
    for (let index = 0; index < roots; index++) {
        const slot = first + (index << 2);
        for (let node = load(slot); node != 0; node = load(slot)) {
            if (forget(node))
                continue;
            busy = layout_1.EBUSY;
            break;
        }
    }
    for (let node = load(layout_1.H_MIGRATE_NODES); node != 0;) {
        const next = load(node, layout_1.NODE_DUP_NEXT);
        if ((0, node_1.nodeIsStale)(node))
            (0, node_1.nodeDelete)(node);
        else
            busy = layout_1.EBUSY;
        node = next;
    }
    return busy;
}
/** Deletes a tree node, a chain with all its dups. False where a frame is still mapped. */
function forget(node) {
    if (!(0, node_1.nodeIsChain)(node)) {
        if (!(0, node_1.nodeIsStale)(node))
            return false;
        (0, node_1.nodeDelete)(node);
        return true;
    }
    for (let dup = load(node, layout_1.NODE_HEAD); dup != 0; dup = load(node, layout_1.NODE_HEAD)) {
        if (!(0, node_1.nodeIsStale)(dup))
            return false;
        (0, node_1.nodeDelete)(dup);
    }
    (0, chain_1.chainFree)(node);
    return true;
}

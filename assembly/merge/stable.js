"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.stableNodeOf = stableNodeOf;
exports.stableSearch = stableSearch;
exports.stableInsert = stableInsert;
exports.pruneWaiting = pruneWaiting;
/**
 * The stable tree: every KSM frame, by content. Frames in it are write-protected everywhere, so the order holds; what can
 * happen to a node is that its frame is freed (stale), or moves to another NUMA node.
 */
const compare_1 = require("../page/compare");
const rb_1 = require("../tree/rb");
const layout_1 = require("../layout");
const frames_1 = require("../memory/frames");
const chain_1 = require("./chain");
const node_1 = require("./node");
const order_1 = require("./order");
/** The stable node of a KSM frame; 0 for ordinary frames and for those of an orphan, which is in no tree. */
function stableNodeOf(frame) {
    const node = (0, frames_1.frameNode)(frame);
    return node != 0 && (0, node_1.nodeHas)(node, layout_1.NODE_ORPHAN) ? 0 : node;
}
/**
 * The node into whose frame the page in `frame` can be merged, or 0. A KSM frame (a mapping that fork copied) finds its own
 * node; one that waits after moving between NUMA nodes is sorted in on the way.
 */
function stableSearch(frame, checksum, high) {
    const own = stableNodeOf(frame);
    if (own != 0 && !(0, node_1.nodeHas)(own, layout_1.NODE_MIGRATING))
        return own;
    const nid = (0, order_1.treeNid)(frame);
    let parent = 0;
    let link = (0, order_1.stableRoot)(nid, high);
    for (let node = load(link); node != 0; node = load(link)) {
        let order = (0, order_1.orderByKey)(checksum, node);
        if (order == 0) {
            const dup = (0, chain_1.chainPick)(node, true);
            if (dup == 0) {
                parent = 0; // something stale went and the tree has changed: search anew
                link = (0, order_1.stableRoot)(nid, high);
                continue;
            }
            node = load(link); // a chain may have given way to its last dup
            order = (0, compare_1.comparePages)(frame, load(dup, layout_1.NODE_FRAME));
            if (order == 0)
                return foundEqual(own, node, dup, nid);
        }
        parent = node;
        link = node + (order < 0 ? layout_1.RB_LEFT : layout_1.RB_RIGHT);
    }
    if (own == 0)
        return 0;
    leaveWaitingList(own, checksum, nid);
    (0, rb_1.rbInsert)(own, parent, link);
    return (0, node_1.nodeIsCandidate)(own, 0) ? own : 0;
}
/** Tree node `node` has the content of a searched page, with `dup` standing for it; `own` waits, or is 0. */
function foundEqual(own, node, dup, nid) {
    if (own != 0 && load(own, layout_1.NODE_MAPS) > 1)
        return appendToChain(own, node, nid);
    if (!(0, node_1.nodeIsCandidate)(dup, 0))
        return 0;
    return (0, order_1.treeNid)(load(dup, layout_1.NODE_FRAME)) == (0, node_1.nodeNid)(dup) ? dup : replaceMisplaced(own, node, dup, nid);
}
function leaveWaitingList(node, checksum, nid) {
    (0, node_1.nodeUnlink)(node);
    store(node, checksum, layout_1.NODE_KEY);
    setNid(node, nid);
}
function setNid(node, nid) {
    const rest = load(node, layout_1.NODE_LEN) & ((1 << layout_1.NODE_NID_SHIFT) - 1);
    store(node, rest | (nid << layout_1.NODE_NID_SHIFT), layout_1.NODE_LEN);
}
/** A frame that moved here and is mapped more than once becomes one more dup of its content. */
function appendToChain(own, node, nid) {
    const chain = (0, node_1.nodeIsChain)(node) ? node : (0, chain_1.chainMake)(node);
    if (chain == 0)
        return 0;
    leaveWaitingList(own, load(chain, layout_1.NODE_KEY), nid);
    (0, node_1.dupAdd)(chain, own);
    return (0, node_1.nodeIsCandidate)(own, 0) ? own : 0;
}
/** `dup`'s frame has moved away: it goes to the waiting list, and `own`, if there is one, takes its place. */
function replaceMisplaced(own, node, dup, nid) {
    const key = load(dup, layout_1.NODE_KEY);
    if (own != 0)
        leaveWaitingList(own, key, nid);
    if (dup != node) {
        (0, node_1.nodeUnlink)(dup);
        if (own != 0)
            (0, node_1.dupAdd)(node, own);
    }
    else if (own != 0) {
        (0, rb_1.rbReplace)(dup, own);
    }
    else {
        (0, rb_1.rbErase)(dup);
    }
    store(dup, (load(dup, layout_1.NODE_LEN) & ~layout_1.NODE_IS_DUP) | layout_1.NODE_MIGRATING, layout_1.NODE_LEN);
    (0, node_1.listAdd)(layout_1.H_MIGRATE_NODES, dup);
    return own != 0 && (0, node_1.nodeIsCandidate)(own, 0) ? own : 0;
}
/**
 * Sorts in a new node, whose frame has just become KSM's. Where its content is there already (all full), it becomes a dup.
 * False where the arena has no room for the chain; the node is an orphan then.
 */
function stableInsert(node, checksum, high) {
    const frame = load(node, layout_1.NODE_FRAME);
    const nid = (0, order_1.treeNid)(frame);
    store(node, checksum, layout_1.NODE_KEY);
    let parent = 0;
    let link = (0, order_1.stableRoot)(nid, high);
    for (let met = load(link); met != 0; met = load(link)) {
        let order = (0, order_1.orderByKey)(checksum, met);
        if (order == 0) {
            const dup = (0, chain_1.chainPick)(met, false);
            if (dup == 0) {
                parent = 0;
                link = (0, order_1.stableRoot)(nid, high);
                continue;
            }
            met = load(link);
            order = (0, compare_1.comparePages)(frame, load(dup, layout_1.NODE_FRAME));
            if (order == 0)
                return insertDup(node, met, nid);
        }
        parent = met;
        link = met + (order < 0 ? layout_1.RB_LEFT : layout_1.RB_RIGHT);
    }
    adopt(node, nid);
    (0, rb_1.rbInsert)(node, parent, link);
    return true;
}
function insertDup(node, met, nid) {
    const chain = (0, node_1.nodeIsChain)(met) ? met : (0, chain_1.chainMake)(met);
    if (chain == 0)
        return false;
    adopt(node, nid);
    (0, node_1.dupAdd)(chain, node);
    return true;
}
function adopt(node, nid) {
    store(node, load(node, layout_1.NODE_LEN) & ~layout_1.NODE_ORPHAN, layout_1.NODE_LEN);
    setNid(node, nid);
}
/** Deletes the stale ones among the nodes that wait to be sorted in anew. */
function pruneWaiting() {
    for (let node = load(layout_1.H_MIGRATE_NODES); node != 0;) {
        const next = load(node, layout_1.NODE_DUP_NEXT);
        if ((0, node_1.nodeIsStale)(node))
            (0, node_1.nodeDelete)(node);
        node = next;
    }
}

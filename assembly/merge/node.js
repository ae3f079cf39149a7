"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.nodeAlloc = nodeAlloc;
exports.nodeHas = nodeHas;
exports.nodeFlag = nodeFlag;
exports.nodeLen = nodeLen;
exports.nodeNid = nodeNid;
exports.nodeIsCandidate = nodeIsCandidate;
exports.nodeDelete = nodeDelete;
exports.nodeUnlink = nodeUnlink;
exports.dupAdd = dupAdd;
exports.nodeWait = nodeWait;
exports.listAdd = listAdd;
exports.listRemove = listRemove;
exports.nodeIsStale = nodeIsStale;
exports.nodeIsChain = nodeIsChain;
/**
 * Stable nodes: one for each KSM frame, in the stable tree, in a chain of nodes with equal frames, or waiting on the list of
 * nodes whose frame moved to another NUMA node.
 *
 * A node does not keep its frame alive. When the last pte goes the frame is free at once and NODE_FRAME becomes 0: the node
 * is stale, and is deleted by whoever meets it next. Its items and the counters stay until then, as in Linux.
 */
const rb_1 = require("../tree/rb");
const layout_1 = require("../layout");
const arena_1 = require("../memory/arena");
const rmap_1 = require("./rmap");
/** An empty record; 0 where the arena is full. */
function nodeAlloc() {
    return (0, arena_1.arenaTake)(layout_1.H_FREE_NODES, load(layout_1.H_NODES), layout_1.NODE_BYTES, load(layout_1.H_NODE_LIMIT), layout_1.LIMIT_NODES);
}
function nodeHas(node, flag) {
    return (load(node, layout_1.NODE_LEN) & flag) != 0;
}
function nodeFlag(node, clear, set) {
    store(node, (load(node, layout_1.NODE_LEN) & ~clear) | set, layout_1.NODE_LEN);
}
/** How many items hang on the node. */
function nodeLen(node) {
    return load(node, layout_1.NODE_LEN) & layout_1.NODE_LEN_MASK;
}
function nodeNid(node) {
    return load(node, layout_1.NODE_LEN) >> layout_1.NODE_NID_SHIFT;
}
/** May one more page (`offset` more than that) be merged into the node under max_page_sharing? */
function nodeIsCandidate(node, offset) {
    const items = nodeLen(node);
    return items != 0 && items + offset < load(layout_1.H_MAX_PAGE_SHARING);
}
/** Deletes a regular node, a dup or a waiting node, stale or unmapped. All its items become volatile. */
function nodeDelete(node) {
    for (let item = load(node, layout_1.NODE_HEAD); item != 0;) {
        const next = load(item, layout_1.ITEM_NEXT);
        (0, rmap_1.itemLeavesNode)((0, rmap_1.entryOf)(item), next != 0 ? 1 : 0);
        item = next;
    }
    nodeUnlink(node);
    (0, arena_1.arenaGive)(layout_1.H_FREE_NODES, node);
}
/** Takes a node out of the tree, the chain or the waiting list that it is in. */
function nodeUnlink(node) {
    if (nodeHas(node, layout_1.NODE_MIGRATING)) {
        listRemove(layout_1.H_MIGRATE_NODES, node);
        nodeFlag(node, layout_1.NODE_MIGRATING, 0);
    }
    else if (nodeHas(node, layout_1.NODE_IS_DUP)) {
        listRemove(load(node, layout_1.NODE_CHAIN) + layout_1.NODE_HEAD, node);
        nodeFlag(node, layout_1.NODE_IS_DUP, 0);
        (0, rmap_1.count)(layout_1.H_STABLE_NODE_DUPS, -1);
    }
    else {
        (0, rb_1.rbErase)(node);
    }
}
/** Makes `node`, which is in no tree, the first dup of `chain`. */
function dupAdd(chain, node) {
    nodeFlag(node, 0, layout_1.NODE_IS_DUP);
    store(node, chain, layout_1.NODE_CHAIN);
    listAdd(chain + layout_1.NODE_HEAD, node);
    (0, rmap_1.count)(layout_1.H_STABLE_NODE_DUPS, 1);
}
/** Takes a tree or chain node out and puts it on the list of those that wait to be sorted in anew. */
function nodeWait(node) {
    nodeUnlink(node);
    nodeFlag(node, 0, layout_1.NODE_MIGRATING);
    listAdd(layout_1.H_MIGRATE_NODES, node);
}
/** Lists of nodes: `head` is the address of the word that holds the first; linked by NODE_DUP_NEXT and NODE_DUP_PREV. */
function listAdd(head, node) {
    const first = load(head);
    store(node, first, layout_1.NODE_DUP_NEXT);
    store(node, 0, layout_1.NODE_DUP_PREV);
    if (first != 0)
        store(first, node, layout_1.NODE_DUP_PREV);
    store(head, node);
}
function listRemove(head, node) {
    const next = load(node, layout_1.NODE_DUP_NEXT);
    const previous = load(node, layout_1.NODE_DUP_PREV);
    if (previous == 0)
        store(head, next);
    else
        store(previous, next, layout_1.NODE_DUP_NEXT);
    if (next != 0)
        store(next, previous, layout_1.NODE_DUP_PREV);
}
/** True where the node's frame is gone. Meaningless for a chain. */
function nodeIsStale(node) {
    return load(node, layout_1.NODE_FRAME) == 0;
}
function nodeIsChain(node) {
    return nodeHas(node, layout_1.NODE_IS_CHAIN);
}

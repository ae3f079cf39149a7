"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.treeNid = treeNid;
exports.stableRoot = stableRoot;
exports.unstableRoot = unstableRoot;
exports.orderByKey = orderByKey;
/**
 * The two orders of the trees, chosen at creation, behind one tree code.
 *
 * content: as Linux orders them, by memcmp over current bytes; one tree for each NUMA node.
 * hash:    by the page's 64-bit hash. The upper half picks one of many roots, the lower half (the page's checksum) orders the
 *          few nodes below it, and only pages that agree in both are compared as bytes. A node's place is fixed when
 *          it is inserted, so pages that change afterwards mislead nobody but those with the same hash.
 *
 * A page's hash is passed around as its two halves, `checksum` (lower) and `high`.
 */
const layout_1 = require("../layout");
const frames_1 = require("../memory/frames");
/** NUMA node whose trees `frame` belongs to. */
function treeNid(frame) {
    return load(layout_1.H_MERGE_ACROSS_NODES) ? 0 : (0, frames_1.frameNid)(frame);
}
function rootIndex(nid, high) {
    const roots = load(layout_1.H_ROOT_COUNT);
    return (nid * roots + ((high * roots) >> 32)) << 2;
}
/** Root slot of the stable tree in which a page with this hash belongs. */
function stableRoot(nid, high) {
    return load(layout_1.H_STABLE_ROOTS) + rootIndex(nid, high);
}
function unstableRoot(nid, high) {
    return load(layout_1.H_UNSTABLE_ROOTS) + rootIndex(nid, high);
}
/** Order of a page against a tree node as far as keys tell: 0 where bytes must decide, as always in content order. */
function orderByKey(checksum, node) {
    if (load(layout_1.H_INDEX) != layout_1.INDEX_HASH)
        return 0;
    const key = load(node, layout_1.RB_KEY);
    return checksum == key ? 0 : checksum < key ? -1 : 1;
}

"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.chainMake = chainMake;
exports.chainFree = chainFree;
exports.chainPick = chainPick;
/**
 * Chains: under max_page_sharing one KSM frame holds only so many pages, so equal frames' nodes hang as dups on a chain node that
 * stands for their content in the stable tree.
 */
const rb_1 = require("../tree/rb");
const layout_1 = require("../layout");
const arena_1 = require("../memory/arena");
const node_1 = require("./node");
const rmap_1 = require("./rmap");
/** Puts a new chain in the place of tree node `node`, which becomes its first dup. 0 where the arena is full. */
function chainMake(node) {
    const chain = (0, node_1.nodeAlloc)();
    if (chain == 0)
        return 0;
    store(chain, load(node, layout_1.NODE_KEY), layout_1.NODE_KEY);
    store(chain, load(layout_1.H_NOW), layout_1.NODE_PRUNE_TIME);
    (0, node_1.nodeFlag)(chain, 0, layout_1.NODE_IS_CHAIN | ((0, node_1.nodeNid)(node) << layout_1.NODE_NID_SHIFT));
    (0, rb_1.rbReplace)(node, chain);
    (0, rmap_1.count)(layout_1.H_STABLE_NODE_CHAINS, 1);
    (0, node_1.dupAdd)(chain, node);
    return chain;
}
/** Takes a chain without dups out of the tree. */
function chainFree(chain) {
    (0, rb_1.rbErase)(chain);
    (0, rmap_1.count)(layout_1.H_STABLE_NODE_CHAINS, -1);
    (0, arena_1.arenaGive)(layout_1.H_FREE_NODES, chain);
}
/** The last dup of `chain` takes the chain's place in the tree. */
function collapse(chain, last) {
    (0, node_1.listRemove)(chain + layout_1.NODE_HEAD, last);
    (0, node_1.nodeFlag)(last, layout_1.NODE_IS_DUP, 0);
    (0, rb_1.rbReplace)(chain, last);
    (0, rmap_1.count)(layout_1.H_STABLE_NODE_CHAINS, -1);
    (0, rmap_1.count)(layout_1.H_STABLE_NODE_DUPS, -1);
    (0, arena_1.arenaGive)(layout_1.H_FREE_NODES, chain);
}
/**
 * The node whose frame stands for tree node `node` in a comparison: itself, or one dup of a chain. With `prune`, and not more
 * often than the setting allows, the whole chain is walked and the fullest dup that takes another page is picked;
 * else the first that does. Stale nodes on the way are deleted, and a chain with one dup left gives way to it, so the
 * caller must look again at what hangs at its link. 0: nothing was left, and the tree has changed.
 */
function chainPick(node, prune) {
    if (!(0, node_1.nodeIsChain)(node)) {
        if (!(0, node_1.nodeIsStale)(node))
            return node;
        (0, node_1.nodeDelete)(node);
        return 0;
    }
    const best = pickDup(node, prune && pruneIsDue(node));
    if (best == 0) {
        chainFree(node);
        return 0;
    }
    const first = load(node, layout_1.NODE_HEAD);
    if (first == best && load(best, layout_1.NODE_DUP_NEXT) == 0) {
        collapse(node, best);
    }
    else if (first != best && (0, node_1.nodeIsCandidate)(best, 1)) {
        (0, node_1.listRemove)(node + layout_1.NODE_HEAD, best);
        (0, node_1.listAdd)(node + layout_1.NODE_HEAD, best);
    }
    return best;
}
function pruneIsDue(chain) {
    const now = load(layout_1.H_NOW);
    if (now - load(chain, layout_1.NODE_PRUNE_TIME) < load(layout_1.H_STABLE_NODE_CHAINS_PRUNE_MILLISECS))
        return false;
    store(chain, now, layout_1.NODE_PRUNE_TIME);
    return true;
}
function pickDup(chain, all) {
    let best = 0;
    for (let dup = load(chain, layout_1.NODE_HEAD); dup != 0;) {
        const next = load(dup, layout_1.NODE_DUP_NEXT);
        if ((0, node_1.nodeIsStale)(dup)) {
            (0, node_1.nodeDelete)(dup);
        }
        else {
            const candidate = (0, node_1.nodeIsCandidate)(dup, 0);
            if (best == 0 || (candidate && (!(0, node_1.nodeIsCandidate)(best, 0) || (0, node_1.nodeLen)(dup) > (0, node_1.nodeLen)(best))))
                best = dup;
            if (!all && (0, node_1.nodeIsCandidate)(best, 0))
                break;
        }
        dup = next;
    }
    return best;
}

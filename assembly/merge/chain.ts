/**
 * Chains: under max_page_sharing one KSM frame holds only so many pages, so equal frames' nodes hang as dups on a chain node that
 * stands for their content in the stable tree.
 */

import {
  H_FREE_NODES,
  H_NOW,
  H_STABLE_NODE_CHAINS,
  H_STABLE_NODE_CHAINS_PRUNE_MILLISECS,
  NODE_DUP_NEXT,
  NODE_HEAD,
  NODE_IS_CHAIN,
  NODE_KEY,
  NODE_NID_SHIFT,
  NODE_PRUNE_TIME,
} from '../layout';
import { arenaGive } from '../memory/arena';
import { firstStale, firstWithRoom, fullestWithRoom, isNearer, nodeIsCandidate, roomClear } from '../memory/dups';
import { rbErase, rbReplace } from '../tree/rb';
import {
  dupAdd,
  dupMoveToFront,
  dupRemove,
  nodeAlloc,
  nodeDelete,
  nodeFlag,
  nodeIsChain,
  nodeIsStale,
  nodeNid,
} from './node';
import { count } from './rmap';

/** Puts a new chain in the place of tree node `node`, which becomes its first dup. 0 where the arena is full. */
export function chainMake(node: usize): usize {
  const chain = nodeAlloc();
  if (chain == 0) return 0;
  store<u32>(chain, load<u32>(node, NODE_KEY), NODE_KEY);
  store<u32>(chain, load<u32>(H_NOW), NODE_PRUNE_TIME);
  nodeFlag(chain, 0, NODE_IS_CHAIN | (nodeNid(node) << NODE_NID_SHIFT));
  roomClear(chain);
  rbReplace(node, chain);
  count(H_STABLE_NODE_CHAINS, 1);
  dupAdd(chain, node);
  return chain;
}

/** Takes a chain without dups out of the tree. */
export function chainFree(chain: usize): void {
  rbErase(chain);
  count(H_STABLE_NODE_CHAINS, -1);
  arenaGive(H_FREE_NODES, chain);
}

/** The last dup of `chain` takes the chain's place in the tree. */
function collapse(chain: usize, last: usize): void {
  dupRemove(last);
  rbReplace(chain, last);
  count(H_STABLE_NODE_CHAINS, -1);
  arenaGive(H_FREE_NODES, chain);
}

/**
 * The node whose frame stands for tree node `node` in a comparison: itself, or one dup of a chain. With `prune`, and not more
 * often than the setting allows, the fullest dup of the whole chain that takes another page is picked; else the first
 * that does. Stale nodes on the way there are deleted, and a chain with one dup left gives way to it, so the
 * caller must look again at what hangs at its link. 0: nothing was left, and the tree has changed.
 */
export function chainPick(node: usize, prune: bool): usize {
  if (!nodeIsChain(node)) {
    if (!nodeIsStale(node)) return node;
    nodeDelete(node);
    return 0;
  }
  const best = pickDup(node, prune && pruneIsDue(node));
  if (best == 0) {
    chainFree(node);
    return 0;
  }
  const first: usize = load<u32>(node, NODE_HEAD);
  if (first == best && load<u32>(best, NODE_DUP_NEXT) == 0) {
    collapse(node, best);
  } else if (first != best && nodeIsCandidate(best, 1)) {
    dupMoveToFront(node, best);
  }
  return best;
}

function pruneIsDue(chain: usize): bool {
  const now = load<u32>(H_NOW);
  if (now - load<u32>(chain, NODE_PRUNE_TIME) < load<u32>(H_STABLE_NODE_CHAINS_PRUNE_MILLISECS)) return false;
  store<u32>(chain, now, NODE_PRUNE_TIME);
  return true;
}

/**
 * What a walk over the dups would pick: the first that takes another page, or over all of them the fullest such, or where there is
 * none the first at all. Those that it would find stale before it stops are deleted.
 */
function pickDup(chain: usize, all: bool): usize {
  const first = firstWithRoom(chain);
  const end = all ? 0 : first;
  for (let stale = firstStale(chain); stale != 0 && (end == 0 || isNearer(stale, end)); stale = firstStale(chain)) {
    nodeDelete(stale);
  }
  if (first == 0) return load<u32>(chain, NODE_HEAD);
  return all ? fullestWithRoom(chain) : first;
}

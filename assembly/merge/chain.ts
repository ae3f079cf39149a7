/**
 * Chains. Under max_page_sharing one KSM frame holds only so many pages. So nodes with equal frames hang as dups on a chain node, which
 * stands for their content in the stable tree.
 */

import { arenaGive } from '../base/arena';
import { count, setting } from '../base/count';
import { rbErase, rbReplace } from '../base/rb';
import {
  H_STABLE_NODE_CHAINS,
  H_STABLE_NODE_CHAINS_PRUNE_MILLISECS,
  NODE_IS_CHAIN,
  NODE_NID_SHIFT,
  NODE_ORPHAN,
} from '../layout';
import { freeNodes } from '../records/free-list';
import { header } from '../records/header';
import { Node } from '../records/node';
import { none } from '../records/record';
import { firstStale, firstWithRoom, fullestWithRoom, isNearer, nodeIsCandidate, roomClear } from './dups';
import { lostHear } from './lost';
import {
  dupAdd,
  dupMoveToFront,
  dupRemove,
  expectOutside,
  nodeAlloc,
  nodeDelete,
  nodeFlag,
  nodeHas,
  nodeIsChain,
  nodeIsStale,
  nodeNid,
} from './node';

/** Puts a new chain in the place of tree node `node`, which becomes its first dup. None if the arena is full. */
export function chainMake(node: Node): Node {
  if (!ASC_NO_ASSERT) {
    expectOutside(node); // of chains and lists: it is in the tree
    assert(!nodeHas(node, NODE_ORPHAN));
  }
  const chain = nodeAlloc();
  if (!chain) return chain;
  chain.key = node.key;
  chain.domain = node.domain;
  chain.pruneTime = header.now;
  nodeFlag(chain, 0, NODE_IS_CHAIN | (nodeNid(node) << NODE_NID_SHIFT));
  roomClear(chain);
  rbReplace(node, chain);
  count(H_STABLE_NODE_CHAINS, 1);
  dupAdd(chain, node);
  return chain;
}

/** Takes a chain without dups out of the tree. */
export function chainFree(chain: Node): void {
  if (!ASC_NO_ASSERT) {
    assert(nodeIsChain(chain));
    assert(!chain.firstDup);
  }
  rbErase(chain);
  count(H_STABLE_NODE_CHAINS, -1);
  arenaGive(freeNodes, chain);
}

/** The last dup of `chain` takes the chain's place in the tree. */
function collapse(chain: Node, last: Node): void {
  if (!ASC_NO_ASSERT) {
    assert(chain.firstDup == last);
    assert(!last.dupNext);
    assert(last.key == chain.key);
    assert(last.domain == chain.domain);
    assert(nodeNid(last) == nodeNid(chain));
  }
  dupRemove(last);
  rbReplace(chain, last);
  count(H_STABLE_NODE_CHAINS, -1);
  arenaGive(freeNodes, chain);
}

/**
 * The node whose frame stands for tree node `node` in a comparison: itself, or one dup of a chain. Of a chain the first dup that takes
 * another page is picked; with `prune`, but not more often than the setting allows, the fullest that does. Stale nodes on the way there are
 * deleted, and a chain with one dup left gives way to it. So the caller must look again at what hangs at its link. None if nothing was
 * left; the tree has changed then.
 */
export function chainPick(node: Node, prune: bool): Node {
  if (!nodeIsChain(node)) {
    if (!nodeIsStale(node)) return node;
    nodeDelete(node);
    return none<Node>();
  }
  const all = prune && pruneIsDue(node);
  if (all) node.pruneTime = header.now;
  const best = pickDup(node, all);
  if (!ASC_NO_ASSERT) assert(!best || (best.chain == node && !nodeIsStale(best)));
  if (!best) {
    chainFree(node);
    return best;
  }
  const first = node.firstDup;
  if (first == best && !best.dupNext) {
    collapse(node, best);
  } else if (first != best && nodeIsCandidate(best, 1)) {
    dupMoveToFront(node, best);
  }
  return best;
}

function pruneIsDue(chain: Node): bool {
  return header.now - chain.pruneTime >= setting(H_STABLE_NODE_CHAINS_PRUNE_MILLISECS);
}

/**
 * What a walk over the dups would pick: the first that takes another page, or if `all` the fullest such; if there is none, the first at
 * all. Those that it would find stale before it stops are deleted.
 */
function pickDup(chain: Node, all: bool): Node {
  lostHear();
  const first = firstWithRoom(chain);
  const end = all ? none<Node>() : first;
  for (let stale = firstStale(chain); stale && (end ? isNearer(stale, end) : true); stale = firstStale(chain)) {
    nodeDelete(stale);
  }
  if (!first) return chain.firstDup;
  return all ? fullestWithRoom(chain) : first;
}

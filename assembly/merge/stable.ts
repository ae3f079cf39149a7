/**
 * The stable tree: every KSM frame, by content. Frames in it are write-protected everywhere, so the order holds; what can
 * happen to a node is that its frame is freed (stale), or moves to another NUMA node.
 */

import {
  H_MIGRATE_NODES,
  NODE_DUP_NEXT,
  NODE_FRAME,
  NODE_IS_DUP,
  NODE_KEY,
  NODE_LEN,
  NODE_MAPS,
  NODE_MIGRATING,
  NODE_NID_SHIFT,
  NODE_ORPHAN,
  RB_LEFT,
  RB_RIGHT,
} from '../layout';
import { nodeIsCandidate } from '../memory/dups';
import { frameNode } from '../memory/frames';
import { comparePages } from '../page/compare';
import { rbErase, rbInsert, rbReplace } from '../tree/rb';
import { chainMake, chainPick } from './chain';
import { dupAdd, listAdd, nodeDelete, nodeHas, nodeIsChain, nodeIsStale, nodeNid, nodeUnlink } from './node';
import { isHashOrder, orderByKey, stableKey, stableRoot, treeNid } from './order';

/** The stable node of a KSM frame; 0 for ordinary frames and for those of an orphan, which is in no tree. */
export function stableNodeOf(frame: usize): usize {
  const node = frameNode(frame);
  return node != 0 && nodeHas(node, NODE_ORPHAN) ? 0 : node;
}

/** Result of a search that found the content, but no node that takes another page. */
export const STABLE_FULL: usize = 1;

/**
 * The node into whose frame the page in `frame` can be merged; 0 or STABLE_FULL where there is none. A KSM frame (a mapping that
 * fork copied) finds its own node; one that waits after moving between NUMA nodes is sorted in on the way. In content order every
 * node on the way is looked after (chainPick), as in Linux, though keys mostly tell the order without a look at its page.
 */
export function stableSearch(frame: usize, checksum: u32): usize {
  const own = stableNodeOf(frame);
  if (own != 0 && !nodeHas(own, NODE_MIGRATING)) return own;
  const nid = treeNid(frame);
  const key = stableKey(frame, checksum);
  const visitsAll = !isHashOrder();
  let parent: usize = 0;
  let link = stableRoot(nid, checksum);
  for (let node: usize = load<u32>(link); node != 0; node = load<u32>(link)) {
    let order = orderByKey(key, node);
    if (order == 0 || visitsAll) {
      const dup = chainPick(node, true);
      if (dup == 0) {
        parent = 0; // something stale went and the tree has changed: search anew
        link = stableRoot(nid, checksum);
        continue;
      }
      node = load<u32>(link); // a chain may have given way to its last dup
      if (order == 0) order = comparePages(frame, load<u32>(dup, NODE_FRAME));
      if (order == 0) return foundEqual(own, node, dup, nid);
    }
    parent = node;
    link = node + (order < 0 ? RB_LEFT : RB_RIGHT);
  }
  if (own == 0) return 0;
  leaveWaitingList(own, key, nid);
  rbInsert(own, parent, link);
  return nodeIsCandidate(own, 0) ? own : STABLE_FULL;
}

/** Tree node `node` has the content of a searched page, with `dup` standing for it; `own` waits, or is 0. */
function foundEqual(own: usize, node: usize, dup: usize, nid: u32): usize {
  if (own != 0 && load<u32>(own, NODE_MAPS) > 1) return appendToChain(own, node, nid);
  if (!nodeIsCandidate(dup, 0)) return STABLE_FULL;
  return treeNid(load<u32>(dup, NODE_FRAME)) == nodeNid(dup) ? dup : replaceMisplaced(own, node, dup, nid);
}

function leaveWaitingList(node: usize, key: u32, nid: u32): void {
  nodeUnlink(node);
  store<u32>(node, key, NODE_KEY);
  setNid(node, nid);
}

function setNid(node: usize, nid: u32): void {
  const rest = load<u32>(node, NODE_LEN) & ((1 << NODE_NID_SHIFT) - 1);
  store<u32>(node, rest | (nid << NODE_NID_SHIFT), NODE_LEN);
}

/** A frame that moved here and is mapped more than once becomes one more dup of its content. */
function appendToChain(own: usize, node: usize, nid: u32): usize {
  const chain = nodeIsChain(node) ? node : chainMake(node);
  if (chain == 0) return STABLE_FULL;
  leaveWaitingList(own, load<u32>(chain, NODE_KEY), nid);
  dupAdd(chain, own);
  return nodeIsCandidate(own, 0) ? own : STABLE_FULL;
}

/** `dup`'s frame has moved away: it goes to the waiting list, and `own`, if there is one, takes its place. */
function replaceMisplaced(own: usize, node: usize, dup: usize, nid: u32): usize {
  const key = load<u32>(dup, NODE_KEY);
  if (own != 0) leaveWaitingList(own, key, nid);
  if (dup != node) {
    nodeUnlink(dup);
    if (own != 0) dupAdd(node, own);
  } else if (own != 0) {
    rbReplace(dup, own);
  } else {
    rbErase(dup);
  }
  store<u32>(dup, (load<u32>(dup, NODE_LEN) & ~NODE_IS_DUP) | NODE_MIGRATING, NODE_LEN);
  listAdd(H_MIGRATE_NODES, dup);
  return own != 0 && nodeIsCandidate(own, 0) ? own : STABLE_FULL;
}

/**
 * Sorts in a new node, whose frame has just become KSM's. Where its content is there already (all full), it becomes a dup.
 * False where the arena has no room for the chain; the node is an orphan then.
 */
export function stableInsert(node: usize, checksum: u32): bool {
  const frame: usize = load<u32>(node, NODE_FRAME);
  const nid = treeNid(frame);
  const key = stableKey(frame, checksum);
  const visitsAll = !isHashOrder();
  store<u32>(node, key, NODE_KEY);
  let parent: usize = 0;
  let link = stableRoot(nid, checksum);
  for (let met: usize = load<u32>(link); met != 0; met = load<u32>(link)) {
    let order = orderByKey(key, met);
    if (order == 0 || visitsAll) {
      const dup = chainPick(met, false);
      if (dup == 0) {
        parent = 0;
        link = stableRoot(nid, checksum);
        continue;
      }
      met = load<u32>(link);
      if (order == 0) order = comparePages(frame, load<u32>(dup, NODE_FRAME));
      if (order == 0) return insertDup(node, met, nid);
    }
    parent = met;
    link = met + (order < 0 ? RB_LEFT : RB_RIGHT);
  }
  adopt(node, nid);
  rbInsert(node, parent, link);
  return true;
}

function insertDup(node: usize, met: usize, nid: u32): bool {
  const chain = nodeIsChain(met) ? met : chainMake(met);
  if (chain == 0) return false;
  adopt(node, nid);
  dupAdd(chain, node);
  return true;
}

function adopt(node: usize, nid: u32): void {
  store<u32>(node, load<u32>(node, NODE_LEN) & ~NODE_ORPHAN, NODE_LEN);
  setNid(node, nid);
}

/** Deletes the stale ones among the nodes that wait to be sorted in anew. */
export function pruneWaiting(): void {
  for (let node: usize = load<u32>(H_MIGRATE_NODES); node != 0; ) {
    const next: usize = load<u32>(node, NODE_DUP_NEXT);
    if (nodeIsStale(node)) nodeDelete(node);
    node = next;
  }
}

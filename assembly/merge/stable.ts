/**
 * The stable tree: every KSM frame, by content. Frames in it are write-protected everywhere, so the order holds; what can
 * happen to a node is that its frame is freed (stale), or moves to another NUMA node.
 */

import { listAdd } from '../base/list';
import { rbAt, rbErase, rbInsert, rbLink, rbReplace } from '../base/rb';
import { H_MIGRATE_NODES, NODE_IS_DUP, NODE_MIGRATING, NODE_NID, NODE_NID_SHIFT, NODE_ORPHAN } from '../layout';
import { nodeIsCandidate } from '../memory/dups';
import { frameNode } from '../memory/frames';
import { comparePages } from '../page/page';
import { header } from '../records/header';
import { Node } from '../records/node';
import { addressOf, none } from '../records/record';
import { TreeNode } from '../records/tree-node';
import { chainMake, chainPick } from './chain';
import { dupAdd, nodeDelete, nodeFlag, nodeHas, nodeIsChain, nodeIsStale, nodeNid, nodeUnlink } from './node';
import { isHashOrder, orderByKey, stableKey, stableRoot, treeNid } from './order';

/** The stable node of a KSM frame; 0 for ordinary frames and for those of an orphan, which is in no tree. */
export function stableNodeOf(frame: u32): Node {
  const node = frameNode(frame);
  return node && nodeHas(node, NODE_ORPHAN) ? none<Node>() : node;
}

/** Result of a search that found the content, but no node that takes another page. */
export const STABLE_FULL: Node = changetype<Node>(1);

/** Did a search find a node that takes another page? */
export function isFound(result: Node): bool {
  return addressOf(result) > addressOf(STABLE_FULL);
}

/**
 * The node into whose frame the page in `frame` can be merged; none or STABLE_FULL where there is none. A KSM frame (a mapping that
 * fork copied) finds its own node; one that waits after moving between NUMA nodes is sorted in on the way. In content order every
 * node on the way is looked after (chainPick), as in Linux, though keys mostly tell the order without a look at its page.
 */
export function stableSearch(frame: u32, checksum: u32): Node {
  const own = stableNodeOf(frame);
  if (own && !nodeHas(own, NODE_MIGRATING)) return own;
  const nid = treeNid(frame);
  const key = stableKey(frame, checksum);
  const visitsAll = !isHashOrder();
  let parent = none<TreeNode>();
  let link = stableRoot(nid, checksum);
  for (let node = rbAt<Node>(link); node; node = rbAt<Node>(link)) {
    let order = orderByKey(key, node);
    if (order == 0 || visitsAll) {
      const dup = chainPick(node, true);
      if (!dup) {
        parent = none<TreeNode>(); // something stale went and the tree has changed: search anew
        link = stableRoot(nid, checksum);
        continue;
      }
      node = rbAt<Node>(link); // a chain may have given way to its last dup
      if (order == 0) order = comparePages(frame, dup.frame);
      if (order == 0) return foundEqual(own, node, dup, nid);
    }
    parent = node;
    link = rbLink(node, order < 0);
  }
  if (!own) return own;
  leaveWaitingList(own, key, nid);
  rbInsert(own, parent, link);
  return nodeIsCandidate(own, 0) ? own : STABLE_FULL;
}

/** Tree node `node` has the content of a searched page, with `dup` standing for it; `own` waits, or is none. */
function foundEqual(own: Node, node: Node, dup: Node, nid: u32): Node {
  if (own && own.maps > 1) return appendToChain(own, node, nid);
  if (!nodeIsCandidate(dup, 0)) return STABLE_FULL;
  return treeNid(dup.frame) == nodeNid(dup) ? dup : replaceMisplaced(own, node, dup, nid);
}

function leaveWaitingList(node: Node, key: u32, nid: u32): void {
  nodeUnlink(node);
  node.key = key;
  setNid(node, nid);
}

function setNid(node: Node, nid: u32): void {
  nodeFlag(node, NODE_NID, nid << NODE_NID_SHIFT);
}

/** A frame that moved here and is mapped more than once becomes one more dup of its content. */
function appendToChain(own: Node, node: Node, nid: u32): Node {
  const chain = nodeIsChain(node) ? node : chainMake(node);
  if (!chain) return STABLE_FULL;
  leaveWaitingList(own, chain.key, nid);
  dupAdd(chain, own);
  return nodeIsCandidate(own, 0) ? own : STABLE_FULL;
}

/** `dup`'s frame has moved away: it goes to the waiting list, and `own`, if there is one, takes its place. */
function replaceMisplaced(own: Node, node: Node, dup: Node, nid: u32): Node {
  const key = dup.key;
  if (own) leaveWaitingList(own, key, nid);
  if (dup != node) {
    nodeUnlink(dup);
    if (own) dupAdd(node, own);
  } else if (own) {
    rbReplace(dup, own);
  } else {
    rbErase(dup);
  }
  nodeFlag(dup, NODE_IS_DUP, NODE_MIGRATING);
  listAdd(H_MIGRATE_NODES, dup);
  return own && nodeIsCandidate(own, 0) ? own : STABLE_FULL;
}

/**
 * Sorts in a new node, whose frame has just become KSM's. Where its content is there already (all full), it becomes a dup.
 * False where the arena has no room for the chain; the node is an orphan then.
 */
export function stableInsert(node: Node, checksum: u32): bool {
  const frame: u32 = node.frame;
  const nid = treeNid(frame);
  const key = stableKey(frame, checksum);
  const visitsAll = !isHashOrder();
  node.key = key;
  let parent = none<TreeNode>();
  let link = stableRoot(nid, checksum);
  for (let met = rbAt<Node>(link); met; met = rbAt<Node>(link)) {
    let order = orderByKey(key, met);
    if (order == 0 || visitsAll) {
      const dup = chainPick(met, false);
      if (!dup) {
        parent = none<TreeNode>();
        link = stableRoot(nid, checksum);
        continue;
      }
      met = rbAt<Node>(link);
      if (order == 0) order = comparePages(frame, dup.frame);
      if (order == 0) return insertDup(node, met, nid);
    }
    parent = met;
    link = rbLink(met, order < 0);
  }
  adopt(node, nid);
  rbInsert(node, parent, link);
  return true;
}

function insertDup(node: Node, met: Node, nid: u32): bool {
  const chain = nodeIsChain(met) ? met : chainMake(met);
  if (!chain) return false;
  adopt(node, nid);
  dupAdd(chain, node);
  return true;
}

function adopt(node: Node, nid: u32): void {
  nodeFlag(node, NODE_ORPHAN, 0);
  setNid(node, nid);
}

/** Deletes the stale ones among the nodes that wait to be sorted in anew. */
export function pruneWaiting(): void {
  for (let node = header.migrateNodes; node; ) {
    const next = node.dupNext;
    if (nodeIsStale(node)) nodeDelete(node);
    node = next;
  }
}

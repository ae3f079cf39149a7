/**
 * The stable tree: every KSM frame, by content. Frames in it are write-protected everywhere, so the order holds. A node's frame can be
 * freed (the node is stale then), or move to another NUMA node.
 */

import { rbAt, rbInsert, rbLink, rbReplace } from '../base/rb';
import { NODE_IS_DUP, NODE_MIGRATING, NODE_NID, NODE_NID_SHIFT, NODE_ORPHAN } from '../layout';
import { comparePages, equalPages } from '../page/page';
import { Domain } from '../records/domain';
import { header } from '../records/header';
import { Node } from '../records/node';
import { addressOf, none } from '../records/record';
import { TreeNode } from '../records/tree-node';
import { chainMake, chainPick } from './chain';
import { domainAt, domainNumber } from './domain';
import { nodeIsCandidate } from './dups';
import { frameNode } from './ksm-frame';
import {
  dupAdd,
  expectOutside,
  nodeDelete,
  nodeFlag,
  nodeHas,
  nodeIsChain,
  nodeIsStale,
  nodeNid,
  nodeQueue,
  nodeUnlink,
  nodeWait,
} from './node';
import { isHashOrder, orderByKey, stableKey, stableRoot, treeNid } from './order';

/** The stable node of a KSM frame. None if the frame is ordinary, or if its node is an orphan, which is in no tree. */
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
 * The node of `domain` into whose frame the page in `frame` can be merged; none or STABLE_FULL if there is none. `frame` is in no tree.
 * `known`: a frame that is known to equal it, or 0.
 * Stale nodes that are met on the way are deleted.
 */
export function stableSearch(domain: Domain, frame: u32, checksum: u32, known: u32): Node {
  // Mostly the root is empty if few pages are equal, and then a descent is a call for nothing (bench/scan, unique, dirty tracking).
  if (!rbAt<Node>(stableRoot(domain, treeNid(frame), checksum))) return none<Node>();
  const met = descend(domain, frame, checksum, known, none<Node>(), true);
  if (!met) return met;
  if (!ASC_NO_ASSERT) expectFound(domain, met);
  if (!nodeIsCandidate(met, 0)) return STABLE_FULL;
  if (isAtHome(met)) return met;
  nodeWait(met);
  return STABLE_FULL;
}

/**
 * Sorts in `own`, which waits because its frame moved to another NUMA node. Returns the node into whose frame the pages that map it can be
 * merged: `own`, or the one that has their content there. STABLE_FULL if there is none.
 */
export function stableSortIn(own: Node, checksum: u32): Node {
  if (!ASC_NO_ASSERT) {
    assert(nodeHas(own, NODE_MIGRATING));
    assert(!nodeIsStale(own));
  }
  const nid = treeNid(own.frame);
  const met = descend(domainAt(own.domain), own.frame, checksum, 0, own, true);
  if (!met) return withRoom(own);
  if (own.maps > 1) return joinDups(own, met, nid) ? withRoom(own) : STABLE_FULL;
  if (!nodeIsCandidate(met, 0)) return STABLE_FULL;
  if (isAtHome(met)) return met;
  replace(met, own, nid);
  return withRoom(own);
}

/** A node that a search in the trees of `domain` has come to: its frame is there, and KSM's. */
function expectFound(domain: Domain, node: Node): void {
  assert(!nodeIsChain(node));
  assert(!nodeHas(node, NODE_ORPHAN | NODE_MIGRATING));
  assert(node.domain == domainNumber(domain));
  assert(frameNode(node.frame) == node);
}

/** Does the node's frame still lie on the NUMA node whose tree it is in? */
function isAtHome(node: Node): bool {
  return treeNid(node.frame) == nodeNid(node);
}

function withRoom(node: Node): Node {
  return nodeIsCandidate(node, 0) ? node : STABLE_FULL;
}

/**
 * Sorts in a new node among those of its domain. Its frame has just become KSM's. If its content is there already (all full), it becomes a
 * dup. False if the arena has no room for the chain; the node is an orphan then.
 */
export function stableInsert(node: Node, checksum: u32): bool {
  if (!ASC_NO_ASSERT) {
    expectOutside(node);
    assert(nodeHas(node, NODE_ORPHAN));
    assert(frameNode(node.frame) == node);
  }
  const met = descend(domainAt(node.domain), node.frame, checksum, 0, node, false);
  return met ? joinDups(node, met, treeNid(node.frame)) : true;
}

/**
 * Goes down the stable tree of `domain` to the content of `frame`. Returns the node that stands for it there: a regular one, or a dup.
 * None if it is not there; then `fresh`, unless that is none, hangs in its place. In content order every node on the way is looked after
 * (chainPick), as in Linux, though keys mostly tell the order without a look at its page; in hash order only those with the same key are.
 * `prunes`: prunes chains, as Linux's searches do.
 */
function descend(domain: Domain, frame: u32, checksum: u32, known: u32, fresh: Node, prunes: bool): Node {
  const nid = treeNid(frame);
  const key = stableKey(frame, checksum);
  const visitsAll = !isHashOrder();
  let parent = none<TreeNode>();
  let link = stableRoot(domain, nid, checksum);
  for (let node = rbAt<Node>(link); node; node = rbAt<Node>(link)) {
    let order = orderByKey(domain, key, node);
    if (order == 0 || visitsAll) {
      const dup = chainPick(node, prunes);
      if (!dup) {
        parent = none<TreeNode>(); // something stale went and the tree has changed: search anew
        link = stableRoot(domain, nid, checksum);
        continue;
      }
      node = rbAt<Node>(link); // a chain may have given way to its last dup
      if (order == 0 && !isKnown(known, frame, dup)) order = comparePages(frame, dup.frame);
      if (order == 0) return dup;
    }
    parent = node;
    link = rbLink(node, order < 0);
  }
  if (!fresh) return fresh;
  enter(fresh, key, nid);
  if (!ASC_NO_ASSERT) assert(fresh.domain == domainNumber(domain));
  rbInsert(fresh, parent, link);
  return none<Node>();
}

/** Is the page in `frame` known to equal that of `dup`, because it equals the one in `known`, a frame or 0? */
function isKnown(known: u32, frame: u32, dup: Node): bool {
  if (known == 0 || (known != dup.frame && !isDupBeside(known, dup))) return false;
  if (!ASC_NO_ASSERT) assert(equalPages(frame, dup.frame));
  return true;
}

/** Is frame `known` that of another dup of the chain of `dup`? Then both hold the same. */
function isDupBeside(known: u32, dup: Node): bool {
  if (!nodeHas(dup, NODE_IS_DUP)) return false;
  const node = frameNode(known);
  return node && nodeHas(node, NODE_IS_DUP) && node.chain == dup.chain;
}

/** `node`, an orphan or one that waits, is about to come into a tree of NUMA node `nid`. */
function enter(node: Node, key: u32, nid: u32): void {
  if (nodeHas(node, NODE_MIGRATING)) nodeUnlink(node);
  nodeFlag(node, NODE_ORPHAN | NODE_NID, nid << NODE_NID_SHIFT);
  node.key = key;
  if (!ASC_NO_ASSERT) expectOutside(node);
}

/** Makes `node` one more dup of the content that `met` stands for. False if the arena has no room for the chain. */
function joinDups(node: Node, met: Node, nid: u32): bool {
  if (!ASC_NO_ASSERT) {
    assert(node != met);
    assert(node.domain == met.domain);
  }
  const chain = nodeHas(met, NODE_IS_DUP) ? met.chain : chainMake(met);
  if (!chain) return false;
  enter(node, chain.key, nid);
  dupAdd(chain, node);
  return true;
}

/** The frame of `met` has moved away. `met` now waits to be sorted in elsewhere, and `own`, which has waited, takes its place. */
function replace(met: Node, own: Node, nid: u32): void {
  if (!ASC_NO_ASSERT) assert(own.domain == met.domain);
  enter(own, met.key, nid);
  if (nodeHas(met, NODE_IS_DUP)) {
    const chain = met.chain;
    nodeWait(met);
    dupAdd(chain, own);
  } else {
    rbReplace(met, own);
    nodeQueue(met);
  }
}

/** Deletes the stale ones among the nodes that wait to be sorted in anew. */
export function pruneWaiting(): void {
  for (let node = header.migrateNodes; node; ) {
    const next = node.dupNext;
    if (nodeIsStale(node)) nodeDelete(node);
    node = next;
  }
}

/**
 * Stable nodes: one for each KSM frame, in the stable tree, in a chain of nodes with equal frames, or waiting on the list of
 * nodes whose frame moved to another NUMA node.
 *
 * A node does not keep its frame alive. When the last pte goes, the frame is free at once and the node's `frame` becomes 0. The node is
 * stale then, and whoever meets it next deletes it. Its items and the counters stay until then, as in Linux.
 */

import { arenaGive, arenaTake } from '../base/arena';
import { count } from '../base/count';
import { listAdd, listRemove } from '../base/list';
import { rbErase } from '../base/rb';
import { isLocked } from '../concurrent/lock';
import {
  H_MIGRATE_NODES,
  H_STABLE_NODE_DUPS,
  LIMIT_NODES,
  NODE_BYTES,
  NODE_IS_CHAIN,
  NODE_IS_DUP,
  NODE_MIGRATING,
  NODE_NID_SHIFT,
  NODE_ORPHAN,
} from '../layout';
import { freeNodes } from '../records/free-list';
import { header } from '../records/header';
import { Node } from '../records/node';
import { addressOf, recordAt } from '../records/record';
import { dupEnter, dupLeave, isNearer, roomClear, takeFirstPlace } from './dups';
import { frameIsKsm } from './ksm-frame';
import { lostHear } from './lost';
import { entryOf, itemLeavesNode } from './rmap';

/** An empty record; none if the arena is full. */
export function nodeAlloc(): Node {
  lostHear();
  return recordAt<Node>(arenaTake(freeNodes, header.nodes, NODE_BYTES, header.nodeLimit, LIMIT_NODES));
}

export function nodeHas(node: Node, flag: u32): bool {
  return (node.flags & flag) != 0;
}

export function nodeFlag(node: Node, clear: u32, set: u32): void {
  node.flags = (node.flags & ~clear) | set;
}

export function nodeNid(node: Node): u32 {
  return node.flags >> NODE_NID_SHIFT;
}

/** Deletes a regular node, a dup or a waiting node, stale or unmapped. All its items become volatile. */
export function nodeDelete(node: Node): void {
  if (!ASC_NO_ASSERT) {
    assert(!nodeIsChain(node));
    assert(nodeIsStale(node) || !frameIsKsm(node.frame));
    assert((node.len == 0) == !node.head);
  }
  lostHear(); // it may be among them
  for (let item = node.head; item; ) {
    const next = item.next;
    itemLeavesNode(entryOf(item), next ? 1 : 0);
    item = next;
  }
  nodeUnlink(node);
  arenaGive(freeNodes, node);
}

/** Takes a node out of the tree, the chain or the waiting list that it is in. */
export function nodeUnlink(node: Node): void {
  if (!ASC_NO_ASSERT) {
    assert(isLocked());
    assert(!nodeHas(node, NODE_ORPHAN));
    assert(!nodeHas(node, NODE_MIGRATING) || !nodeHas(node, NODE_IS_DUP));
  }
  if (nodeHas(node, NODE_MIGRATING)) {
    listRemove(H_MIGRATE_NODES, node);
    nodeFlag(node, NODE_MIGRATING, 0);
  } else if (nodeHas(node, NODE_IS_DUP)) {
    dupRemove(node);
  } else {
    rbErase(node);
  }
}

/** The word that holds the first dup of `chain`. */
function dupsOf(chain: Node): usize {
  return addressOf(chain) + offsetof<Node>('head');
}

/** Makes `node`, which is in no tree, the first dup of `chain`. */
export function dupAdd(chain: Node, node: Node): void {
  if (!ASC_NO_ASSERT) {
    expectOutside(node);
    assert(nodeIsChain(chain));
    assert(chain.key == node.key);
    assert(chain.domain == node.domain);
    assert(nodeNid(chain) == nodeNid(node));
  }
  nodeFlag(node, 0, NODE_IS_DUP);
  node.chain = chain;
  roomClear(node);
  takeFirstPlace(chain, node);
  listAdd(dupsOf(chain), node);
  dupEnter(node);
  count(H_STABLE_NODE_DUPS, 1);
  if (!ASC_NO_ASSERT) expectFirst(chain, node);
}

/** The node is in no tree, no chain and not on the list of those that wait. */
export function expectOutside(node: Node): void {
  assert(isLocked());
  assert(!nodeIsChain(node));
  assert(!nodeHas(node, NODE_IS_DUP));
  assert(!nodeHas(node, NODE_MIGRATING));
}

/** Takes a dup out of its chain; it is in no tree then. */
export function dupRemove(node: Node): void {
  if (!ASC_NO_ASSERT) {
    assert(nodeHas(node, NODE_IS_DUP));
    assert(nodeIsChain(node.chain));
    assert(node.chain.firstDup);
  }
  dupLeave(node);
  listRemove(dupsOf(node.chain), node);
  nodeFlag(node, NODE_IS_DUP, 0);
  count(H_STABLE_NODE_DUPS, -1);
  if (!ASC_NO_ASSERT) expectOutside(node);
}

/** Makes a dup of `chain` its first. */
export function dupMoveToFront(chain: Node, dup: Node): void {
  if (!ASC_NO_ASSERT) {
    assert(nodeHas(dup, NODE_IS_DUP));
    assert(dup.chain == chain);
  }
  dupLeave(dup);
  listRemove(dupsOf(chain), dup);
  takeFirstPlace(chain, dup);
  listAdd(dupsOf(chain), dup);
  dupEnter(dup);
  if (!ASC_NO_ASSERT) expectFirst(chain, dup);
}

/** The dup is the first of the chain's, in the list and by its place. */
function expectFirst(chain: Node, dup: Node): void {
  const next = dup.dupNext;
  assert(chain.firstDup == dup);
  assert(!dup.dupPrev);
  assert(!next || next.dupPrev == dup);
  assert(!next || isNearer(dup, next));
}

/** Takes a tree or chain node out and puts it on the list of those that wait to be sorted in anew. */
export function nodeWait(node: Node): void {
  nodeUnlink(node);
  nodeQueue(node);
}

/** Puts a node that is in no tree on that list. */
export function nodeQueue(node: Node): void {
  if (!ASC_NO_ASSERT) expectOutside(node);
  nodeFlag(node, 0, NODE_MIGRATING);
  listAdd(H_MIGRATE_NODES, node);
  if (!ASC_NO_ASSERT) assert(nodeHas(node, NODE_MIGRATING));
}

/** True if the node's frame is gone. Meaningless for a chain. */
export function nodeIsStale(node: Node): bool {
  return node.frame == 0;
}

export function nodeIsChain(node: Node): bool {
  return nodeHas(node, NODE_IS_CHAIN);
}

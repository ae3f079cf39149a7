/**
 * Stable nodes: one for each KSM frame, in the stable tree, in a chain of nodes with equal frames, or waiting on the list of
 * nodes whose frame moved to another NUMA node.
 *
 * A node does not keep its frame alive. When the last pte goes the frame is free at once and NODE_FRAME becomes 0: the node
 * is stale, and is deleted by whoever meets it next. Its items and the counters stay until then, as in Linux.
 */

import {
  H_FREE_NODES,
  H_MIGRATE_NODES,
  H_NODE_LIMIT,
  H_NODES,
  H_STABLE_NODE_DUPS,
  ITEM_NEXT,
  LIMIT_NODES,
  NODE_BYTES,
  NODE_CHAIN,
  NODE_DUP_NEXT,
  NODE_DUP_PREV,
  NODE_FRAME,
  NODE_HEAD,
  NODE_IS_CHAIN,
  NODE_IS_DUP,
  NODE_LEN,
  NODE_MIGRATING,
  NODE_NID_SHIFT,
} from '../layout';
import { arenaGive, arenaTake } from '../memory/arena';
import { dupEnter, dupLeave, roomClear, takeFirstPlace } from '../memory/dups';
import { rbErase } from '../tree/rb';
import { count, entryOf, itemLeavesNode } from './rmap';

/** An empty record; 0 where the arena is full. */
export function nodeAlloc(): usize {
  return arenaTake(H_FREE_NODES, load<u32>(H_NODES), NODE_BYTES, load<u32>(H_NODE_LIMIT), LIMIT_NODES);
}

export function nodeHas(node: usize, flag: u32): bool {
  return (load<u32>(node, NODE_LEN) & flag) != 0;
}

export function nodeFlag(node: usize, clear: u32, set: u32): void {
  store<u32>(node, (load<u32>(node, NODE_LEN) & ~clear) | set, NODE_LEN);
}

export function nodeNid(node: usize): u32 {
  return load<u32>(node, NODE_LEN) >> NODE_NID_SHIFT;
}

/** Deletes a regular node, a dup or a waiting node, stale or unmapped. All its items become volatile. */
export function nodeDelete(node: usize): void {
  for (let item: usize = load<u32>(node, NODE_HEAD); item != 0; ) {
    const next: usize = load<u32>(item, ITEM_NEXT);
    itemLeavesNode(entryOf(item), next != 0 ? 1 : 0);
    item = next;
  }
  nodeUnlink(node);
  arenaGive(H_FREE_NODES, node);
}

/** Takes a node out of the tree, the chain or the waiting list that it is in. */
export function nodeUnlink(node: usize): void {
  if (nodeHas(node, NODE_MIGRATING)) {
    listRemove(H_MIGRATE_NODES, node);
    nodeFlag(node, NODE_MIGRATING, 0);
  } else if (nodeHas(node, NODE_IS_DUP)) {
    dupRemove(node);
  } else {
    rbErase(node);
  }
}

/** Makes `node`, which is in no tree, the first dup of `chain`. */
export function dupAdd(chain: usize, node: usize): void {
  nodeFlag(node, 0, NODE_IS_DUP);
  store<u32>(node, <u32>chain, NODE_CHAIN);
  roomClear(node);
  takeFirstPlace(chain, node);
  listAdd(chain + NODE_HEAD, node);
  dupEnter(node);
  count(H_STABLE_NODE_DUPS, 1);
}

/** Takes a dup out of its chain; it is in no tree then. */
export function dupRemove(node: usize): void {
  dupLeave(node);
  listRemove(load<u32>(node, NODE_CHAIN) + NODE_HEAD, node);
  nodeFlag(node, NODE_IS_DUP, 0);
  count(H_STABLE_NODE_DUPS, -1);
}

/** Makes a dup of `chain` its first. */
export function dupMoveToFront(chain: usize, dup: usize): void {
  dupLeave(dup);
  listRemove(chain + NODE_HEAD, dup);
  takeFirstPlace(chain, dup);
  listAdd(chain + NODE_HEAD, dup);
  dupEnter(dup);
}

/** Takes a tree or chain node out and puts it on the list of those that wait to be sorted in anew. */
export function nodeWait(node: usize): void {
  nodeUnlink(node);
  nodeFlag(node, 0, NODE_MIGRATING);
  listAdd(H_MIGRATE_NODES, node);
}

/** Lists of nodes: `head` is the address of the word that holds the first; linked by NODE_DUP_NEXT and NODE_DUP_PREV. */
export function listAdd(head: usize, node: usize): void {
  const first: usize = load<u32>(head);
  store<u32>(node, <u32>first, NODE_DUP_NEXT);
  store<u32>(node, 0, NODE_DUP_PREV);
  if (first != 0) store<u32>(first, <u32>node, NODE_DUP_PREV);
  store<u32>(head, <u32>node);
}

export function listRemove(head: usize, node: usize): void {
  const next: usize = load<u32>(node, NODE_DUP_NEXT);
  const previous: usize = load<u32>(node, NODE_DUP_PREV);
  if (previous == 0) store<u32>(head, <u32>next);
  else store<u32>(previous, <u32>next, NODE_DUP_NEXT);
  if (next != 0) store<u32>(next, <u32>previous, NODE_DUP_PREV);
}

/** True where the node's frame is gone. Meaningless for a chain. */
export function nodeIsStale(node: usize): bool {
  return load<u32>(node, NODE_FRAME) == 0;
}

export function nodeIsChain(node: usize): bool {
  return nodeHas(node, NODE_IS_CHAIN);
}

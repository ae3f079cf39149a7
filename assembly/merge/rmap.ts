/**
 * rmap items: KSM's record for one page of one mm, and the ways one comes into and out of the trees.
 *
 * An item is addressed by its page's entry; its fields are STATES[entry] and ITEMS[entry] (layout.ts). It is in exactly one
 * of three states: free (counted as volatile), UNSTABLE (a node of an unstable tree, or of one that was emptied at the
 * start of this pass), STABLE (in the list of a stable node). Counters move here and nowhere else.
 */

import {
  H_FULL_SCANS,
  H_ITEMS,
  H_PAGES_SHARED,
  H_PAGES_SHARING,
  H_PAGES_UNSHARED,
  H_RMAP_ITEMS,
  H_STATES,
  ITEM_CHECKSUM,
  ITEM_NEXT,
  ITEM_NODE,
  ITEM_PREV,
  ITEM_SHIFT,
  MM_MERGING_PAGES,
  MM_RMAP_ITEMS,
  NODE_FRAME,
  NODE_HEAD,
  NODE_IS_DUP,
  NODE_LEN,
  NODE_LEN_MASK,
  PTE_MERGED,
  STATE_DISPLACED,
  STATE_FRESH,
  STATE_ITEM,
  STATE_MUST_SEARCH,
  STATE_SEQ,
  STATE_STABLE,
  STATE_UNSTABLE,
} from '../layout';
import { dupItemsChanged } from '../memory/dups';
import { entryMm, leafDrop, leafHold, pteOf, pteSet } from '../memory/tables';
import { rbErase } from '../tree/rb';
import { nodeDelete } from './node';
import { isHashOrder } from './order';

export function itemOf(entry: u32): usize {
  return load<u32>(H_ITEMS) + ((<usize>entry) << ITEM_SHIFT);
}

export function entryOf(item: usize): u32 {
  return <u32>((item - load<u32>(H_ITEMS)) >> ITEM_SHIFT);
}

export function stateOf(entry: u32): u32 {
  return load<u32>(load<u32>(H_STATES) + ((<usize>entry) << 2));
}

export function stateSet(entry: u32, state: u32): void {
  store<u32>(load<u32>(H_STATES) + ((<usize>entry) << 2), state);
}

/** Adds `change` to one of the u32 counters. */
export function count(counter: usize, change: i32): void {
  store<i32>(counter, load<i32>(counter) + change);
}

/** A fresh item: checksum 0, age 0. */
export function itemCreate(mm: usize, entry: u32): void {
  stateSet(entry, STATE_ITEM | STATE_FRESH);
  store<u32>(itemOf(entry), 0, ITEM_CHECKSUM);
  leafHold(entry);
  count(H_RMAP_ITEMS, 1);
  count(mm + MM_RMAP_ITEMS, 1);
}

/** Takes the item out of its tree and frees it. */
export function itemFree(mm: usize, entry: u32): void {
  itemUnlink(entry);
  stateSet(entry, 0);
  leafDrop(entry);
  count(H_RMAP_ITEMS, -1);
  count(mm + MM_RMAP_ITEMS, -1);
}

/** Takes the item out of whichever tree it is in; it is free (volatile) afterwards. */
export function itemUnlink(entry: u32): void {
  const state = stateOf(entry);
  if (state & STATE_UNSTABLE) {
    if (isTreeNode(state)) rbErase(itemOf(entry));
    count(H_PAGES_UNSHARED, -1);
    stateSet(entry, state & ~(STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH | STATE_SEQ));
  } else if (state & STATE_STABLE) {
    unlinkStable(entry);
  }
}

/** Was the UNSTABLE item with this state put into the tree, or confirmed there, in the running pass? */
export function isOfThisPass(state: u32): bool {
  return (state & STATE_SEQ) == (load<u32>(H_FULL_SCANS) & STATE_SEQ);
}

/**
 * Is the UNSTABLE item with this state a tree node? In content order a tree lasts one pass, and what is left of the last one's is
 * meaningless links. In hash order nodes stay until they are taken out (policy/linux/unstable).
 */
function isTreeNode(state: u32): bool {
  return (state & STATE_DISPLACED) == 0 && (isHashOrder() || isOfThisPass(state));
}

function unlinkStable(entry: u32): void {
  const item = itemOf(entry);
  const node: usize = load<u32>(item, ITEM_NODE);
  if (load<u32>(node, NODE_FRAME) == 0) {
    nodeDelete(node); // stale: takes all its items out, this one among them
    return;
  }
  const next: usize = load<u32>(item, ITEM_NEXT);
  const previous: usize = load<u32>(item, ITEM_PREV);
  if (previous == 0) store<u32>(node, <u32>next, NODE_HEAD);
  else store<u32>(previous, <u32>next, ITEM_NEXT);
  if (next != 0) store<u32>(next, <u32>previous, ITEM_PREV);
  const nodeLen = load<u32>(node, NODE_LEN) - 1;
  store<u32>(node, nodeLen, NODE_LEN);
  if (nodeLen & NODE_IS_DUP) dupItemsChanged(node);
  itemLeavesNode(entry, nodeLen & NODE_LEN_MASK);
}

/** Accounts for an item that left a stable node in which `others` items remain. */
export function itemLeavesNode(entry: u32, others: u32): void {
  count(others != 0 ? H_PAGES_SHARING : H_PAGES_SHARED, -1);
  count(entryMm(entry) + MM_MERGING_PAGES, -1);
  stateSet(entry, stateOf(entry) & ~STATE_STABLE);
  pteSet(entry, pteOf(entry) & ~PTE_MERGED);
}

/** Hangs a free item on `node`, whose frame its page maps now. The first of a node counts as shared, others as sharing. */
export function itemAppend(entry: u32, node: usize): void {
  const item = itemOf(entry);
  const head: usize = load<u32>(node, NODE_HEAD);
  store<u32>(item, <u32>node, ITEM_NODE);
  store<u32>(item, <u32>head, ITEM_NEXT);
  store<u32>(item, 0, ITEM_PREV);
  if (head != 0) store<u32>(head, <u32>item, ITEM_PREV);
  store<u32>(node, <u32>item, NODE_HEAD);
  const nodeLen = load<u32>(node, NODE_LEN) + 1;
  store<u32>(node, nodeLen, NODE_LEN);
  if (nodeLen & NODE_IS_DUP) dupItemsChanged(node);
  count(head == 0 ? H_PAGES_SHARED : H_PAGES_SHARING, 1);
  count(entryMm(entry) + MM_MERGING_PAGES, 1);
  stateSet(entry, stateOf(entry) | STATE_STABLE);
  pteSet(entry, pteOf(entry) | PTE_MERGED);
}

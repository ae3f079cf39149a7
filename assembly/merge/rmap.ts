/**
 * rmap items: KSM's record for one page of one mm, and the ways one comes into and out of the trees.
 *
 * An item is addressed by its page's entry; its fields are STATES[entry] and ITEMS[entry] (layout/records). It is in exactly one
 * of three states: free (counted as volatile), UNSTABLE (a node of an unstable tree, or of one that was emptied at the
 * start of this pass), STABLE (in the list of a stable node).
 */

import { count, counted } from '../base/count';
import { rbErase } from '../base/rb';
import { isLocked } from '../concurrent/lock';
import {
  H_FULL_SCANS,
  H_PAGES_SHARED,
  H_PAGES_SHARING,
  H_PAGES_UNSHARED,
  H_RMAP_ITEMS,
  ITEM_SHIFT,
  NODE_IS_CHAIN,
  NODE_IS_DUP,
  PTE_MERGED,
  STATE_DISPLACED,
  STATE_FRESH,
  STATE_ITEM,
  STATE_MUST_SEARCH,
  STATE_SEQ,
  STATE_STABLE,
  STATE_UNSTABLE,
} from '../layout';
import { isMerged, mapsFrame, pteUnmerged } from '../memory/pte';
import { entryMm, leafDrop, leafHold, pteOf, pteSet } from '../memory/tables';
import { header } from '../records/header';
import { Mm } from '../records/mm';
import { Item, Node } from '../records/node';
import { addressOf, none, recordAt } from '../records/record';
import { entryDomain } from './domain';
import { dupItemsChanged } from './dups';
import { frameNode } from './ksm-frame';
import { nodeDelete } from './node';
import { isHashOrder } from './order';

export function itemOf(entry: u32): Item {
  return recordAt<Item>(header.items + ((<usize>entry) << ITEM_SHIFT));
}

export function entryOf(item: Item): u32 {
  return <u32>((addressOf(item) - header.items) >> ITEM_SHIFT);
}

export function stateOf(entry: u32): u32 {
  return load<u32>(header.states + ((<usize>entry) << 2));
}

export function stateSet(entry: u32, state: u32): void {
  store<u32>(header.states + ((<usize>entry) << 2), state);
}

/** A fresh item: checksum 0, age 0. */
export function itemCreate(mm: Mm, entry: u32): void {
  if (!ASC_NO_ASSERT) {
    assert(isLocked());
    assert(stateOf(entry) == 0);
    assert(entryMm(entry) == mm);
  }
  stateSet(entry, STATE_ITEM | STATE_FRESH);
  itemOf(entry).checksum = 0;
  leafHold(entry);
  count(H_RMAP_ITEMS, 1);
  mm.rmapItems++;
}

/** Takes the item out of its tree and frees it. */
export function itemFree(mm: Mm, entry: u32): void {
  if (!ASC_NO_ASSERT) {
    assert(entryMm(entry) == mm);
    assert(mm.rmapItems > 0);
  }
  itemUnlink(entry);
  stateSet(entry, 0);
  leafDrop(entry);
  count(H_RMAP_ITEMS, -1);
  mm.rmapItems--;
}

/** Takes the item out of whichever tree it is in; it is free (volatile) afterwards. */
export function itemUnlink(entry: u32): void {
  const state = stateOf(entry);
  if (!ASC_NO_ASSERT) expectItem(entry);
  if (state & STATE_UNSTABLE) {
    if (isTreeNode(state)) rbErase(itemOf(entry));
    count(H_PAGES_UNSHARED, -1);
    stateSet(entry, state & ~(STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH | STATE_SEQ));
  } else if (state & STATE_STABLE) {
    unlinkStable(entry);
  }
  if (!ASC_NO_ASSERT) expectFreeItem(entry);
}

/** The page has an item, which is in one kind of tree at most. */
function expectItem(entry: u32): void {
  const state = stateOf(entry);
  assert(isLocked());
  assert(state & STATE_ITEM);
  assert((state & (STATE_UNSTABLE | STATE_STABLE)) != (STATE_UNSTABLE | STATE_STABLE));
  assert(state & STATE_UNSTABLE || (state & (STATE_DISPLACED | STATE_MUST_SEARCH)) == 0);
  assert(state & STATE_STABLE || !isMerged(pteOf(entry)));
}

/** The same, and it is in no tree. */
export function expectFreeItem(entry: u32): void {
  expectItem(entry);
  assert((stateOf(entry) & (STATE_UNSTABLE | STATE_STABLE)) == 0);
}

/** Was the UNSTABLE item with this state put into the tree, or confirmed there, in the running pass? */
export function isOfThisPass(state: u32): bool {
  return (state & STATE_SEQ) == (counted(H_FULL_SCANS) & STATE_SEQ);
}

/**
 * Is the UNSTABLE item with this state a tree node? In content order a tree lasts one pass, and links that are left of an earlier one mean
 * nothing. In hash order nodes stay until they are taken out (policy/linux/unstable).
 */
function isTreeNode(state: u32): bool {
  return (state & STATE_DISPLACED) == 0 && (isHashOrder() || isOfThisPass(state));
}

function unlinkStable(entry: u32): void {
  const item = itemOf(entry);
  const node = item.node;
  if (!ASC_NO_ASSERT) expectOnNode(item);
  if (node.frame == 0) {
    nodeDelete(node); // stale: takes all its items out, this one among them
    return;
  }
  const next = item.next;
  const previous = item.prev;
  if (previous) previous.next = next;
  else node.head = next;
  if (next) next.prev = previous;
  node.len--;
  if (!ASC_NO_ASSERT) {
    assert(!next || next.prev == previous);
    assert((node.len == 0) == !node.head);
  }
  if (node.flags & NODE_IS_DUP) dupItemsChanged(node);
  itemLeavesNode(entry, node.len);
}

/** The item is in the list of its stable node. */
function expectOnNode(item: Item): void {
  const node = item.node;
  const next = item.next;
  const previous = item.prev;
  assert(node);
  assert(!(node.flags & NODE_IS_CHAIN));
  assert(node.len > 0);
  assert(previous ? previous.next == item : node.head == item);
  assert(!next || next.prev == item);
  assert(!next || next.node == node);
}

/** Accounts for an item that left a stable node in which `others` items remain. */
export function itemLeavesNode(entry: u32, others: u32): void {
  if (!ASC_NO_ASSERT) {
    assert(stateOf(entry) & STATE_STABLE);
    assert(entryMm(entry).mergingPages > 0);
  }
  count(others != 0 ? H_PAGES_SHARING : H_PAGES_SHARED, -1);
  entryMm(entry).mergingPages--;
  stateSet(entry, stateOf(entry) & ~STATE_STABLE);
  pteSet(entry, pteUnmerged(pteOf(entry)));
  if (!ASC_NO_ASSERT) expectFreeItem(entry);
}

/** Hangs a free item on `node`, whose frame its page maps now. The first of a node counts as shared, others as sharing. */
export function itemAppend(entry: u32, node: Node): void {
  const item = itemOf(entry);
  const head = node.head;
  if (!ASC_NO_ASSERT) {
    expectFreeItem(entry);
    assert(!(node.flags & NODE_IS_CHAIN));
    assert(mapsFrame(pteOf(entry), node.frame));
    assert(frameNode(node.frame) == node);
    assert(entryDomain(entry) == node.domain);
    assert((node.len == 0) == !head);
    assert(head ? !head.prev : true);
  }
  item.node = node;
  item.next = head;
  item.prev = none<Item>();
  if (head) head.prev = item;
  node.head = item;
  node.len++;
  if (node.flags & NODE_IS_DUP) dupItemsChanged(node);
  count(head ? H_PAGES_SHARING : H_PAGES_SHARED, 1);
  entryMm(entry).mergingPages++;
  stateSet(entry, stateOf(entry) | STATE_STABLE);
  pteSet(entry, pteOf(entry) | PTE_MERGED);
  if (!ASC_NO_ASSERT) {
    expectItem(entry);
    expectOnNode(item);
  }
}

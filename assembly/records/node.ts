/** A stable node, an rmap item, and a chain's room: what of a record means what depends on its state (layout/records). */
import { ROOM_BY_ITEMS } from '../layout';
import { Keeper } from './keeper';
import { TreeNode } from './tree-node';

/**
 * A stable node: regular, a chain, or a dup of one. A regular node and a chain are tree nodes. Its frame, the references to that and its
 * flags (the NUMA node of its tree, and NODE_*) are in what the machine knows of it.
 */
@unmanaged
export class Node extends Keeper {
  /** Its first rmap item. */
  head: Item;
  /** Number of its items. */
  len: u32;
  /** Number of the domain whose trees it is in. */
  domain: u32;

  /** Of a chain: its first dup. */
  get firstDup(): Node {
    return changetype<Node>(this.head);
  }
  /** Of a chain: when it was pruned last. */
  get pruneTime(): u32 {
    return this.frame;
  }
  set pruneTime(now: u32) {
    this.frame = now;
  }

  /** Of a dup, in place of left, right and parent; the first two also of a node on the list of those that wait. */
  get dupNext(): Node {
    return changetype<Node>(this.left);
  }
  set dupNext(dup: Node) {
    this.left = dup;
  }
  get dupPrev(): Node {
    return changetype<Node>(this.right);
  }
  set dupPrev(dup: Node) {
    this.right = dup;
  }
  get chain(): Node {
    return changetype<Node>(<usize>this.above);
  }
  set chain(chain: Node) {
    this.above = <u32>changetype<usize>(chain);
  }
}

/** An rmap item: a tree node while UNSTABLE, on its node's list while STABLE. */
@unmanaged
export class Item extends TreeNode {
  get checksum(): u32 {
    return this.key;
  }
  set checksum(checksum: u32) {
    this.key = checksum;
  }

  get node(): Node {
    return changetype<Node>(this.left);
  }
  set node(node: Node) {
    this.left = node;
  }
  get next(): Item {
    return changetype<Item>(this.right);
  }
  set next(item: Item) {
    this.right = item;
  }
  get prev(): Item {
    return changetype<Item>(<usize>this.above);
  }
  set prev(item: Item) {
    this.above = <u32>changetype<usize>(item);
  }
}

/** Of a dup: its place among the chain's, and its nodes in the chain's trees: it is one itself. */
@unmanaged
export class Room extends TreeNode {
  itemsKey: u32;
  itemsLeft: TreeNode;
  itemsRight: TreeNode;
  itemsAbove: u32;
  /** Of a lost node (records/keeper). */
  lostNext: u32;
  // As long as a node, so that both have the same place in their regions.
  spare: u32;

  get place(): u32 {
    return this.key;
  }
  set place(place: u32) {
    this.key = place;
  }
  /** The node in the tree by number of items. */
  get byItems(): TreeNode {
    return changetype<TreeNode>(changetype<usize>(this) + ROOM_BY_ITEMS);
  }
}

/** The same record, of a chain: root slots of its trees. */
@unmanaged
export class ChainRoom {
  withRoom: TreeNode;
  fullest: TreeNode;
  stale: TreeNode;
}

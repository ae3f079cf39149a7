/**
 * What a chain knows of its dups, so that a search need not walk them.
 *
 * Linux walks the list from its head: it takes the first dup that has room for another page, or in a full walk the fullest such, and
 * deletes the stale ones that it passes. With a small max_page_sharing and many equal pages nearly all dups are full, and the walk
 * goes past all of them at every merge. Here a chain keeps what such a walk would stop at: its dups with room, by their place in the
 * list and by how many items they have, and its stale ones by place. What is neither (full, or without items) is passed over.
 *
 * The list only grows at its head, so a place is a number that grows. The three trees hang on the chain's room record, and each
 * dup's room record is a node of them (layout/records).
 */
import { countWide, setting } from '../base/count';
import { rbAt, rbErase, rbInsert, rbLink, rbNext } from '../base/rb';
import {
  H_DUPS_SEEN,
  H_MAX_PAGE_SHARING,
  NODE_IS_CHAIN,
  NODE_IS_DUP,
  ROOM_BY_ITEMS,
  ROOM_BYTES,
  ROOM_PLACE_MAX,
} from '../layout';
import { header } from '../records/header';
import { ChainRoom, Node, Room } from '../records/node';
import { addressOf, none, recordAt } from '../records/record';
import { TreeNode } from '../records/tree-node';

/** May one more page (`offset` more than that) be merged into the node under max_page_sharing? */
export function nodeIsCandidate(node: Node, offset: u32): bool {
  return node.len != 0 && node.len + offset < setting(H_MAX_PAGE_SHARING);
}

function roomOf(node: Node): Room {
  return recordAt<Room>(header.rooms + (addressOf(node) - header.nodes));
}

function dupOf(room: TreeNode): Node {
  return recordAt<Node>(header.nodes + (addressOf(room) - header.rooms));
}

/** The dup whose node in the tree by items is `node`. */
function dupByItems(node: TreeNode): Node {
  return dupOf(recordAt<TreeNode>(addressOf(node) - ROOM_BY_ITEMS));
}

/** Root slots of the trees on a chain's room. */
function withRoomSlot(chain: Node): usize {
  return addressOf(roomOf(chain)) + offsetof<ChainRoom>('withRoom');
}

function fullestSlot(chain: Node): usize {
  return addressOf(roomOf(chain)) + offsetof<ChainRoom>('fullest');
}

function staleSlot(chain: Node): usize {
  return addressOf(roomOf(chain)) + offsetof<ChainRoom>('stale');
}

function placeOf(dup: Node): u32 {
  return roomOf(dup).place;
}

/** An empty room record, for a new chain or dup. */
export function roomClear(node: Node): void {
  memory.fill(addressOf(roomOf(node)), 0, ROOM_BYTES);
}

/** Does `dup` come before `other` in the list of their chain? */
export function isNearer(dup: Node, other: Node): bool {
  return placeOf(dup) > placeOf(other);
}

/** The first dup that has room, the fullest that has room (of equally full ones the first), the first stale one; or none. */
export function firstWithRoom(chain: Node): Node {
  const first = topmost(withRoomSlot(chain));
  return first ? dupOf(first) : none<Node>();
}

export function fullestWithRoom(chain: Node): Node {
  const fullest = topmost(fullestSlot(chain));
  return fullest ? dupByItems(fullest) : none<Node>();
}

export function firstStale(chain: Node): Node {
  const first = topmost(staleSlot(chain));
  return first ? dupOf(first) : none<Node>();
}

/** The first node of the tree in `slot`, or none. */
function topmost(slot: usize): TreeNode {
  let node = rbAt<TreeNode>(slot);
  if (!node) return node;
  let seen = 1;
  for (let left = node.left; left; left = node.left, seen++) node = left;
  countSeen(seen);
  return node;
}

function countSeen(dups: i32): void {
  countWide(H_DUPS_SEEN, dups);
}

/** Gives `dup`, which is about to become the first of `chain`, its place. It is in no tree of the chain yet. */
export function takeFirstPlace(chain: Node, dup: Node): void {
  const first = chain.firstDup;
  if (!ASC_NO_ASSERT) expectOutside(roomOf(dup));
  let place: u32 = first ? placeOf(first) : 0;
  if (place == ROOM_PLACE_MAX) place = renumber(first);
  roomOf(dup).place = place + 1;
  if (!ASC_NO_ASSERT) assert(!first || isNearer(dup, first));
}

/** Gives the dups of a list the lowest places, in the same order, so that the trees stay as they are. Returns the highest. */
function renumber(first: Node): u32 {
  let dups: u32 = 0;
  for (let dup = first; dup; dup = dup.dupNext) dups++;
  for (let dup = first, place = dups; dup; dup = dup.dupNext, place--) {
    roomOf(dup).place = place;
  }
  return dups;
}

/** Enters a dup into those trees of its chain in which it belongs. It is in none of them yet. */
export function dupEnter(dup: Node): void {
  const room = roomOf(dup);
  const chain = dup.chain;
  if (!ASC_NO_ASSERT) expectOutside(room);
  if (dup.frame == 0) {
    insertByPlace(staleSlot(chain), room);
  } else if (nodeIsCandidate(dup, 0)) {
    insertByPlace(withRoomSlot(chain), room);
    insertByItems(fullestSlot(chain), room);
  }
  if (!ASC_NO_ASSERT) expectPlace(dup);
}

/** The room of a dup that is in no tree of its chain. */
function expectOutside(room: Room): void {
  assert(room.above == 0);
  assert(room.byItems.above == 0);
}

/** The dup is in those trees of its chain in which it belongs. */
function expectPlace(dup: Node): void {
  const room = roomOf(dup);
  const isStale = dup.frame == 0;
  const hasRoom = !isStale && nodeIsCandidate(dup, 0);
  const next = hasRoom ? rbNext(room.byItems) : none<TreeNode>();
  assert((dup.flags & (NODE_IS_DUP | NODE_IS_CHAIN)) == NODE_IS_DUP);
  assert(dup.chain.flags & NODE_IS_CHAIN);
  assert((room.above != 0) == (isStale || hasRoom));
  assert((room.byItems.above != 0) == hasRoom);
  assert(!next || dupByItems(next).len <= dup.len);
}

/** Takes a dup out of its chain's trees. */
export function dupLeave(dup: Node): void {
  const room = roomOf(dup);
  eraseIfIn(room);
  eraseIfIn(room.byItems);
  if (!ASC_NO_ASSERT) expectOutside(room);
}

function eraseIfIn(node: TreeNode): void {
  if (node.above == 0) return;
  rbErase(node);
  node.above = 0;
}

/** An item has come to the dup or left it. */
export function dupItemsChanged(dup: Node): void {
  const room = roomOf(dup);
  if (room.byItems.above == 0 || !nodeIsCandidate(dup, 0)) {
    dupLeave(dup);
    dupEnter(dup);
    return;
  }
  const slot = fullestSlot(dup.chain);
  if (isAlone(room.byItems, slot)) return;
  rbErase(room.byItems);
  insertByItems(slot, room);
  if (!ASC_NO_ASSERT) expectPlace(dup);
}

/** Is it the only node of its tree? So it mostly is while pages merge into one dup after the other. */
function isAlone(node: TreeNode, slot: usize): bool {
  return rbAt<TreeNode>(slot) == node && !node.left && !node.right;
}

/** The dup's frame is gone. */
export function dupGoesStale(dup: Node): void {
  dupLeave(dup);
  dupEnter(dup);
}

/** The nearer to the head, the further left. */
function insertByPlace(slot: usize, room: Room): void {
  const place = room.place;
  let parent = none<TreeNode>();
  let link = slot;
  let seen = 1;
  for (let other = rbAt<Room>(link); other; other = rbAt<Room>(link), seen++) {
    parent = other;
    link = rbLink(other, place > other.place);
  }
  rbInsert(room, parent, link);
  countSeen(seen);
}

/** The more items, the further left; those with equally many by place. */
function insertByItems(slot: usize, room: Room): void {
  const dup = dupOf(room);
  const items = dup.len;
  let parent = none<TreeNode>();
  let link = slot;
  let seen = 1;
  for (let node = rbAt<TreeNode>(link); node; node = rbAt<TreeNode>(link), seen++) {
    const other = dupByItems(node);
    const isBefore = items != other.len ? items > other.len : isNearer(dup, other);
    parent = node;
    link = rbLink(node, isBefore);
  }
  rbInsert(room.byItems, parent, link);
  countSeen(seen);
}

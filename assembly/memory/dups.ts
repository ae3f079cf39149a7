/**
 * What a chain knows of its dups, so that a search need not walk them.
 *
 * Linux walks the list from its head: it takes the first dup that has room for another page, or in a full walk the fullest such, and
 * deletes the stale ones that it passes. With a small max_page_sharing and many equal pages nearly all dups are full, and the walk
 * goes past all of them at every merge. Here a chain keeps what such a walk would stop at: its dups with room, by their place in the
 * list and by how many items they have, and its stale ones by place. What is neither (full, or without items) is passed over.
 *
 * The list only grows at its head, so a place is a number that grows. The three trees hang on the chain's room record, and each
 * dup's room record is a node of them (layout.ts).
 */
import {
  H_DUPS_SEEN,
  H_MAX_PAGE_SHARING,
  H_NODES,
  H_ROOMS,
  NODE_CHAIN,
  NODE_DUP_NEXT,
  NODE_FRAME,
  NODE_HEAD,
  NODE_LEN,
  NODE_LEN_MASK,
  RB_LEFT,
  RB_PARENT,
  RB_RIGHT,
  ROOM_BY_ITEMS,
  ROOM_BYTES,
  ROOM_FULLEST,
  ROOM_PLACE,
  ROOM_PLACE_MAX,
  ROOM_STALE,
  ROOM_WITH_ROOM,
} from '../layout';
import { rbErase, rbInsert } from '../tree/rb';

/** How many items hang on a node. */
export function nodeLen(node: usize): u32 {
  return load<u32>(node, NODE_LEN) & NODE_LEN_MASK;
}

/** May one more page (`offset` more than that) be merged into the node under max_page_sharing? */
export function nodeIsCandidate(node: usize, offset: u32): bool {
  const items = nodeLen(node);
  return items != 0 && items + offset < min(load<u32>(H_MAX_PAGE_SHARING), NODE_LEN_MASK);
}

/** Can a node count one more item? fork brings more than max_page_sharing, which is no limit for it. */
export function nodeCanCount(node: usize): bool {
  return nodeLen(node) != NODE_LEN_MASK;
}

function roomOf(node: usize): usize {
  return load<u32>(H_ROOMS) + (node - load<u32>(H_NODES));
}

function dupOf(room: usize): usize {
  return load<u32>(H_NODES) + (room - load<u32>(H_ROOMS));
}

function placeOf(dup: usize): u32 {
  return load<u32>(roomOf(dup), ROOM_PLACE);
}

/** An empty room record, for a new chain or dup. */
export function roomClear(node: usize): void {
  memory.fill(roomOf(node), 0, ROOM_BYTES);
}

/** Does `dup` come before `other` in the list of their chain? */
export function isNearer(dup: usize, other: usize): bool {
  return placeOf(dup) > placeOf(other);
}

/** The first dup that has room, the fullest that has room (of equally full ones the first), the first stale one; or 0. */
export function firstWithRoom(chain: usize): usize {
  return dupAt(topmost(roomOf(chain) + ROOM_WITH_ROOM), 0);
}

export function fullestWithRoom(chain: usize): usize {
  return dupAt(topmost(roomOf(chain) + ROOM_FULLEST), ROOM_BY_ITEMS);
}

export function firstStale(chain: usize): usize {
  return dupAt(topmost(roomOf(chain) + ROOM_STALE), 0);
}

function dupAt(treeNode: usize, offset: usize): usize {
  return treeNode == 0 ? 0 : dupOf(treeNode - offset);
}

/** The first node of the tree in `slot`, or 0. */
function topmost(slot: usize): usize {
  let node: usize = load<u32>(slot);
  if (node == 0) return 0;
  let seen = 1;
  for (let left: usize = load<u32>(node, RB_LEFT); left != 0; left = load<u32>(node, RB_LEFT), seen++) node = left;
  countSeen(seen);
  return node;
}

function countSeen(dups: i32): void {
  store<u64>(H_DUPS_SEEN, load<u64>(H_DUPS_SEEN) + dups);
}

/** `dup` is about to become the first of `chain`: its place, which it may not have in any tree yet. */
export function takeFirstPlace(chain: usize, dup: usize): void {
  const first: usize = load<u32>(chain, NODE_HEAD);
  let place: u32 = first == 0 ? 0 : placeOf(first);
  if (place == ROOM_PLACE_MAX) place = renumber(first);
  store<u32>(roomOf(dup), place + 1, ROOM_PLACE);
}

/** Gives the dups of a list the lowest places, in the same order, so that the trees stay as they are. Returns the highest. */
function renumber(first: usize): u32 {
  let dups: u32 = 0;
  for (let dup = first; dup != 0; dup = load<u32>(dup, NODE_DUP_NEXT)) dups++;
  for (let dup = first, place = dups; dup != 0; dup = load<u32>(dup, NODE_DUP_NEXT), place--) {
    store<u32>(roomOf(dup), place, ROOM_PLACE);
  }
  return dups;
}

/** Enters a dup, which is in no tree of its chain, where it belongs. */
export function dupEnter(dup: usize): void {
  const room = roomOf(dup);
  const roots = roomOf(load<u32>(dup, NODE_CHAIN));
  if (load<u32>(dup, NODE_FRAME) == 0) {
    insertByPlace(roots + ROOM_STALE, room);
  } else if (nodeIsCandidate(dup, 0)) {
    insertByPlace(roots + ROOM_WITH_ROOM, room);
    insertByItems(roots + ROOM_FULLEST, room);
  }
}

/** Takes a dup out of its chain's trees. */
export function dupLeave(dup: usize): void {
  const room = roomOf(dup);
  eraseIfIn(room);
  eraseIfIn(room + ROOM_BY_ITEMS);
}

function eraseIfIn(treeNode: usize): void {
  if (load<u32>(treeNode, RB_PARENT) == 0) return;
  rbErase(treeNode);
  store<u32>(treeNode, 0, RB_PARENT);
}

/** An item has come to the dup or left it. */
export function dupItemsChanged(dup: usize): void {
  const room = roomOf(dup);
  if (load<u32>(room + ROOM_BY_ITEMS, RB_PARENT) == 0 || !nodeIsCandidate(dup, 0)) {
    dupLeave(dup);
    dupEnter(dup);
    return;
  }
  const slot = roomOf(load<u32>(dup, NODE_CHAIN)) + ROOM_FULLEST;
  if (isAlone(room + ROOM_BY_ITEMS, slot)) return;
  rbErase(room + ROOM_BY_ITEMS);
  insertByItems(slot, room);
}

/** Is it the only node of its tree? So it mostly is while pages merge into one dup after the other. */
function isAlone(node: usize, slot: usize): bool {
  return load<u32>(slot) == node && load<u32>(node, RB_LEFT) == 0 && load<u32>(node, RB_RIGHT) == 0;
}

/** The dup's frame is gone. */
export function dupIsStale(dup: usize): void {
  dupLeave(dup);
  dupEnter(dup);
}

/** The nearer to the head, the further left. */
function insertByPlace(slot: usize, room: usize): void {
  const place = load<u32>(room, ROOM_PLACE);
  let parent: usize = 0;
  let link = slot;
  let seen = 1;
  for (let other: usize = load<u32>(link); other != 0; other = load<u32>(link), seen++) {
    parent = other;
    link = other + (place > load<u32>(other, ROOM_PLACE) ? RB_LEFT : RB_RIGHT);
  }
  rbInsert(room, parent, link);
  countSeen(seen);
}

/** The more items, the further left; those with equally many by place. */
function insertByItems(slot: usize, room: usize): void {
  const dup = dupOf(room);
  const items = nodeLen(dup);
  let parent: usize = 0;
  let link = slot;
  let seen = 1;
  for (let node: usize = load<u32>(link); node != 0; node = load<u32>(link), seen++) {
    const other = dupOf(node - ROOM_BY_ITEMS);
    const isBefore = items != nodeLen(other) ? items > nodeLen(other) : isNearer(dup, other);
    parent = node;
    link = node + (isBefore ? RB_LEFT : RB_RIGHT);
  }
  rbInsert(room + ROOM_BY_ITEMS, parent, link);
  countSeen(seen);
}

/**
 * One intrusive red-black tree for everything that is ordered: vmas, the stable tree, the unstable tree.
 *
 * A node is any record whose first 16 bytes are {key, left, right, parent} (layout.ts, RB_*). The tree knows neither keys
 * nor pages: whoever inserts has walked down and says under which parent and at which link the node goes. A tree is
 * one u32 word, its root slot; the topmost node's parent field holds the address of that slot, so erasing a node needs no
 * more than the node. Emptying a tree is storing 0 in its slot.
 *
 * Insertion and deletion are the textbook's (Cormen et al., Introduction to Algorithms, chapter 13), deletion with the
 * in-order successor as replacement. The shapes matter: Linux's trees have the same, and where pages change while they
 * are in the unstable tree, the shape decides which pages a search meets.
 */
import { RB_BLACK, RB_IS_ROOT, RB_LEFT, RB_PARENT, RB_RIGHT } from '../layout';

const POINTER: u32 = ~(RB_BLACK | RB_IS_ROOT);

function parentOf(node: usize): usize {
  return load<u32>(node, RB_PARENT) & POINTER;
}

function isRoot(node: usize): bool {
  return (load<u32>(node, RB_PARENT) & RB_IS_ROOT) != 0;
}

/** A missing child counts as black. */
function isRed(node: usize): bool {
  return node != 0 && (load<u32>(node, RB_PARENT) & RB_BLACK) == 0;
}

function paintBlack(node: usize): void {
  store<u32>(node, load<u32>(node, RB_PARENT) | RB_BLACK, RB_PARENT);
}

function paintRed(node: usize): void {
  store<u32>(node, load<u32>(node, RB_PARENT) & ~RB_BLACK, RB_PARENT);
}

function paintAs(node: usize, other: usize): void {
  const colour = load<u32>(other, RB_PARENT) & RB_BLACK;
  store<u32>(node, (load<u32>(node, RB_PARENT) & ~RB_BLACK) | colour, RB_PARENT);
}

function setParent(node: usize, parent: usize): void {
  store<u32>(node, <u32>parent | (load<u32>(node, RB_PARENT) & RB_BLACK), RB_PARENT);
}

/** Puts `successor` (0: nothing) where `node` hangs; keeps the successor's colour. */
function takePlace(node: usize, successor: usize): void {
  const above = load<u32>(node, RB_PARENT);
  const parent = above & POINTER;
  if (above & RB_IS_ROOT) store<u32>(parent, <u32>successor);
  else if (load<u32>(parent, RB_LEFT) == node) store<u32>(parent, <u32>successor, RB_LEFT);
  else store<u32>(parent, <u32>successor, RB_RIGHT);
  if (successor != 0) {
    store<u32>(successor, (above & ~RB_BLACK) | (load<u32>(successor, RB_PARENT) & RB_BLACK), RB_PARENT);
  }
}

/**
 *     x              y
 *    / \            / \
 *   a   y    ->    x   c
 *      / \        / \
 *     b   c      a   b
 */
function rotateLeft(x: usize): void {
  const y: usize = load<u32>(x, RB_RIGHT);
  const b: usize = load<u32>(y, RB_LEFT);
  store<u32>(x, <u32>b, RB_RIGHT);
  if (b != 0) setParent(b, x);
  takePlace(x, y);
  store<u32>(y, <u32>x, RB_LEFT);
  setParent(x, y);
}

/** The mirror image of rotateLeft. */
function rotateRight(x: usize): void {
  const y: usize = load<u32>(x, RB_LEFT);
  const b: usize = load<u32>(y, RB_RIGHT);
  store<u32>(x, <u32>b, RB_LEFT);
  if (b != 0) setParent(b, x);
  takePlace(x, y);
  store<u32>(y, <u32>x, RB_RIGHT);
  setParent(x, y);
}

/**
 * Hangs `node` at `link`, the address of an empty child field of `parent`, or of an empty root slot where `parent` is 0.
 */
export function rbInsert(node: usize, parent: usize, link: usize): void {
  store<u32>(node, 0, RB_LEFT);
  store<u32>(node, 0, RB_RIGHT);
  store<u32>(link, <u32>node);
  if (parent == 0) {
    store<u32>(node, <u32>link | RB_IS_ROOT | RB_BLACK, RB_PARENT);
    return;
  }
  store<u32>(node, <u32>parent, RB_PARENT);
  repairRed(node);
}

/** Loop invariant: `node` is red, and the only fault there can be is that its parent is red too. */
function repairRed(node: usize): void {
  while (!isRoot(node)) {
    let parent = parentOf(node);
    if (!isRed(parent)) return;
    const grandparent = parentOf(parent); // a red parent is never the root
    const parentIsLeft = load<u32>(grandparent, RB_LEFT) == parent;
    const uncle: usize = parentIsLeft ? load<u32>(grandparent, RB_RIGHT) : load<u32>(grandparent, RB_LEFT);
    if (isRed(uncle)) {
      paintBlack(parent);
      paintBlack(uncle);
      paintRed(grandparent);
      node = grandparent;
      continue;
    }
    if (parentIsLeft) {
      if (load<u32>(parent, RB_RIGHT) == node) {
        rotateLeft(parent);
        parent = node;
      }
      paintBlack(parent);
      paintRed(grandparent);
      rotateRight(grandparent);
    } else {
      if (load<u32>(parent, RB_LEFT) == node) {
        rotateRight(parent);
        parent = node;
      }
      paintBlack(parent);
      paintRed(grandparent);
      rotateLeft(grandparent);
    }
    return;
  }
  paintBlack(node);
}

/** Takes `node` out of the tree it is in. */
export function rbErase(node: usize): void {
  const left: usize = load<u32>(node, RB_LEFT);
  const right: usize = load<u32>(node, RB_RIGHT);
  if (left == 0 || right == 0) {
    eraseWithOneChild(node, left != 0 ? left : right);
    return;
  }
  let successor = right;
  for (let next: usize = load<u32>(right, RB_LEFT); next != 0; next = load<u32>(next, RB_LEFT)) successor = next;
  const hole: usize = load<u32>(successor, RB_RIGHT);
  const lostBlack = !isRed(successor);
  let holeParent = successor;
  if (successor != right) {
    holeParent = parentOf(successor);
    takePlace(successor, hole);
    store<u32>(successor, <u32>right, RB_RIGHT);
    setParent(right, successor);
  }
  takePlace(node, successor);
  store<u32>(successor, <u32>left, RB_LEFT);
  setParent(left, successor);
  paintAs(successor, node);
  if (lostBlack) repairBlack(hole, holeParent);
}

function eraseWithOneChild(node: usize, child: usize): void {
  const wasRoot = isRoot(node);
  const parent = parentOf(node);
  const lostBlack = !isRed(node);
  takePlace(node, child);
  if (child != 0)
    paintBlack(child); // a lone child is red, its parent black
  else if (lostBlack && !wasRoot) repairBlack(0, parent);
}

/** Loop invariant: paths through `node` (0: an empty place below `parent`) have one black node too few. */
function repairBlack(node: usize, parent: usize): void {
  while (!isRed(node) && (node == 0 || !isRoot(node))) {
    if (node != 0) parent = parentOf(node);
    const nodeIsLeft = load<u32>(parent, RB_LEFT) == node;
    let sibling: usize = nodeIsLeft ? load<u32>(parent, RB_RIGHT) : load<u32>(parent, RB_LEFT);
    if (isRed(sibling)) {
      paintBlack(sibling);
      paintRed(parent);
      if (nodeIsLeft) {
        rotateLeft(parent);
        sibling = load<u32>(parent, RB_RIGHT);
      } else {
        rotateRight(parent);
        sibling = load<u32>(parent, RB_LEFT);
      }
    }
    if (!isRed(load<u32>(sibling, RB_LEFT)) && !isRed(load<u32>(sibling, RB_RIGHT))) {
      paintRed(sibling);
      node = parent;
      continue;
    }
    if (nodeIsLeft) {
      if (!isRed(load<u32>(sibling, RB_RIGHT))) {
        paintBlack(load<u32>(sibling, RB_LEFT));
        paintRed(sibling);
        rotateRight(sibling);
        sibling = load<u32>(parent, RB_RIGHT);
      }
      paintAs(sibling, parent);
      paintBlack(parent);
      paintBlack(load<u32>(sibling, RB_RIGHT));
      rotateLeft(parent);
    } else {
      if (!isRed(load<u32>(sibling, RB_LEFT))) {
        paintBlack(load<u32>(sibling, RB_RIGHT));
        paintRed(sibling);
        rotateLeft(sibling);
        sibling = load<u32>(parent, RB_LEFT);
      }
      paintAs(sibling, parent);
      paintBlack(parent);
      paintBlack(load<u32>(sibling, RB_LEFT));
      rotateRight(parent);
    }
    return;
  }
  if (node != 0) paintBlack(node);
}

/** Puts `fresh`, which is in no tree, in the place of `node`; the shape and colours stay. */
export function rbReplace(node: usize, fresh: usize): void {
  const left: usize = load<u32>(node, RB_LEFT);
  const right: usize = load<u32>(node, RB_RIGHT);
  store<u32>(fresh, <u32>left, RB_LEFT);
  store<u32>(fresh, <u32>right, RB_RIGHT);
  store<u32>(fresh, load<u32>(node, RB_PARENT), RB_PARENT);
  takePlace(node, fresh);
  if (left != 0) setParent(left, fresh);
  if (right != 0) setParent(right, fresh);
}

/** The next node in order, or 0. */
export function rbNext(node: usize): usize {
  let next: usize = load<u32>(node, RB_RIGHT);
  if (next != 0) {
    for (let left: usize = load<u32>(next, RB_LEFT); left != 0; left = load<u32>(next, RB_LEFT)) next = left;
    return next;
  }
  while (!isRoot(node)) {
    const parent = parentOf(node);
    if (load<u32>(parent, RB_LEFT) == node) return parent;
    node = parent;
  }
  return 0;
}

/** The first node of the tree in `slot`, or 0. */
export function rbFirst(slot: usize): usize {
  let node: usize = load<u32>(slot);
  if (node == 0) return 0;
  for (let left: usize = load<u32>(node, RB_LEFT); left != 0; left = load<u32>(node, RB_LEFT)) node = left;
  return node;
}

/**
 * One intrusive red-black tree for everything that is ordered: vmas, the stable tree, the unstable tree.
 *
 * A node is any record that extends TreeNode (records/tree-node). The tree knows neither keys
 * nor pages: whoever inserts has walked down and says under which parent and at which link the node goes. A tree is
 * one u32 word, its root slot; the topmost node's parent field holds the address of that slot, so erasing a node needs no
 * more than the node. Emptying a tree is storing 0 in its slot.
 *
 * Insertion and deletion are the textbook's (Cormen et al., Introduction to Algorithms, chapter 13), deletion with the
 * in-order successor as replacement. The shapes matter: Linux's trees have the same, and if pages change while they
 * are in the unstable tree, the shape decides which pages a search meets.
 */
import { RB_BLACK, RB_IS_ROOT } from '../layout';
import { addressOf, none, recordAt } from '../records/record';
import { TreeNode } from '../records/tree-node';

const POINTER: u32 = ~(RB_BLACK | RB_IS_ROOT);

function parentOf(node: TreeNode): TreeNode {
  return recordAt<TreeNode>(node.above & POINTER);
}

function isRoot(node: TreeNode): bool {
  return (node.above & RB_IS_ROOT) != 0;
}

/** A missing child counts as black. */
function isRed(node: TreeNode): bool {
  return node ? (node.above & RB_BLACK) == 0 : false;
}

function paintBlack(node: TreeNode): void {
  node.above |= RB_BLACK;
}

function paintRed(node: TreeNode): void {
  node.above &= ~RB_BLACK;
}

function paintAs(node: TreeNode, other: TreeNode): void {
  const colour = other.above & RB_BLACK;
  node.above = (node.above & ~RB_BLACK) | colour;
}

function setParent(node: TreeNode, parent: TreeNode): void {
  node.above = addressOf(parent) | (node.above & RB_BLACK);
}

/** For assertions: does the place where `node` should hang, a child field of its parent or its root slot, name it? */
function hangs(node: TreeNode): bool {
  const parent = parentOf(node);
  if (!parent) return false;
  if (isRoot(node)) return load<u32>(addressOf(parent)) == addressOf(node);
  return parent.left == node || parent.right == node;
}

/** Does a child, if it is there, name `node` as its parent? */
function isParentOf(node: TreeNode, child: TreeNode): bool {
  return child ? parentOf(child) == node && !isRoot(child) : true;
}

/** A child that has no sibling is red and has no children, else paths through it would have more black nodes than the empty place. */
function isLone(child: TreeNode): bool {
  return isRed(child) && !child.left && !child.right;
}

/** What can be seen of a sound tree from one node of it; none is sound. */
function expectSound(node: TreeNode): void {
  if (!node) return;
  const left = node.left;
  const right = node.right;
  assert(hangs(node));
  assert(isParentOf(node, left));
  assert(isParentOf(node, right));
  assert(!isRoot(node) || !isRed(node));
  assert(!isRed(node) || !isRed(parentOf(node)));
  assert(!isRed(node) || (!isRed(left) && !isRed(right)));
  assert(!left || left != right);
  assert(left || !right || isLone(right));
  assert(right || !left || isLone(left));
}

/** Puts `successor` (or nothing) where `node` hangs; keeps the successor's colour. */
function takePlace(node: TreeNode, successor: TreeNode): void {
  const above = node.above;
  const parent = parentOf(node);
  if (!ASC_NO_ASSERT) assert(hangs(node));
  if (above & RB_IS_ROOT) store<u32>(addressOf(parent), addressOf(successor));
  else if (parent.left == node) parent.left = successor;
  else parent.right = successor;
  if (successor) successor.above = (above & ~RB_BLACK) | (successor.above & RB_BLACK);
  if (!ASC_NO_ASSERT) assert(successor ? hangs(successor) : true);
}

/**
 *     x              y
 *    / \            / \
 *   a   y    ->    x   c
 *      / \        / \
 *     b   c      a   b
 */
function rotateLeft(x: TreeNode): void {
  const y = x.right;
  if (!ASC_NO_ASSERT) assert(y);
  const b = y.left;
  x.right = b;
  if (b) setParent(b, x);
  takePlace(x, y);
  y.left = x;
  setParent(x, y);
  if (!ASC_NO_ASSERT) assert(isParentOf(x, b));
}

/** The mirror image of rotateLeft. */
function rotateRight(x: TreeNode): void {
  const y = x.left;
  if (!ASC_NO_ASSERT) assert(y);
  const b = y.right;
  x.left = b;
  if (b) setParent(b, x);
  takePlace(x, y);
  y.right = x;
  setParent(x, y);
  if (!ASC_NO_ASSERT) assert(isParentOf(x, b));
}

/**
 * Hangs `node` at `link`, the address of an empty child field of `parent`, or of an empty root slot if `parent` is none.
 */
export function rbInsert(node: TreeNode, parent: TreeNode, link: usize): void {
  if (!ASC_NO_ASSERT) {
    assert(load<u32>(link) == 0);
    assert(!parent || link == rbLink(parent, true) || link == rbLink(parent, false));
    assert(((addressOf(node) | <u32>link) & ~POINTER) == 0);
    expectSound(parent);
  }
  node.left = none<TreeNode>();
  node.right = none<TreeNode>();
  store<u32>(link, addressOf(node));
  if (!parent) {
    node.above = <u32>link | RB_IS_ROOT | RB_BLACK;
    return;
  }
  node.above = addressOf(parent);
  repairRed(node);
  if (!ASC_NO_ASSERT) {
    expectSound(node);
    expectSound(parent);
    if (!isRoot(parent)) expectSound(parentOf(parent));
  }
}

/** Loop invariant: `node` is red, and the only fault there can be is that its parent is red too. */
function repairRed(node: TreeNode): void {
  while (!isRoot(node)) {
    let parent = parentOf(node);
    if (!isRed(parent)) return;
    if (!ASC_NO_ASSERT) assert(!isRoot(parent));
    const grandparent = parentOf(parent); // a red parent is never the root
    const parentIsLeft = grandparent.left == parent;
    const uncle = parentIsLeft ? grandparent.right : grandparent.left;
    if (isRed(uncle)) {
      paintBlack(parent);
      paintBlack(uncle);
      paintRed(grandparent);
      node = grandparent;
      continue;
    }
    if (parentIsLeft) {
      if (parent.right == node) {
        rotateLeft(parent);
        parent = node;
      }
      paintBlack(parent);
      paintRed(grandparent);
      rotateRight(grandparent);
    } else {
      if (parent.left == node) {
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
export function rbErase(node: TreeNode): void {
  const left = node.left;
  const right = node.right;
  if (!ASC_NO_ASSERT) expectSound(node);
  if (!left || !right) {
    eraseWithOneChild(node, left ? left : right);
    return;
  }
  let successor = right;
  for (let next = right.left; next; next = next.left) successor = next;
  const hole = successor.right;
  const lostBlack = !isRed(successor);
  let holeParent = successor;
  if (successor != right) {
    holeParent = parentOf(successor);
    takePlace(successor, hole);
    successor.right = right;
    setParent(right, successor);
  }
  takePlace(node, successor);
  successor.left = left;
  setParent(left, successor);
  paintAs(successor, node);
  if (lostBlack) repairBlack(hole, holeParent);
  if (!ASC_NO_ASSERT) {
    expectSound(successor);
    expectSound(holeParent);
    expectSound(left);
  }
}

function eraseWithOneChild(node: TreeNode, child: TreeNode): void {
  const wasRoot = isRoot(node);
  const parent = parentOf(node);
  const lostBlack = !isRed(node);
  takePlace(node, child);
  if (child)
    paintBlack(child); // a lone child is red, its parent black
  else if (lostBlack && !wasRoot) repairBlack(none<TreeNode>(), parent);
  if (!ASC_NO_ASSERT) expectSound(wasRoot ? child : parent);
}

/** Loop invariant: paths through `node` (none: an empty place below `parent`) have one black node too few. */
function repairBlack(node: TreeNode, parent: TreeNode): void {
  while (!isRed(node) && (!node || !isRoot(node))) {
    if (node) parent = parentOf(node);
    const nodeIsLeft = parent.left == node;
    if (!ASC_NO_ASSERT) assert(nodeIsLeft || parent.right == node);
    let sibling = nodeIsLeft ? parent.right : parent.left;
    if (isRed(sibling)) {
      paintBlack(sibling);
      paintRed(parent);
      if (nodeIsLeft) {
        rotateLeft(parent);
        sibling = parent.right;
      } else {
        rotateRight(parent);
        sibling = parent.left;
      }
    }
    if (!ASC_NO_ASSERT) assert(sibling); // the side of `node` has a black node too few, so the other has one
    if (!isRed(sibling.left) && !isRed(sibling.right)) {
      paintRed(sibling);
      node = parent;
      continue;
    }
    if (nodeIsLeft) {
      if (!isRed(sibling.right)) {
        paintBlack(sibling.left);
        paintRed(sibling);
        rotateRight(sibling);
        sibling = parent.right;
      }
      paintAs(sibling, parent);
      paintBlack(parent);
      paintBlack(sibling.right);
      rotateLeft(parent);
    } else {
      if (!isRed(sibling.left)) {
        paintBlack(sibling.right);
        paintRed(sibling);
        rotateLeft(sibling);
        sibling = parent.left;
      }
      paintAs(sibling, parent);
      paintBlack(parent);
      paintBlack(sibling.left);
      rotateRight(parent);
    }
    return;
  }
  if (node) paintBlack(node);
}

/** Puts `fresh`, which is in no tree, in the place of `node`; the shape and colours stay. */
export function rbReplace(node: TreeNode, fresh: TreeNode): void {
  const left = node.left;
  const right = node.right;
  if (!ASC_NO_ASSERT) {
    assert(fresh != node);
    expectSound(node);
  }
  fresh.left = left;
  fresh.right = right;
  fresh.above = node.above;
  takePlace(node, fresh);
  if (left) setParent(left, fresh);
  if (right) setParent(right, fresh);
  if (!ASC_NO_ASSERT) expectSound(fresh);
}

/** The record that hangs at `link`, a root slot or a child field; or none. */
export function rbAt<Record>(link: usize): Record {
  return recordAt<Record>(load<u32>(link));
}

/** The child field of `node` on one side: where a search goes on, and a node may be inserted. */
export function rbLink(node: TreeNode, left: bool): usize {
  return addressOf(node) + (left ? offsetof<TreeNode>('left') : offsetof<TreeNode>('right'));
}

/** The next node in order, or none. */
export function rbNext(node: TreeNode): TreeNode {
  let next = node.right;
  if (next) {
    for (let left = next.left; left; left = next.left) next = left;
    return next;
  }
  while (!isRoot(node)) {
    const parent = parentOf(node);
    if (parent.left == node) return parent;
    node = parent;
  }
  return none<TreeNode>();
}

/** The first node of the tree in `slot`, or none. */
export function rbFirst(slot: usize): TreeNode {
  let node = rbAt<TreeNode>(slot);
  if (!node) return node;
  for (let left = node.left; left; left = node.left) node = left;
  return node;
}

/*
 * A red-black tree as in Cormen, Leiserson, Rivest and Stein: bottom-up insertion, and deletion that puts the in-order
 * successor in the place of a node with two children. The shapes matter here: pages that changed after they were
 * inserted mislead a search in a way that depends on where they hang, so the callers walk the tree themselves.
 */

export class TreeNode<T> {
  readonly value: T;
  parent: TreeNode<T> | null = null;
  left: TreeNode<T> | null = null;
  right: TreeNode<T> | null = null;
  red = true;

  constructor(value: T) {
    this.value = value;
  }
}

type Side = 'left' | 'right';
const other = (side: Side): Side => (side === 'left' ? 'right' : 'left');
const isRed = <T>(node: TreeNode<T> | null): boolean => node?.red === true;

/** The neighbour that the colouring rules promise; a missing one means that the tree is broken. */
function present<T>(node: TreeNode<T> | null): TreeNode<T> {
  if (!node) throw new Error('red-black tree: a node is missing that the colours promise');
  return node;
}

export class RedBlackTree<T> {
  root: TreeNode<T> | null = null;

  clear(): void {
    this.root = null;
  }

  /** Hangs a new leaf under `parent` (null for an empty tree) on the given side, and restores the colours. */
  insert(value: T, parent: TreeNode<T> | null, side: Side): TreeNode<T> {
    const node = new TreeNode(value);
    node.parent = parent;
    if (parent) parent[side] = node;
    else this.root = node;
    this.fixInsertion(node);
    return node;
  }

  /** Puts a node with another value exactly where `old` is. */
  replace(old: TreeNode<T>, value: T): TreeNode<T> {
    const node = new TreeNode(value);
    node.red = old.red;
    this.transplant(old, node);
    this.adopt(node, 'left', old.left);
    this.adopt(node, 'right', old.right);
    return node;
  }

  remove(node: TreeNode<T>): void {
    let removedRed = node.red;
    let hole: TreeNode<T> | null;
    let above: TreeNode<T> | null;
    if (node.left && node.right) {
      let successor = node.right;
      while (successor.left) successor = successor.left;
      removedRed = successor.red;
      hole = successor.right;
      above = successor;
      if (successor !== node.right) {
        above = successor.parent;
        this.transplant(successor, successor.right);
        this.adopt(successor, 'right', node.right);
      }
      this.transplant(node, successor);
      this.adopt(successor, 'left', node.left);
      successor.red = node.red;
    } else {
      hole = node.left ?? node.right;
      above = node.parent;
      this.transplant(node, hole);
    }
    if (!removedRed) this.fixDeletion(hole, above);
  }

  private adopt(parent: TreeNode<T>, side: Side, child: TreeNode<T> | null): void {
    parent[side] = child;
    if (child) child.parent = parent;
  }

  private transplant(old: TreeNode<T>, node: TreeNode<T> | null): void {
    if (!old.parent) this.root = node;
    else old.parent[this.sideOf(old)] = node;
    if (node) node.parent = old.parent;
  }

  private sideOf(node: TreeNode<T>): Side {
    return node.parent?.left === node ? 'left' : 'right';
  }

  /** Moves `node` down to `side`; its child on the other side takes its place. */
  private rotate(node: TreeNode<T>, side: Side): void {
    const child = present(node[other(side)]);
    this.transplant(node, child);
    this.adopt(node, other(side), child[side]);
    this.adopt(child, side, node);
  }

  private fixInsertion(start: TreeNode<T>): void {
    let node = start;
    while (node.parent?.red) {
      const grandparent = present(node.parent.parent);
      const side = this.sideOf(node.parent);
      const uncle = grandparent[other(side)];
      if (uncle?.red) {
        node.parent.red = false;
        uncle.red = false;
        grandparent.red = true;
        node = grandparent;
        continue;
      }
      if (this.sideOf(node) !== side) {
        node = node.parent;
        this.rotate(node, side);
      }
      present(node.parent).red = false;
      grandparent.red = true;
      this.rotate(grandparent, other(side));
    }
    if (this.root) this.root.red = false;
  }

  private fixDeletion(hole: TreeNode<T> | null, above: TreeNode<T> | null): void {
    let node = hole;
    let parent = above;
    while (parent && !isRed(node)) {
      const side: Side = parent.left === node ? 'left' : 'right';
      const far = other(side);
      let sibling = present(parent[far]);
      if (sibling.red) {
        sibling.red = false;
        parent.red = true;
        this.rotate(parent, side);
        sibling = present(parent[far]);
      }
      if (!isRed(sibling.left) && !isRed(sibling.right)) {
        sibling.red = true;
        node = parent;
        parent = node.parent;
        continue;
      }
      if (!isRed(sibling[far])) {
        present(sibling[side]).red = false;
        sibling.red = true;
        this.rotate(sibling, far);
        sibling = present(parent[far]);
      }
      sibling.red = parent.red;
      parent.red = false;
      present(sibling[far]).red = false;
      this.rotate(parent, side);
      return;
    }
    if (node) node.red = false;
  }
}

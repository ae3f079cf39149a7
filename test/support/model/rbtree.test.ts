/*
 * The red-black tree keeps its promises under random insertions and removals: order, black root, no red child of a red
 * node, and as many black nodes on every path.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RedBlackTree, type TreeNode } from './rbtree.ts';

/** The black height below and with `node`; throws where a rule is broken. */
function blackHeight(node: TreeNode<number> | null): number {
  if (!node) return 1;
  const { left, right, value, red } = node;
  for (const child of [left, right]) {
    if (child && child.parent !== node) throw new Error(`${child.value} does not know its parent ${value}`);
    if (child?.red && red) throw new Error(`${child.value} and its parent ${value} are red`);
  }
  const height = blackHeight(left);
  if (height !== blackHeight(right)) throw new Error(`the sides of ${value} differ in black height`);
  return height + (red ? 0 : 1);
}

function inOrder(node: TreeNode<number> | null): number[] {
  return node ? [...inOrder(node.left), node.value, ...inOrder(node.right)] : [];
}

function insertSorted(tree: RedBlackTree<number>, value: number): void {
  let parent: TreeNode<number> | null = null;
  let side: 'left' | 'right' = 'left';
  for (let at = tree.root; at; at = at[side]) {
    parent = at;
    side = value < at.value ? 'left' : 'right';
  }
  tree.insert(value, parent, side);
}

function find(tree: RedBlackTree<number>, value: number): TreeNode<number> | null {
  let at = tree.root;
  while (at && at.value !== value) at = value < at.value ? at.left : at.right;
  return at;
}

test('insertions and removals keep the rules and the order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 200, size: 'max' }), (values) => {
      const tree = new RedBlackTree<number>();
      const held = new Set<number>();
      for (const value of values) {
        const node = find(tree, value);
        if (node) tree.remove(node);
        else insertSorted(tree, value);
        if (!held.delete(value)) held.add(value);
        expect(tree.root?.red ?? false).toBe(false);
        blackHeight(tree.root);
        expect(inOrder(tree.root)).toEqual([...held].sort((a, b) => a - b));
      }
    }),
  );
});

test('replacing keeps the place', () => {
  const tree = new RedBlackTree<number>();
  for (const value of [4, 2, 6, 1, 3, 5, 7]) insertSorted(tree, value);
  const node = find(tree, 6);
  expect(node).not.toBeNull();
  if (node) tree.replace(node, 6.5);
  blackHeight(tree.root);
  expect(inOrder(tree.root)).toEqual([1, 2, 3, 4, 5, 6.5, 7]);
});

/** Red-black trees: structure and colours. What is in them and in which order is asked of the caller. */
import * as layout from '../../../assembly/layout/index.ts';
import { broken } from './rules.ts';

const { RB_BLACK, RB_IS_ROOT, RB_LEFT, RB_PARENT, RB_RIGHT } = layout;

/** Twice the logarithm of all the nodes that a memory has room for: no red-black tree is deeper. */
const DEPTH_MAX = 64;

export interface Tree {
  readonly words: Uint32Array;
  /** Called before anything is read from a node: throws if it is none, or was met before. */
  meet(node: number): void;
  /** Called for each node in the tree's order. */
  pass(node: number): void;
}

/** Walks the tree whose root slot is at address `slot`. */
export function walkTree(tree: Tree, slot: number): void {
  const root = tree.words[slot >>> 2] as number;
  if (root !== 0) walkBelow(tree, root, slot | RB_IS_ROOT, false, 0);
}

/** Returns how many black nodes each path from `node` down has. `above` is what the parent field should hold. */
function walkBelow(tree: Tree, node: number, above: number, mayBeRed: boolean, depth: number): number {
  if (node === 0) return 0;
  if (depth > DEPTH_MAX) broken('tree.colours', `the node at ${node} is ${depth} levels deep`);
  tree.meet(node);
  const field = tree.words[(node + RB_PARENT) >>> 2] as number;
  const black = field & RB_BLACK;
  if (field - black !== above >>> 0) {
    broken('tree.links', `the node at ${node} has parent field ${field} where ${above >>> 0} and a colour should be`);
  }
  if (black === 0 && !mayBeRed) {
    broken('tree.colours', `the node at ${node} is red, and so is its parent, or it has none`);
  }
  const left = walkBelow(tree, tree.words[(node + RB_LEFT) >>> 2] as number, node, black !== 0, depth + 1);
  tree.pass(node);
  const right = walkBelow(tree, tree.words[(node + RB_RIGHT) >>> 2] as number, node, black !== 0, depth + 1);
  if (left !== right) {
    broken('tree.colours', `the node at ${node} has ${left} black nodes on its left and ${right} on its right`);
  }
  return left + black;
}

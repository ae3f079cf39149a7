/**
 * The red-black tree alone: random operations beside a sorted array, which knows the order, and the tree of the model of Linux, which
 * knows the shape. After each, the rules of such trees hold.
 */
import { equal } from 'node:assert/strict';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  RB_BLACK,
  RB_BYTES,
  RB_IS_ROOT,
  RB_KEY,
  RB_LEFT,
  RB_PARENT,
  RB_RIGHT,
} from '../../../assembly/layout/index.ts';
import { Dice } from '../../support/dice.ts';
import { type TreeNode as ModelNode, RedBlackTree } from '../../support/model/rbtree.ts';
import { type Bare, bare, FREE_SPACE, nodeAt } from './bare.ts';

const SLOT = FREE_SPACE;
const NODES = 40;
const OPERATIONS = 1000;

let engine: Bare;
beforeAll(async () => {
  engine = await bare();
});

/** Nodes that are in no tree, those that are, in their order, and the model's node for each. */
class Pair {
  readonly free: number[] = Array.from({ length: NODES }, (_, n) => FREE_SPACE + 64 + n * RB_BYTES);
  readonly sorted: number[] = [];
  readonly model = new RedBlackTree<number>();
  readonly #models = new Map<number, ModelNode<number>>();

  /** Walks down to where the key belongs, behind its equals, and hangs a free node there. */
  insert(dice: Dice, key: number): void {
    const [node] = this.free.splice(dice.below(this.free.length), 1) as [number];
    let [parent, link] = [0, SLOT];
    for (let met = engine.word(link); met !== 0; met = engine.word(link)) {
      parent = met;
      link = met + (key < engine.word(met + RB_KEY) ? RB_LEFT : RB_RIGHT);
    }
    // What it was before must not matter.
    for (const field of [RB_LEFT, RB_RIGHT, RB_PARENT]) engine.setWord(node + field, dice.bits());
    engine.setWord(node + RB_KEY, key);
    engine.call.rbInsert(node, parent, link);
    const side = link === parent + RB_LEFT ? 'left' : 'right';
    this.#models.set(node, this.model.insert(node, this.#models.get(parent) ?? null, side));
    const at = this.sorted.findIndex((other) => engine.word(other + RB_KEY) > key);
    this.sorted.splice(at < 0 ? this.sorted.length : at, 0, node);
  }

  erase(node: number): void {
    engine.call.rbErase(node);
    this.model.remove(this.#models.get(node) as ModelNode<number>);
    this.#models.delete(node);
    this.sorted.splice(this.sorted.indexOf(node), 1);
    this.free.push(node);
  }

  replace(node: number): void {
    const fresh = this.free.shift() as number;
    engine.setWord(fresh + RB_KEY, engine.word(node + RB_KEY));
    engine.call.rbReplace(node, fresh);
    this.#models.set(fresh, this.model.replace(this.#models.get(node) as ModelNode<number>, fresh));
    this.#models.delete(node);
    this.sorted[this.sorted.indexOf(node)] = fresh;
    this.free.push(node);
  }
}

/** Checks all below a node; returns how many black nodes each way down from it has. */
function blackHeight(address: number, parent: number): number {
  if (address === 0) return 0;
  const { left, right, above, red } = nodeAt(engine, address);
  equal(above, parent);
  for (const child of [left, right]) equal(red && child !== 0 && nodeAt(engine, child).red, false, 'two red in a row');
  const [low, high] = [blackHeight(left, address), blackHeight(right, address)];
  equal(low, high, 'black nodes on both sides');
  return low + (red ? 0 : 1);
}

/** The tree as nested lists: node, colour, what hangs left and right of it. */
type Shape = readonly [node: number, red: boolean, left: Shape | null, right: Shape | null];

function shapeOf(address: number): Shape | null {
  if (address === 0) return null;
  const { left, right, red } = nodeAt(engine, address);
  return [address, red, shapeOf(left), shapeOf(right)];
}

function shapeOfModel(node: ModelNode<number> | null): Shape | null {
  return node && [node.value, node.red, shapeOfModel(node.left), shapeOfModel(node.right)];
}

function check({ sorted, model }: Pair): void {
  const root = engine.word(SLOT);
  blackHeight(root, root === 0 ? 0 : SLOT);
  if (root !== 0) equal(engine.word(root + RB_PARENT), (SLOT | RB_IS_ROOT | RB_BLACK) >>> 0);
  const walked: number[] = [];
  for (let node = engine.call.rbFirst(SLOT); node !== 0; node = engine.call.rbNext(node)) walked.push(node);
  // vitest's comparisons are too slow to be made after every operation.
  equal(JSON.stringify(walked), JSON.stringify(sorted));
  equal(JSON.stringify(shapeOf(root)), JSON.stringify(shapeOfModel(model.root)));
}

describe.each([
  ['that grow and shrink', 0xffff_ffff],
  ['with many equal keys', 5],
] as const)('trees %s', (_, keys) => {
  test.each([1, 2, 3])('seed %i', (seed) => {
    engine.setWord(SLOT, 0);
    const [pair, dice] = [new Pair(), new Dice(seed)];
    for (let n = 0; n < OPERATIONS; n++) {
      // For a while more come than go, then more go than come, down to an empty tree.
      const grows = Math.floor(n / 250) % 2 === 0;
      const comes = pair.sorted.length === 0 || (pair.free.length > 0 && dice.below(4) < (grows ? 3 : 1));
      if (comes) pair.insert(dice, dice.below(keys));
      else if (pair.free.length > 0 && dice.oneIn(4)) pair.replace(dice.pick(pair.sorted));
      else pair.erase(dice.pick(pair.sorted));
      check(pair);
    }
    while (pair.sorted.length > 0) {
      pair.erase(dice.pick(pair.sorted));
      check(pair);
    }
    expect(engine.word(SLOT)).toBe(0);
  });
});

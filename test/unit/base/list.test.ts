/** Lists of stable nodes alone: random operations beside an array; after each the links of both directions agree with it. */
import { equal } from 'node:assert/strict';
import { beforeAll, test } from 'vitest';
import { NODE_BYTES, NODE_DUP_NEXT, NODE_DUP_PREV } from '../../../assembly/layout/index.ts';
import { Dice } from '../../support/dice.ts';
import { type Bare, bare, FREE_SPACE } from './bare.ts';

const HEAD = FREE_SPACE;
const NODES = 24;

let engine: Bare;
beforeAll(async () => {
  engine = await bare();
});

function check(expected: readonly number[]): void {
  const found: number[] = [];
  let previous = 0;
  for (let node = engine.word(HEAD); node !== 0; node = engine.word(node + NODE_DUP_NEXT)) {
    equal(engine.word(node + NODE_DUP_PREV), previous);
    found.push(node);
    previous = node;
    if (found.length > NODES) break;
  }
  equal(found.join(), expected.join());
}

test.each([1, 2, 3])('seed %i', (seed) => {
  engine.setWord(HEAD, 0);
  const dice = new Dice(seed);
  const free = Array.from({ length: NODES }, (_, n) => FREE_SPACE + 64 + n * NODE_BYTES);
  const list: number[] = [];
  for (let n = 0; n < 1000; n++) {
    if (list.length === 0 || (free.length > 0 && dice.oneIn(2))) {
      const [node] = free.splice(dice.below(free.length), 1) as [number];
      for (const field of [NODE_DUP_NEXT, NODE_DUP_PREV]) engine.setWord(node + field, dice.bits());
      engine.call.listAdd(HEAD, node);
      list.unshift(node);
    } else {
      const [node] = list.splice(dice.below(list.length), 1) as [number];
      engine.call.listRemove(HEAD, node);
      free.push(node);
    }
    check(list);
  }
});

/**
 * Arenas alone: random operations beside a set of what is taken. A record is nobody else's and empty when it comes, and what is full
 * says so.
 */
import { equal } from 'node:assert/strict';
import { beforeAll, expect, test } from 'vitest';
import { FREE_BYTES, H_LIMIT_HIT, LIMIT_NODES, LIMIT_NONE } from '../../../assembly/layout/index.ts';
import { Dice } from '../../support/dice.ts';
import { type Bare, bare, FREE_SPACE } from './bare.ts';

const LIST = FREE_SPACE;
const BASE = FREE_SPACE + 1024;
const BYTES = 48;
const LIMIT = 20;

let engine: Bare;
beforeAll(async () => {
  engine = await bare();
});

test.each([1, 2, 3])('seed %i', (seed) => {
  for (let at = 0; at < FREE_BYTES; at += 4) engine.setWord(LIST + at, 0);
  for (let at = 0; at < LIMIT * BYTES; at += 4) engine.setWord(BASE + at, 0);
  engine.setWord(H_LIMIT_HIT, LIMIT_NONE);
  const dice = new Dice(seed);
  /** What each record that is taken was filled with. */
  const taken = new Map<number, number>();
  let refusals = 0;
  for (let n = 0; n < 1000; n++) {
    if (taken.size === 0 || dice.below(100) < (Math.floor(n / 200) % 2 === 0 ? 65 : 35)) {
      const record = engine.call.arenaTake(LIST, BASE, BYTES, LIMIT, LIMIT_NODES);
      expect(record === 0).toBe(taken.size === LIMIT);
      expect(engine.word(H_LIMIT_HIT)).toBe(record === 0 ? LIMIT_NODES : LIMIT_NONE);
      engine.setWord(H_LIMIT_HIT, LIMIT_NONE);
      if (record === 0) refusals++;
      else {
        expect((record - BASE) % BYTES).toBe(0);
        expect((record - BASE) / BYTES).toBeLessThan(LIMIT);
        expect(taken.has(record)).toBe(false);
        for (let at = 0; at < BYTES; at += 4) equal(engine.word(record + at), 0);
        const mark = dice.bits();
        for (let at = 0; at < BYTES; at += 4) engine.setWord(record + at, mark);
        taken.set(record, mark);
      }
    } else {
      const [record] = dice.pick([...taken]);
      engine.call.arenaGiveBack(LIST, record);
      taken.delete(record);
    }
    equal(engine.call.arenaRoom(LIST, LIMIT), LIMIT - taken.size);
    for (const [record, mark] of taken) {
      for (let at = 0; at < BYTES; at += 4) equal(engine.word(record + at), mark);
    }
  }
  expect(refusals).toBeGreaterThan(0);
});

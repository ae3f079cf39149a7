/**
 * Every target takes its corpus, in which is also what was once found, and some mutants of it: the same ones in every
 * run. `npm run fuzz` goes on from there.
 */
import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Dice } from '../../support/dice.ts';
import { seedsOf } from './corpus.ts';
import { fuzz } from './loop.ts';
import { removeScratch } from './scratch.ts';
import { loadTarget, TARGETS } from './targets.ts';

/** Executions of each target with mutants. */
const MUTANTS = 30;

afterAll(removeScratch);

test('every folder of the corpus has a target, and every target a folder', () => {
  expect(readdirSync('test/fuzz/bytes/corpus').sort()).toEqual([...TARGETS].sort());
});

describe.each(TARGETS)('%s', async (name) => {
  const target = await loadTarget(name);
  const seeds = seedsOf(target);

  test('is the name that the target has', () => {
    expect(target.name).toBe(name);
  });

  test.each(seeds)('takes $path', async ({ bytes }) => {
    await target.run(bytes);
  });

  test('takes mutants', async () => {
    const { found } = await fuzz(target, {
      seeds: seeds.map(({ bytes }) => bytes),
      dice: new Dice(name),
      goOn: ({ executions }) => executions < seeds.length + MUTANTS,
    });
    if (found === undefined) return;
    const input = Buffer.from(found.input).toString('base64');
    throw new Error(`${name} does not take the input ${input} (base64)`, { cause: found.error });
  });
});

/** Recovery after every operation of every recording (recover.test.ts has some of them). */
import { expect, test } from 'vitest';
import { places, recoverAfterAll, recoverFromDamage, TRACES } from './play.ts';

test('there are 66', () => {
  expect(TRACES.length).toBe(66);
});

test.each(['content', 'hash'] as const)('%s order: after every operation', async (index) => {
  await recoverAfterAll(index, places(0, 1));
});

test.each(['content', 'hash'] as const)('%s order: from random words in all that is derived', async (index) => {
  await recoverFromDamage(index, places(index === 'hash' ? 0 : 2, 2));
});

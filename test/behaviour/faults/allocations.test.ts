/** A recording of each family of those in allocations.long.test.ts: content order on some of them, hash order on the others. */
import { expect, test } from 'vitest';
import { NAMES, refuseEveryOne } from './recordings.ts';

const FIRSTS = NAMES.filter((name) => name.endsWith('-1.trace.jsonl'));

test.each(['content', 'hash'] as const)('%s order: every allocation of every operation fails once', async (index) => {
  expect(FIRSTS).toHaveLength(11);
  const half = FIRSTS.filter((_, at) => (at % 2 === 0) === (index === 'content'));
  await refuseEveryOne(half, index, 400);
});

/**
 * Every allocation in every operation of every recording of a real kernel is refused once: nothing that a process reads may change,
 * the invariants hold, the error names the limit, and the same call, made again, does what it did on the kernel.
 */
import { expect, test } from 'vitest';
import { NAMES, refuseEveryOne } from './recordings.ts';

test.each(['content', 'hash'] as const)('%s order: every allocation of every operation fails once', async (index) => {
  expect(NAMES).toHaveLength(66);
  await refuseEveryOne(NAMES, index, 7000);
});

/** The Linux Test Project's ksm01 in its default size; in a sixteenth of it it is in ltp.test.ts, in both orders. */
import { test } from 'vitest';
import { createSameMemory, ltp, UNIT } from './ltp.ts';

test('ksm01: the default size, T = 98304', async () => {
  createSameMemory(await ltp('hash', { memory: '448M' }), 32768, UNIT, 3, 0);
});

/** The bounds of a sample are what they say they are: of 200 samples at least 186 (93 %) have the truth between them, for every figure. */
import { describe, expect, test } from 'vitest';
import { coverage, MIXES } from '../../support/draws.ts';

const DRAWS = 200;

describe.each(Object.entries(MIXES))('%s', (_, mix) => {
  test(`${DRAWS} samples`, async () => {
    for (const [figure, inside] of Object.entries(await coverage(mix, DRAWS))) {
      expect(inside, figure).toBeGreaterThanOrEqual(0.93 * DRAWS);
    }
  });
});

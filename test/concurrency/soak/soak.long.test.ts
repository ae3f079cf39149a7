/** Short forms of `npm run soak` and `npm run deaths`. */
import { describe, expect, test } from 'vitest';
import { translated } from '../../support/translated.ts';

translated('test/support'); // which the soak imports
const dist = translated('test/concurrency/soak');
const { soak } = (await import(new URL('soak.js', dist).href)) as typeof import('./soak.ts');
const { deaths } = (await import(new URL('deaths.js', dist).href)) as typeof import('./deaths.ts');

const SEED = 1;
const report = (): void => {};
const machines = [
  { page: 'bytes', index: 'hash', dirty: 'off' },
  { page: 'bytes', index: 'content', dirty: 'on' },
  { page: 'names', index: 'hash', dirty: 'off' },
  { page: 'names', index: 'hash', dirty: 'on' },
] as const;

describe.each(machines)('pages of $page, $index order, dirty tracking $dirty', (machine) => {
  test('guests beside a scanner lose nothing', async () => {
    const operations = 200_000;
    const result = await soak({ ...machine, seed: SEED, operations, guests: 2, report });
    expect(result.operations).toBeGreaterThanOrEqual(operations);
  });

  test('scanners and guests die, and those who live lose nothing', async () => {
    const result = await deaths({ ...machine, seed: SEED, deaths: 8, guestEvery: 4, report });
    expect(result).toMatchObject({ scanners: { deaths: 8 }, guests: { deaths: 2 } });
  });
});

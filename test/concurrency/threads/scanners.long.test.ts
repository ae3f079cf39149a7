/** A second scanner thread agrees with all that one agrees with, started from the built files as in scanners.test.ts. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const { checkTrace } = (await import(
  new URL('../../../dist/src/trace/index.js', import.meta.url).href
)) as typeof import('../../../src/trace/index.ts');

const GOLDEN = fileURLToPath(new URL('../../recordings/golden/', import.meta.url));

test('two threads agree with every recording of the kernel', async () => {
  const traces = readdirSync(GOLDEN).filter((name) => name.endsWith('.trace.jsonl'));
  expect(traces.length).toBe(66);
  for (const name of traces) {
    const options = { host: { index: 'content', scanners: 2 }, invariants: true } as const;
    const { difference } = await checkTrace(GOLDEN + name, options);
    expect(difference, name).toBeUndefined();
  }
});

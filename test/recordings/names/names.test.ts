/** The engine over names does what the engine over bytes does: every counter, ksm_stat and group of frames after every operation. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readTrace } from '../../../src/trace/index.ts';
import { playBoth } from '../../support/names-player.ts';

const folder = fileURLToPath(new URL('../golden/', import.meta.url));
const traces = readdirSync(folder).filter((file) => file.endsWith('.trace.jsonl'));

describe.each(traces)('%s', (file) => {
  test('names and bytes agree after every operation', async () => {
    const trace = await readTrace(`${folder}${file}`);
    let steps = 0;
    for await (const { bytes, names } of playBoth(trace, {}, true)) {
      expect(names, `operation ${steps}: ${trace.operations[steps]?.op}`).toEqual(bytes);
      steps++;
    }
    expect(steps).toBe(trace.operations.length);
  });
});

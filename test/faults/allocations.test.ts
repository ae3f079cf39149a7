/**
 * Every allocation in every operation of every recording of a real kernel is refused once: nothing that a process reads may change,
 * the invariants hold, the error names the limit, and the same call, made again, does what it did on the kernel.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type RecordingStep, readRecording, readTrace, recordingPath } from '../../src/trace/index.ts';
import { simulationModule } from '../sim/build.ts';
import { PairPlayer } from './pairs.ts';

const FOLDER = fileURLToPath(new URL('../golden/', import.meta.url));
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.trace.jsonl'));

describe.each(['content', 'hash'] as const)('%s order', (index) => {
  test('every allocation of every operation fails once', async () => {
    const module = simulationModule();
    let [tried, without] = [0, 0];
    for (const name of NAMES) {
      const recording = (await readRecording(recordingPath(FOLDER + name))).slice(1) as RecordingStep[];
      const pairs = new PairPlayer(module, await readTrace(FOLDER + name), recording, index).run();
      expect(pairs.failures).toEqual([]);
      tried += pairs.tried;
      without += pairs.without;
    }
    expect(tried).toBeGreaterThan(7000);
    expect(without).toBeLessThan(tried / 10); // only merging may do without
  });
});

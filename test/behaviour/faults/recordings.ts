/** The recordings of a real kernel, each played with every allocation of every operation refused once. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type RecordingStep, readRecording, readTrace, recordingPath } from '../../../src/trace/index.ts';
import { simulationModule } from '../../support/build.ts';
import { PairPlayer } from './pairs.ts';

const FOLDER = fileURLToPath(new URL('../../recordings/golden/', import.meta.url));

export const NAMES: readonly string[] = readdirSync(FOLDER).filter((name) => name.endsWith('.trace.jsonl'));

/** Nothing goes wrong, and more than `least` allocations were refused. */
export async function refuseEveryOne(
  names: readonly string[],
  index: 'content' | 'hash',
  least: number,
): Promise<void> {
  const module = simulationModule();
  let [tried, without] = [0, 0];
  for (const name of names) {
    const recording = (await readRecording(recordingPath(FOLDER + name))).slice(1) as RecordingStep[];
    const pairs = new PairPlayer(module, await readTrace(FOLDER + name), recording, index).run();
    expect(pairs.failures).toEqual([]);
    tried += pairs.tried;
    without += pairs.without;
  }
  expect(tried).toBeGreaterThan(least);
  expect(without).toBeLessThan(tried / 10); // only merging may do without
}

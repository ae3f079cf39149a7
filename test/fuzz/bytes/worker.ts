/**
 * The thread that fuzzes one target. Another thread watches it (run.ts), since code that never returns cannot be
 * watched from within: before each execution the input goes into shared memory, with the number of the execution.
 */
import { inspect } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { Dice } from '../../support/dice.ts';
import { seedsOf } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { fuzz, type State, shrink } from './loop.ts';
import { removeScratch } from './scratch.ts';
import { loadTarget } from './targets.ts';

/** What the thread is told. */
export interface Task {
  readonly target: string;
  readonly seed: number;
  /** Milliseconds to go on for. */
  readonly time: number;
  readonly executions: number;
  readonly current: SharedArrayBuffer;
}

/** What it tells, now and then and at the end. */
export interface Report {
  readonly executions: number;
  readonly seeds: number;
  readonly corpus: number;
  readonly features: number;
  /** Of `features`, those that the seeds alone reach. */
  readonly firstFeatures: number;
  readonly ended: boolean;
  readonly found?: { readonly input: Uint8Array; readonly error: string };
}

/** In the shared memory: number of the execution, length of its input, then the input. */
export const HEADER_BYTES = 8;

/** Milliseconds between two reports. */
const REPORT_EVERY = 1000;
/** Executions that leaving out what is not needed may take. */
const SHRINKINGS = 2000;

async function work({ target: name, seed, time, executions, current }: Task): Promise<void> {
  const coverage = new Coverage(new URL('../../../src/', import.meta.url).href);
  coverage.start();
  // Not before: V8 counts the blocks of what is compiled from now on.
  const target = await loadTarget(name);
  const seeds = seedsOf(target).map(({ bytes }) => bytes);
  const start = performance.now();
  let [reported, firstFeatures] = [start, 0];
  const report = (state: State, ended: boolean): Report => {
    const [corpus, features] = [state.corpus.length, coverage.size];
    return { executions: state.executions, seeds: seeds.length, corpus, features, firstFeatures, ended };
  };
  const publish = publisher(current);
  const goOn = (state: State, input: Uint8Array): boolean => {
    const now = performance.now();
    if (state.executions === seeds.length) firstFeatures = coverage.size;
    if (now - reported > REPORT_EVERY) parentPort?.postMessage(report(state, false));
    if (now - reported > REPORT_EVERY) reported = now;
    publish(input);
    return state.executions < seeds.length || (state.executions < executions && now - start < time);
  };
  const state = await fuzz(target, { seeds, dice: new Dice(`${name} ${seed}`), novelty: coverage, goOn });
  const end = report(state, true);
  if (state.found === undefined) return parentPort?.postMessage(end);
  let left = SHRINKINGS;
  const { input, error } = await shrink(target, state.found, (shorter) => {
    publish(shorter);
    return left-- > 0;
  });
  parentPort?.postMessage({ ...end, found: { input, error: inspect(error) } });
}

function publisher(current: SharedArrayBuffer): (input: Uint8Array) => void {
  const [words, bytes] = [new Int32Array(current, 0, 2), new Uint8Array(current, HEADER_BYTES)];
  return (input) => {
    bytes.set(input);
    Atomics.store(words, 1, input.length);
    Atomics.add(words, 0, 1);
  };
}

if (parentPort !== null) await work(workerData as Task).finally(removeScratch);

/**
 * The scanner's helper threads: start, count, stop. Work reaches them through the engine's memory, never through messages. Several
 * pools over one memory are one to the scanner.
 */
import { type Engine, layout, recordOf } from '../engine/index.ts';
import { type Platform, platform } from '../platform/index.ts';
import type { WorkerPort } from '../port.ts';
import type { Threads } from './options.ts';

/** Threads that take part in scanning. */
export interface Scanners {
  /** How many there are now, the one that decides included. */
  readonly running: number;
  /** Why there are fewer than were asked for; undefined if that many were started. */
  readonly reason: string | undefined;
  /** Ends the helpers; scanning goes on without them. */
  stop(): Promise<void>;
}

/** No helpers: the thread that decides is alone. */
export const ALONE: Scanners = { running: 1, reason: undefined, stop: async () => {} };

/**
 * Starts helpers so that `wanted` threads scan together. If threads cannot be started there are fewer, and a warning: results are
 * the same with any number.
 */
export async function startScanners(engine: Engine, wanted: number, threads: Threads): Promise<Scanners> {
  if (wanted === 1) return ALONE;
  const here = await platform();
  const helpers = new Set<Helper>();
  const starts = Array.from({ length: wanted - 1 }, async () => {
    const helper = await startHelper(engine, here, threads);
    helpers.add(helper);
    void helper.gone.then(() => helpers.delete(helper));
  });
  const outcomes = await Promise.allSettled(starts);
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const reason = failures.length === 0 ? undefined : startFailure(failures[0], threads);
  if (reason !== undefined)
    warn(here, threads, `Of ${wanted} scanners that were asked for ${1 + helpers.size} run. ${reason}`);
  return {
    get running() {
      return 1 + helpers.size;
    },
    reason,
    stop: async () => {
      await Promise.all([...helpers].map((helper) => helper.stop()));
    },
  };
}

/** Its number is kept here, so that a helper that dies before it says anything leaves none behind. */
async function startHelper(engine: Engine, here: Platform, threads: Threads): Promise<Helper> {
  const { module, object: memory } = engine;
  const worker = engine.reserveWorker();
  try {
    const port = here.startWorker({ task: 'scanner', module, memory, worker }, threads.workerUrl);
    await port.ready;
    return new Helper(engine, port, worker);
  } catch (error) {
    engine.call.workerLeave(worker);
    throw error;
  }
}

/** Why a worker could not be started, and what to do. */
export function startFailure(cause: unknown, { workerUrl }: Threads): string {
  const which = workerUrl?.href ?? 'of ksm-wasm';
  const hint =
    workerUrl === undefined ? ' Where a bundler has moved it, say in "workerUrl" where "ksm-wasm/worker" is.' : '';
  return `The worker ${which} cannot be started: ${cause instanceof Error ? cause.message : cause}.${hint}`;
}

/** In a turn of its own, so that what a listener throws is its own failure and nobody else's. */
function warn(here: Platform, { onWarning }: Threads, message: string): void {
  const code = 'KSM_SCANNERS';
  if (onWarning === undefined) here.warn(code, message);
  else queueMicrotask(() => onWarning({ code, message }));
}

/** A helper that is ready. It counts as long as it lives. */
class Helper {
  /** Resolves when it has ended and nobody waits for it any more. */
  readonly gone: Promise<void>;
  readonly #words: Int32Array;
  readonly #port: WorkerPort;
  readonly #worker: number;
  /** Index of the first word of its record. */
  readonly #record: number;

  constructor(engine: Engine, port: WorkerPort, worker: number) {
    this.#words = new Int32Array(engine.object.buffer);
    this.#port = port;
    this.#worker = worker;
    this.#record = recordOf(worker) / 4;
    Atomics.compareExchange(this.#words, layout.LINUX_THREADS / 4, 0, 1);
    Atomics.add(this.#words, layout.LINUX_THREADS / 4, 1);
    this.gone = port.ended.then(() => this.#bury(engine, worker));
  }

  /** Tells it to end after the job at hand. */
  async stop(): Promise<void> {
    this.#port.keepAlive(true);
    Atomics.store(this.#words, this.#record + layout.WORKER_END / 4, this.#worker);
    Atomics.add(this.#words, layout.LINUX_JOB_BELL / 4, 1);
    Atomics.notify(this.#words, layout.LINUX_JOB_BELL / 4);
    await this.gone;
  }

  /** What it has claimed of a job will never be done: who waits for that is told. */
  #bury(engine: Engine, worker: number): void {
    const wasBusy = Atomics.load(this.#words, this.#record + layout.WORKER_BUSY / 4) === worker;
    engine.call.workerLeave(worker);
    Atomics.sub(this.#words, layout.LINUX_THREADS / 4, 1);
    if (wasBusy) Atomics.store(this.#words, layout.LINUX_JOB_LOST / 4, 1);
  }
}

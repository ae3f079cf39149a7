/**
 * The scanner's helper threads: start, count, stop. Work reaches them through the engine's memory, never through messages.
 */
import { type Engine, layout } from '../engine/index.ts';
import { platformPort, type WorkerPort } from './port.ts';

/** Threads that take part in scanning. */
export interface Scanners {
  /** How many there are, the caller's included. */
  readonly running: number;
  /** Why there are fewer than were asked for; undefined where there are not. */
  readonly reason: string | undefined;
  /** Ends the helpers; scanning goes on with the caller's thread alone. */
  stop(): Promise<void>;
}

/**
 * Starts helpers so that `wanted` threads scan together. Where threads cannot be started there are fewer: results are the same with
 * any number.
 */
export async function startScanners(engine: Engine, module: WebAssembly.Module, wanted: number): Promise<Scanners> {
  const url = new URL('./worker.js', import.meta.url);
  const ports: WorkerPort[] = [];
  const failures: unknown[] = [];
  try {
    const { startWorker } = await platformPort();
    for (let helper = 1; helper < wanted; helper++) ports.push(startWorker(url, { module, memory: engine.memory }));
  } catch (error) {
    failures.push(error);
  }
  const outcomes = await Promise.allSettled(
    ports.map((port) => port.ready.then((worker) => watch(engine, port, worker))),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') failures.push(outcome.reason);
  const running = 1 + outcomes.filter(({ status }) => status === 'fulfilled').length;
  const reason = failures.length === 0 ? undefined : `The worker ${url.href} cannot be started: ${failures[0]}`;
  engine.setU32(layout.H_SCANNERS, running);
  return { running, reason, stop: () => stop(engine, ports) };
}

/** When a helper ends nobody waits for it any more. */
function watch(engine: Engine, port: WorkerPort, worker: number): void {
  void port.ended.then(() => {
    if (worker !== 0) engine.call.workerLeave(worker);
    Atomics.store(engine.words, layout.H_JOB_LOST / 4, 1);
  });
}

async function stop(engine: Engine, ports: readonly WorkerPort[]): Promise<void> {
  engine.setU32(layout.H_SCANNERS, 1);
  const words = new Int32Array(engine.memory.buffer);
  Atomics.store(words, layout.H_JOB_END / 4, 1);
  Atomics.add(words, layout.H_JOB_BELL / 4, 1);
  Atomics.notify(words, layout.H_JOB_BELL / 4);
  await Promise.all(ports.map((port) => port.terminate()));
}

/** A helper thread of the scanner: instantiates the engine over the shared memory and computes checksums until told to end. */
import { instantiate, layout } from '../engine/index.ts';
import type { WorkerEnd, WorkerInit } from '../port.ts';

export function runScanner({ init, ready, end }: WorkerEnd<WorkerInit>): void {
  const engine = instantiate(init.module, init.memory);
  const worker = engine.workerJoin(layout.WORKER_LIMIT);
  if (worker === 0) throw new Error(`${layout.WORKER_LIMIT} threads use this memory already`);
  ready(worker);
  engine.serveJobs(worker);
  end();
}

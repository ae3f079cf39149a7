/** A helper thread of the scanner: instantiates the engine over the shared memory and computes checksums until told to end. */
import { instantiate } from '../engine/index.ts';
import type { WorkerEnd, WorkerInit } from '../port.ts';

export function runScanner({ init, ready, end }: WorkerEnd<WorkerInit>): void {
  const engine = instantiate(init.module, init.memory);
  if (engine.workerAttach(init.worker) !== 0) throw new Error(`number ${init.worker} is not kept for this thread`);
  ready(init.worker);
  engine.serveJobs(init.worker);
  end();
}

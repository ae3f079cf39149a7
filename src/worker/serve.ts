/** What a worker does, whatever platform has started it. */
import { type KsmdInit, runKsmd } from '../ksmd/worker.ts';
import type { WorkerEnd, WorkerInit } from '../port.ts';
import { runScanner } from '../threads/worker.ts';

/** Does the task that the worker was started for, to its end. This thread has nothing else to do, and blocks. */
export function serve(end: WorkerEnd<WorkerInit>): void {
  if (end.init.task === 'ksmd') runKsmd(end as WorkerEnd<KsmdInit>);
  else runScanner(end);
}

/** Threads on Node.js: worker_threads behind the port that pool.ts and worker.ts know. */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { WorkerInit, WorkerPort } from './port.ts';

/** Starts a worker; it does not keep the process alive. */
export function startWorker(url: URL, init: WorkerInit): WorkerPort {
  const worker = new Worker(url, { workerData: init });
  worker.unref();
  return {
    ready: new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the worker ended with code ${code}`)));
    }),
    ended: new Promise((resolve) => worker.once('exit', () => resolve())),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

/** In a worker: what it was started with, and how it says that it is ready. */
export async function inWorker(): Promise<{ init: WorkerInit; ready: (worker: number) => void }> {
  return { init: workerData as WorkerInit, ready: (worker) => parentPort?.postMessage(worker) };
}

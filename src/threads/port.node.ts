/** Threads on Node.js: worker_threads behind the port that the rest of the project knows. */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { RING, type WorkerEnd, type WorkerInit, type WorkerPort } from './port.ts';

/** Starts a worker. Once it is ready it does not keep the process alive. */
export function startWorker(url: URL, init: WorkerInit): WorkerPort {
  const worker = new Worker(url, { workerData: init });
  let listener = (): void => {};
  let failure: Error | undefined;
  worker.once('error', (error: Error) => {
    failure = error;
  });
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.once('exit', (code) => {
      resolve(failure ?? (code === 0 ? undefined : new Error(`the worker ended with code ${code}`)));
    });
  });
  const ready = new Promise<number>((resolve, reject) => {
    worker.on('message', (message: number) => (message === RING ? listener() : resolve(message)));
    void ended.then((error) => reject(error ?? new Error('the worker ended at once')));
  });
  const unref = (): void => worker.unref();
  ready.then(unref, unref);
  return {
    ready,
    ended,
    onRing: (called) => {
      listener = called;
    },
    keepAlive: (on) => (on ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

/** In a worker: what it was started with, and how it speaks. It has ended when its script has. */
export async function inWorker<Init extends WorkerInit>(): Promise<WorkerEnd<Init>> {
  const post = (message: number): void => parentPort?.postMessage(message);
  return { init: workerData as Init, ready: post, ring: () => post(RING), end: () => {} };
}

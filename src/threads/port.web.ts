/** Threads in a browser: Web Workers behind the port that pool.ts and worker.ts know. The page must be cross-origin isolated. */
import type { WorkerInit, WorkerPort } from './port.ts';

export function startWorker(url: URL, init: WorkerInit): WorkerPort {
  const worker = new Worker(url, { type: 'module' });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.postMessage(init);
  return { ready, terminate: async () => worker.terminate() };
}

/** In a worker: what it was started with, and how it says that it is ready. */
export function inWorker(): Promise<{ init: WorkerInit; ready: () => void }> {
  return new Promise((resolve) => {
    globalThis.onmessage = (event: MessageEvent<WorkerInit>) => {
      resolve({ init: event.data, ready: () => globalThis.postMessage('ready') });
    };
  });
}

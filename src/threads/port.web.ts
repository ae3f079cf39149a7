/** Threads in a browser: Web Workers behind the port that pool.ts and worker.ts know. The page must be cross-origin isolated. */
import type { WorkerInit, WorkerPort } from './port.ts';

/** Starts a worker. It is sent its work only once it listens: what comes while it still awaits its modules is lost. */
export function startWorker(url: URL, init: WorkerInit): WorkerPort {
  const worker = new Worker(url, { type: 'module' });
  const listening = nextMessage(worker);
  const ready = listening.then(() => {
    const serving = nextMessage(worker);
    worker.postMessage(init);
    return serving;
  });
  const ended = new Promise<void>((resolve) => worker.addEventListener('error', () => resolve()));
  return { ready, ended, terminate: async () => worker.terminate() };
}

/** Resolves with the worker's next message; rejects where it cannot be loaded or fails before. */
function nextMessage(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
    // A script that cannot be loaded is an event without a message.
    worker.onerror = (event) => reject(new Error(event.message || 'the browser refuses it, or cannot load it'));
  });
}

/** In a worker: what it was started with, and how it says that it is ready. */
export function inWorker(): Promise<{ init: WorkerInit; ready: (worker: number) => void }> {
  return new Promise((resolve) => {
    globalThis.onmessage = (event: MessageEvent<WorkerInit>) => {
      resolve({ init: event.data, ready: (worker) => globalThis.postMessage(worker) });
    };
    globalThis.postMessage(0); // listening
  });
}

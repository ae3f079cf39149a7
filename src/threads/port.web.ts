/**
 * Threads in a browser: Web Workers behind the port that the rest of the project knows. The page must be cross-origin isolated.
 *
 * A browser does not say when a worker has ended, and one that was told to terminate may go on for seconds. So each worker holds a
 * Web Lock from before it serves, which the browser takes from it at its real end and not before.
 */
import { END, RING, type WorkerEnd, type WorkerInit, type WorkerPort } from './port.ts';

/** What a worker is sent: the name of its lock comes with it. */
interface Sent {
  readonly init: WorkerInit;
  readonly lock: string;
}

/** Starts a worker. It is sent its work only once it listens: what comes while it still awaits its modules is lost. */
export function startWorker(url: URL, init: WorkerInit): WorkerPort {
  const worker = new Worker(url, { type: 'module' });
  const lock = `ksm-wasm-${crypto.randomUUID()}`;
  let listener = (): void => {};
  let failure: Error | undefined = new Error('the worker was ended');
  let heard: (number: number) => void = () => {};
  let failed: (error: Error) => void = () => {};
  const ready = new Promise<number>((resolve, reject) => {
    heard = resolve;
    failed = reject;
  });
  let listens = false;
  worker.onmessage = ({ data }: MessageEvent<number>) => {
    if (data === END) failure = undefined;
    else if (data !== RING) heard(data);
    else if (listens) listener();
    else {
      listens = true;
      worker.postMessage({ init, lock } satisfies Sent);
    }
  };
  worker.onerror = (event) => {
    // A script that cannot be loaded is an event without a message.
    failure = new Error(event.message || 'the browser refuses it, or cannot load it');
    worker.terminate();
    failed(failure);
  };
  const gone = (): Promise<Error | undefined> => navigator.locks.request(lock, () => failure);
  const terminate = async (): Promise<void> => {
    worker.terminate();
    failed(new Error('the worker was ended'));
    await gone();
  };
  const onRing = (called: () => void): void => {
    listener = called;
  };
  return { ready, ended: ready.then(gone, gone), onRing, keepAlive: () => {}, terminate };
}

/** In a worker: what it was started with, and how it speaks. */
export function inWorker<Init extends WorkerInit>(): Promise<WorkerEnd<Init>> {
  return new Promise((resolve) => {
    const post = (message: number): void => globalThis.postMessage(message);
    globalThis.onmessage = ({ data: { init, lock } }: MessageEvent<Sent>) => {
      const end = (): void => {
        post(END);
        globalThis.close();
      };
      void navigator.locks.request(lock, () => {
        resolve({ init: init as Init, ready: post, ring: () => post(RING), end });
        return new Promise<never>(() => {}); // held until the end
      });
    };
    post(RING); // listening
  });
}

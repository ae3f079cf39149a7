/**
 * Browsers: Web Workers behind the port that the rest of the project knows. The page must be cross-origin isolated.
 *
 * A browser does not say when a worker has ended, and one that was told to terminate may go on for seconds. So each worker holds a
 * Web Lock from before it serves, which the browser takes from it at its real end and not before.
 *
 * Bundlers find the worker's file and the engine's binary by the two `new URL` below, and only as long as they stand there literally.
 */

import { END, RING, type Sent, type WorkerInit, type WorkerPort } from '../port.ts';
import type { Binary } from './index.ts';

/** Starts a worker. It is sent its work only once it listens: what comes while it still loads its modules is lost. */
export function startWorker(init: WorkerInit, url?: URL): WorkerPort {
  const worker =
    url === undefined
      ? new Worker(new URL('../worker/web.js', import.meta.url), { type: 'module' })
      : new Worker(url, { type: 'module' });
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

/** Only the usual build is named here, so that no bundler takes the others along. */
export function binaryUrl(binary: Binary): URL | undefined {
  return binary === 'engine' ? new URL('../../build/engine.wasm', import.meta.url) : undefined;
}

export function readFile(_url: URL): undefined {
  return undefined;
}

export const files: undefined = undefined;

export function warn(_code: string, message: string): void {
  console.warn(message);
}

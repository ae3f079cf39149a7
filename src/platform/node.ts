/** Node.js, Bun and Deno: worker_threads behind the port that the rest of the project knows, and a file system. */
import { open, readFile as read, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { RING, type WorkerInit, type WorkerPort } from '../port.ts';
import type { Binary, Files } from './index.ts';

/** Starts a worker. Once it is ready it does not keep the process alive. */
export function startWorker(init: WorkerInit, url?: URL): WorkerPort {
  // A program that came by --eval says what language it is in, and for a worker's file that is an error.
  const isText = process.execArgv.some((word) => word.startsWith('--input-type'));
  const options = { workerData: init, ...(isText ? { execArgv: [] } : {}) };
  const worker =
    url === undefined ? new Worker(new URL('../worker/node.js', import.meta.url), options) : new Worker(url, options);
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

/** Each is named in full, so that a bundler sees it. */
export function binaryUrl(binary: Binary): URL {
  switch (binary) {
    case 'engine':
      return new URL('../../build/engine.wasm', import.meta.url);
    case 'engine.debug':
      return new URL('../../build/engine.debug.wasm', import.meta.url);
    case 'engine.names':
      return new URL('../../build/engine.names.wasm', import.meta.url);
    case 'hash':
      return new URL('../../build/hash.wasm', import.meta.url);
  }
}

export function readFile(url: URL): Promise<BufferSource> | undefined {
  return url.protocol === 'file:' ? read(url).then((bytes) => new Uint8Array(bytes)) : undefined;
}

export const files: Files = { dirname, open, realpath, rename, rm, stat };

/** Node.js prints it to stderr once, unless told not to; a listener of "warning" hears of it. */
export function warn(code: string, message: string): void {
  process.emitWarning(message, { type: 'KsmWarning', code });
}

/**
 * What Node.js and browsers do differently: start threads, read files, tell of what should be known. One file for each; which
 * of them is loaded say the conditions of `imports` in package.json, so a bundler never sees the other.
 *
 * Code that runs in a worker must not import this: a bundler that follows it would come to the start of that same worker.
 */
import type { WorkerInit, WorkerPort } from '../port.ts';

/** The functions of a file system that snapshots need. */
export interface Files extends Pick<typeof import('node:fs/promises'), 'open' | 'realpath' | 'rename' | 'rm' | 'stat'> {
  dirname(path: string): string;
}

/** A WebAssembly module of the package, by the name of its file in build/. */
export type Binary = 'engine' | 'engine.debug' | 'engine.names' | 'hash';

export interface Platform {
  /** Starts a worker from `url`, or from the package's own file. Throws where the platform refuses it at once. */
  startWorker(init: WorkerInit, url?: URL): WorkerPort;
  /** Where a binary lies; undefined for one that this platform does not bring. */
  binaryUrl(binary: Binary): URL | undefined;
  /** The bytes of a file: URL; undefined for what has to be fetched. */
  readFile(url: URL): Promise<BufferSource> | undefined;
  /** Undefined if there is no file system. */
  readonly files: Files | undefined;
  /** The place where warnings go that nobody listens to. */
  warn(code: string, message: string): void;
}

/** The platform that this runs on. */
export async function platform(): Promise<Platform> {
  try {
    return await import('#platform');
  } catch (error) {
    // A page that loads the files without a bundler knows no conditions; and what has no package.json but is a page, is a browser.
    if (typeof navigator !== 'object' || navigator.locks === undefined) throw error;
    return import('./web.ts');
  }
}

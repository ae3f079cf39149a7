/**
 * Two threads that read the same pages together, and do nothing else: the limit of a scanner with two threads.
 *
 * They take piece after piece from one count, as the scanner's threads take chunks: with halves of fixed size the
 * slower thread would decide, and this would be no limit. The caller is one of the two; the other is bench/reader.ts.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { EngineExports } from '../src/engine/index.ts';
import { loadModule } from '../src/load.ts';
import { PAGE } from './workloads.ts';

/** What the other thread is started with; all of it is shared. */
export interface ReaderInit {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
}

type ReadPages = EngineExports['readPages'];

/** Pages of one piece: 1 MiB. */
const PIECE = 256;

/** Places in the words that the threads share. */
export const BELL = 0;
export const DONE = 1;
export const SUM = 2;
const NEXT = 3;
const FIRST = 4;
const PAGES = 5;
const WORDS = 6;

/** Reads pieces until none is left. Returns the sum of what this thread has read, modulo 2^32. */
export function readPieces(words: Int32Array, readPages: ReadPages): number {
  const first = words[FIRST] ?? 0;
  const pages = words[PAGES] ?? 0;
  let sum = 0;
  for (;;) {
    const from = Atomics.add(words, NEXT, 1) * PIECE;
    if (from >= pages) return sum;
    sum = (sum + readPages((first + from) * PAGE, Math.min(PIECE, pages - from))) | 0;
  }
}

export class Readers {
  readonly #worker: Worker;
  readonly #words: Int32Array;
  readonly #readPages: ReadPages;

  private constructor(worker: Worker, words: Int32Array, readPages: ReadPages) {
    this.#worker = worker;
    this.#words = words;
    this.#readPages = readPages;
  }

  /** Starts the other thread over `memory`; `readPages` is the caller's own over the same. */
  static async start(memory: WebAssembly.Memory, readPages: ReadPages): Promise<Readers> {
    const words = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
    const workerData: ReaderInit = { module: await loadModule(), memory, words };
    const worker = new Worker(new URL('./reader.js', import.meta.url), { workerData });
    worker.unref();
    await once(worker, 'message');
    return new Readers(worker, words, readPages);
  }

  /** Both threads read `pages` pages from address `start` on, each page once. Returns the sum, modulo 2^32. */
  read(start: number, pages: number): number {
    const words = this.#words;
    words[FIRST] = start / PAGE;
    words[PAGES] = pages;
    words[NEXT] = 0;
    Atomics.store(words, DONE, 0);
    Atomics.add(words, BELL, 1);
    Atomics.notify(words, BELL);
    const own = readPieces(words, this.#readPages);
    while (Atomics.load(words, DONE) === 0);
    return (own + (words[SUM] ?? 0)) >>> 0;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

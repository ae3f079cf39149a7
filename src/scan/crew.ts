/**
 * Threads that help to load. They take parts by themselves (Board), so nobody waits for one that starts late, or cannot be started: then
 * there is nothing that it has taken. One that fails later has, and everything fails.
 */
import { Worker } from 'node:worker_threads';
import { KsmError } from '../errors.ts';
import type { LoaderStart, LoaderWord } from './loader-thread.ts';
import type { NamedPart } from './parts.ts';

export class Crew implements Disposable {
  readonly #threads: readonly Worker[];
  readonly #onNamed: (named: NamedPart) => void;
  #failure: { readonly error: unknown } | undefined;
  #rings: () => void = () => {};

  /** Starts `count` threads. `onNamed` is called for each part that one of them has named. */
  constructor(count: number, start: LoaderStart, onNamed: (named: NamedPart) => void) {
    this.#onNamed = onNamed;
    this.#threads = Array.from({ length: count }, () => this.#start(start)).filter((thread) => thread !== undefined);
  }

  /** Ends them, wherever they are. Nobody waits for that: it takes some milliseconds, and nothing that they do is of use any more. */
  [Symbol.dispose](): void {
    for (const thread of this.#threads) void thread.terminate();
  }

  /** Throws what one of them has failed of. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when one of them says something, or after `milliseconds`. */
  async news(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#rings = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #start(workerData: LoaderStart): Worker | undefined {
    let thread: Worker;
    try {
      // From dist/src/scan as from dist/src/program it lies there.
      thread = new Worker(new URL('../program/loader.cjs', import.meta.url), { workerData, execArgv: [] });
    } catch {
      return undefined;
    }
    let begins = false;
    const fail = (error: unknown): void => {
      if (begins) this.#failure ??= { error };
      this.#rings();
    };
    thread.on('message', (word: LoaderWord) => {
      if ('named' in word) this.#onNamed(word.named);
      else if ('begins' in word) begins = true;
      else fail(new KsmError(word.error.code, word.error.message));
      this.#rings();
    });
    thread.on('error', fail);
    return thread;
  }
}

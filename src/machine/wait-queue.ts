/**
 * A wait queue over a word of the shared memory, its bell: some wait, in any thread, and somebody wakes them all.
 *
 * The bell counts how often it rang. Whoever reads that first, finds nothing to do, and then waits for the next ring cannot miss one
 * that came in between.
 */
import type { Engine } from '../engine/index.ts';

/** Atomics.waitAsync, where the platform has it. */
type WaitAsync = (words: Int32Array, index: number, value: number) => { async: boolean; value: Promise<unknown> };
const { waitAsync } = Atomics as unknown as { waitAsync?: WaitAsync };

export class WaitQueue {
  readonly #engine: Engine;
  readonly #words: Int32Array;
  readonly #bell: number;
  #waiters: Set<() => void> = new Set();
  #listens = false;

  /** `bell`: address of the word. */
  constructor(engine: Engine, bell: number) {
    this.#engine = engine;
    this.#words = new Int32Array(engine.object.buffer);
    this.#bell = bell / 4;
  }

  /** How often the bell rang, modulo 2^32. */
  get rings(): number {
    return Atomics.load(this.#words, this.#bell);
  }

  /** Wakes all who wait now. */
  wake(): void {
    Atomics.add(this.#words, this.#bell, 1);
    Atomics.notify(this.#words, this.#bell);
    this.#call();
  }

  /**
   * Resolves when the bell rings after it had rung `rings` times, or as soon as `signal` aborts. What other threads ring is heard
   * where the platform has Atomics.waitAsync.
   */
  wait(signal: AbortSignal, rings: number = this.rings): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiters.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (signal.aborted || this.rings !== rings) return resolve();
      this.#waiters.add(done);
      signal.addEventListener('abort', done);
      this.#listen(rings);
    });
  }

  /** The same for a thread that may block: it sleeps, for at most so many milliseconds. */
  block(rings: number, milliseconds: number): void {
    Atomics.wait(this.#words, this.#bell, rings, milliseconds);
  }

  #call(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const waiter of waiters) waiter();
  }

  /** Hears the bell of other threads, once for all who wait. */
  #listen(rings: number): void {
    if (this.#listens || this.#engine.worker === 0) return;
    const heard = waitAsync?.(this.#words, this.#bell, rings);
    if (heard === undefined) return;
    this.#listens = true;
    void Promise.resolve(heard.value).then(() => {
      this.#listens = false;
      this.#call();
    });
  }
}

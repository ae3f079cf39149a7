/** Who watches a scan: is shown how far it is, and may stop it. */
import { setImmediate as breathe } from 'node:timers/promises';

export interface Watcher {
  /** Shows that `label` is `done / whole` done; `whole` is 0 where nobody knows it. */
  show(label: string, done: number, whole: number): void;
}

/** Milliseconds of work after which other work of the program gets its turn, so that Ctrl-C is heard. */
const TURN = 20;

export class Watch {
  readonly signal: AbortSignal;
  readonly #watcher: Watcher;
  #since = performance.now();

  constructor(watcher: Watcher, signal: AbortSignal) {
    this.#watcher = watcher;
    this.signal = signal;
  }

  /** To be called every few milliseconds. Throws the signal's reason once it is aborted. */
  async look(label: string, done: number, whole: number): Promise<void> {
    if (performance.now() - this.#since < TURN) return;
    this.#watcher.show(label, done, whole);
    await breathe();
    this.signal.throwIfAborted();
    this.#since = performance.now();
  }
}

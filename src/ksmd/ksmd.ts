/**
 * ksmd of a host: the one who scans. It runs as a loop in the caller's thread, or in a thread of its own. There it scans beside the guests,
 * as on Linux, and nobody waits for it longer than for the merge of one page.
 */
import type { KsmError } from '../errors.ts';
import { type KsmdOptions, ksmdLoop, type Sample } from '../ksm/index.ts';
import type { Machine } from '../machine/index.ts';
import type { KsmdStart, KsmdThread } from './thread.ts';

export class Ksmd implements AsyncIterable<Sample> {
  readonly #machine: Machine;
  readonly #thread: KsmdThread;

  constructor(machine: Machine, thread: KsmdThread) {
    this.#machine = machine;
    this.#thread = thread;
  }

  /**
   * ksmd in this thread: while `run` is 1 and there is mergeable memory, scans `pages_to_scan` pages, yields a sample, and sleeps
   * `sleep_millisecs` (cut short when that setting changes); else waits. Nothing is scanned while the caller holds on to a
   * sample. Ends when `signal` aborts. EBUSY if another thread scans.
   */
  run(options: KsmdOptions = {}): AsyncGenerator<Sample, void, void> {
    return ksmdLoop(this.#machine, options);
  }

  /**
   * ksmd in a thread of its own: a worker that attaches to the memory and does what Linux's does. While `run` is 1 and there is mergeable
   * memory it scans `pages_to_scan` pages and sleeps `sleep_millisecs`; with 0 it never sleeps. Madvise,
   * prctl, fork and writes of settings wake it, whichever thread makes them. Its time goes on from the
   * host's clock at the system's pace. Resolves when it runs.
   *
   * It does not keep the program alive, except while somebody waits for a sample or for its end. EBUSY if one runs already, in
   * whatever thread it was started; EAGAIN if no worker can be started; EINVAL for a wrong option.
   */
  start(options: KsmdStart = {}): Promise<void> {
    return this.#thread.start(options);
  }

  /** Ends the thread after the batch at hand; resolves when it and its helpers have ended. Does no harm if there is none. */
  stop(): Promise<void> {
    return this.#thread.stop();
  }

  /** Does its thread run? Not while it is started, or after it was told to stop. */
  get running(): boolean {
    return this.#thread.life?.isRunning ?? false;
  }

  /** Threads that scan for it, its own included: 0 while it does not run. */
  get scanners(): number {
    return this.running ? (this.#thread.life?.scanners.running ?? 0) : 0;
  }

  /** Why fewer threads scan than were asked for; undefined if that many were started. */
  get reason(): string | undefined {
    return this.#thread.life?.scanners.reason;
  }

  /** How often its thread has died: ended without being told to. */
  get deaths(): number {
    return this.#thread.deaths;
  }

  /** EIO, with the reason as its cause, when the last thread that was started has died. */
  get error(): KsmError | undefined {
    return this.#thread.error;
  }

  /**
   * A sample after each batch of its thread from now on, until that stops: from the first on, if this is called before `start` has
   * resolved. Throws EIO if it dies; by then the memory is sound again. Whoever is behind by more than 256 samples loses the
   * oldest of them: ksmd never waits. There are none if no thread of it runs.
   */
  samples(): AsyncGenerator<Sample, void, void> {
    return this.#thread.samples();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Sample, void, void> {
    return this.samples();
  }
}

/**
 * ksmd in a thread of its own: it scans beside the guests, as on Linux, and nobody waits for it longer than for the merge of one page.
 */
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Machine, SCANNERS_MAX } from '../host/index.ts';
import type { Sample } from '../ksm/index.ts';
import type { Scanners, Threads } from '../threads/index.ts';
import { abortSignal, type Checks, optionsOf, wholeNumber } from '../validate.ts';
import { SAMPLES } from './board.ts';
import { Life } from './life.ts';

export interface KsmdStart {
  /** Threads that scan together: ksmd, and helpers that compute checksums for it. Default 1. */
  readonly scanners?: number;
  /** Stops it, as `stop` does. */
  readonly signal?: AbortSignal;
}

const START_OPTIONS: Checks<KsmdStart> = { scanners: wholeNumber(1, SCANNERS_MAX), signal: abortSignal };

export class Ksmd implements AsyncIterable<Sample> {
  readonly #machine: Machine;
  readonly #threads: Threads;
  #life: Life | undefined;
  #deaths = 0;
  #error: KsmError | undefined;

  constructor(machine: Machine, threads: Threads) {
    this.#machine = machine;
    this.#threads = threads;
  }

  /** Does it run? Not while it is started, or after it was told to stop. */
  get running(): boolean {
    return this.#life?.isRunning ?? false;
  }

  /** Nothing is there of it: no thread that runs, is started or comes to its end. */
  get isIdle(): boolean {
    return this.#life === undefined;
  }

  /** EBUSY where it is worker `worker`, and lives. */
  expectNot(worker: number): void {
    if (!this.#life?.is(worker)) return;
    throw new KsmError('EBUSY', `recover: worker ${worker} is ksmd, and lives; stop it (await host.ksmd.stop()).`);
  }

  /** Threads that scan: 0 while ksmd does not run. */
  get scanners(): number {
    return this.running ? this.#scanners().running : 0;
  }

  /** Why fewer threads scan than were asked for; undefined where that many were started. */
  get reason(): string | undefined {
    return this.#life === undefined ? undefined : this.#scanners().reason;
  }

  /** How often it has died: ended without being told to. */
  get deaths(): number {
    return this.#deaths;
  }

  /** EIO, with the reason as its cause, when the last one that was started has died. */
  get error(): KsmError | undefined {
    return this.#error;
  }

  /**
   * Starts ksmd: a worker that attaches to the memory and does what Linux's does. While `run` is 1 and there is mergeable memory it
   * scans `pages_to_scan` pages and sleeps `sleep_millisecs`; with 0 it never sleeps. Madvise, prctl, fork and writes of settings wake
   * it, whichever thread makes them. Its time goes on from the host's clock at the system's pace. Resolves when it runs.
   *
   * It does not keep the program alive, except while somebody waits for a sample or for its end. EBUSY where one runs already, in
   * whatever thread it was started; EAGAIN where no worker can be started; EINVAL for a wrong option.
   */
  async start(options: KsmdStart = {}): Promise<void> {
    const { scanners = 1, signal } = optionsOf('ksmd.start', options, START_OPTIONS);
    expectNotAborted(signal);
    if (this.#life?.isEnding) {
      await this.#life.over;
      expectNotAborted(signal);
    }
    this.#claim();
    const life = new Life(this.#machine, scanners, this.#threads);
    this.#life = life;
    this.#error = undefined;
    const stop = (): void => life.stop();
    signal?.addEventListener('abort', stop);
    void life.over.then(() => {
      signal?.removeEventListener('abort', stop);
      this.#bury(life);
    });
    await life.begun;
  }

  /** Ends it after the batch at hand; resolves when it and its helpers have ended. Does no harm where it does not run. */
  async stop(): Promise<void> {
    const life = this.#life;
    life?.stop();
    await life?.over;
  }

  /**
   * A sample after each batch from now on, until ksmd stops: from the first on, if this is called before `start` has resolved. Throws EIO where it dies; by then the memory is sound again. Whoever is
   * behind by more than 256 samples loses the oldest of them: ksmd never waits. There are none where ksmd does not run.
   */
  samples(): AsyncGenerator<Sample, void, void> {
    return follow(this.#life, this.#life?.board.count ?? 0);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Sample, void, void> {
    return this.samples();
  }

  #scanners(): Scanners {
    return (this.#life as Life).scanners;
  }

  /** Makes this thread the one that starts ksmd. */
  #claim(): void {
    this.#machine.share();
    const { engine } = this.#machine;
    const other = Atomics.compareExchange(engine.words, layout.H_KSMD / 4, 0, engine.worker);
    if (other !== 0)
      throw new KsmError(
        'EBUSY',
        `ksmd runs already, as worker ${other}; stop it first, or call host.recover(${other}) if the thread that started it has ended.`,
      );
  }

  #bury(life: Life): void {
    this.#life = undefined;
    this.#error = life.error;
    if (life.error !== undefined) this.#deaths++;
  }
}

function expectNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new KsmError('EINTR', 'ksmd.start: its signal is aborted.', { cause: signal.reason });
}

/** The samples of `life` from number `next` on. */
async function* follow(life: Life | undefined, next: number): AsyncGenerator<Sample, void, void> {
  if (life === undefined) return;
  for (let inRow = 0; ; ) {
    const { isOver } = life;
    const { count } = life.board;
    next = Math.max(next, count - SAMPLES);
    if (next < count) {
      const sample = life.board.read(next++);
      if (sample !== undefined) yield sample;
      if (++inRow % SAMPLES === 0) await turn();
    } else if (isOver) {
      break;
    } else {
      await life.news(count);
    }
  }
  await life.over;
  if (life.error !== undefined) throw life.error;
}

/** A turn of the event loop: a reader that ksmd keeps busy would let nothing else have one. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

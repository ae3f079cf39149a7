/** ksmd's thread as the thread has it that starts it: whether there is one, one life of it after the other, and what it says. */
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { Sample } from '../ksm/index.ts';
import { type Machine, SCANNERS_MAX, share } from '../machine/index.ts';
import type { Threads } from '../threads/index.ts';
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

export class KsmdThread {
  readonly #machine: Machine;
  readonly #threads: Threads;
  #life: Life | undefined;
  #deaths = 0;
  #error: KsmError | undefined;

  constructor(machine: Machine, threads: Threads) {
    this.#machine = machine;
    this.#threads = threads;
  }

  /** The life at hand, from its start until its end has been seen to. */
  get life(): Life | undefined {
    return this.#life;
  }

  /** EBUSY if it is worker `worker`, and lives. */
  expectNot(worker: number): void {
    if (!this.#life?.is(worker)) return;
    throw new KsmError('EBUSY', `recover: worker ${worker} is ksmd, and lives; stop it (await host.ksmd.stop()).`);
  }

  /** How often it has died: ended without being told to. */
  get deaths(): number {
    return this.#deaths;
  }

  /** EIO, with the reason as its cause, when the last one that was started has died. */
  get error(): KsmError | undefined {
    return this.#error;
  }

  /** See Ksmd.start. */
  async start(options: KsmdStart): Promise<void> {
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

  /** Resolves when it and its helpers have ended. */
  async stop(): Promise<void> {
    const life = this.#life;
    life?.stop();
    await life?.over;
  }

  /** See Ksmd.samples. */
  samples(): AsyncGenerator<Sample, void, void> {
    return follow(this.#life, this.#life?.board.count ?? 0);
  }

  /** Makes this thread the one that starts ksmd. */
  #claim(): void {
    const { engine } = this.#machine;
    share(engine);
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

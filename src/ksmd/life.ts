/**
 * One life of ksmd's thread, as the thread sees it that started it: from its start to its end, or to its death and the recovery that
 * follows.
 */
import { type Engine, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { type Machine, nowOf } from '../machine/index.ts';
import { platform } from '../platform/index.ts';
import type { WorkerPort } from '../port.ts';
import { ALONE, type Scanners, startFailure, startScanners, type Threads } from '../threads/index.ts';
import { Board } from './board.ts';
import { sharedTime } from './clock.ts';
import type { KsmdInit } from './worker.ts';

const KSMD = layout.H_KSMD / 4;

/** Milliseconds between two attempts to recover. */
const RETRY = 100;

export class Life {
  readonly board: Board = new Board();
  /** Resolves when it runs; rejects with EAGAIN if its thread cannot be started. */
  readonly begun: Promise<void>;
  /** Resolves when it is over, and the memory sound again. */
  readonly over: Promise<void>;
  readonly #machine: Machine;
  readonly #threads: Threads;
  #scanners: Scanners = ALONE;
  #port: WorkerPort | undefined;
  /** Also once the machine is closed: its end is still to be seen to. */
  readonly #engine: Engine;
  /** Its number as a worker, kept for it before it is started; 0: not yet. */
  #number = 0;
  #hasBegun = false;
  #state: 'starting' | 'running' | 'ending' | 'over' = 'starting';
  #error: KsmError | undefined;
  #readers: Set<() => void> = new Set();

  /** The host must be shared, and H_KSMD hold the number of this thread. */
  constructor(machine: Machine, scanners: number, threads: Threads) {
    this.#machine = machine;
    this.#engine = machine.engine;
    this.#threads = threads;
    const port = this.#start(scanners);
    this.begun = port.then((started) => this.#begin(started)).catch((cause) => refused(cause, threads));
    this.over = port
      .then((started) => started.ended)
      .then(
        (cause) => this.#finish(cause),
        () => this.#finish(undefined), // it has not even begun
      );
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Is it worker `worker`, and lives? */
  is(worker: number): boolean {
    return this.#number === worker && this.#hasBegun && !this.isEnding;
  }

  /** It was told to end, or has ended. */
  get isEnding(): boolean {
    return this.#state === 'ending' || this.#state === 'over';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Why it died, if it did. */
  get error(): KsmError | undefined {
    return this.#error;
  }

  get scanners(): Scanners {
    return this.#scanners;
  }

  /** Tells it to end after the batch at hand. */
  stop(): void {
    if (this.#state === 'over') return;
    this.#state = 'ending';
    this.board.stop();
    this.#port?.keepAlive(true);
    this.#machine.work.wake();
  }

  /** Resolves when there are more than `count` samples, or when it is over. */
  async news(count: number): Promise<void> {
    if (this.isOver || !this.board.want(count)) return;
    this.#port?.keepAlive(true);
    await new Promise<void>((resolve) => this.#readers.add(resolve));
    if (this.#readers.size === 0 && this.isRunning) this.#port?.keepAlive(false);
  }

  async #start(scanners: number): Promise<WorkerPort> {
    const { clock } = this.#machine;
    const { module, object: memory } = this.#engine;
    this.#scanners = await startScanners(this.#engine, scanners, this.#threads);
    this.#number = this.#engine.reserveWorker();
    const init: KsmdInit = {
      task: 'ksmd',
      module,
      memory,
      worker: this.#number,
      board: this.board.buffer,
      clockOffset: nowOf(clock) - sharedTime(),
    };
    this.#port = (await platform()).startWorker(init, this.#threads.workerUrl);
    this.#port.onRing(() => this.#tell());
    return this.#port;
  }

  async #begin(port: WorkerPort): Promise<void> {
    await port.ready;
    this.#hasBegun = true;
    if (this.#state === 'starting') this.#state = 'running';
    if (!this.isRunning || this.#readers.size > 0) port.keepAlive(true); // somebody waits for its end, or for a sample
  }

  /** `cause`: why it died. Its helpers end before the memory is recovered, because recovery waits for those who are at a job. */
  async #finish(cause: Error | undefined): Promise<void> {
    this.#state = 'ending';
    await this.#scanners.stop();
    if (this.#isThere) await this.#recover();
    Atomics.compareExchange(this.#engine.words, KSMD, this.#engine.worker, 0); // it did not come to put its own there
    if (cause !== undefined && this.#hasBegun) this.#error = died(cause);
    this.#state = 'over';
    this.#tell();
  }

  /** It has not left. */
  get #isThere(): boolean {
    return this.#number !== 0 && this.#engine.workers.includes(this.#number);
  }

  /** Whoever else has the lock and keeps it may be dead, too, and somebody who hears of that has to get his turn first. */
  async #recover(): Promise<void> {
    const { closed } = this.#machine;
    do {
      try {
        return this.#machine.recover(this.#number, true);
      } catch (error) {
        if (!(error instanceof KsmError) || error.code !== 'EAGAIN') return; // this thread itself was taken for dead
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    } while (!closed.aborted && this.#isThere);
  }

  #tell(): void {
    const readers = this.#readers;
    this.#readers = new Set();
    for (const reader of readers) reader();
  }
}

function died(cause: Error): KsmError {
  return new KsmError('EIO', `ksmd has died (${cause.message}); the memory is sound again: start it anew.`, { cause });
}

function refused(cause: Error, threads: Threads): never {
  throw new KsmError('EAGAIN', `ksmd's thread cannot be started. ${startFailure(cause, threads)}`, { cause });
}

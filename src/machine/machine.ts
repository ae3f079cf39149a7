/**
 * The machine under KSM, as the parts of the driver share it: an engine over its memory, time, the processes, and who is to be woken.
 *
 * It is nobody's outside: `Host` is what an embedder has of it.
 */
import { type Engine, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { Pins } from './pins.ts';
import { Processes } from './processes.ts';
import type { Books } from './types.ts';
import { WaitQueue } from './wait-queue.ts';

const NO_PROCESSES: Books = { nextId: 1, processes: [] };

export class Machine {
  readonly clock: Clock;
  /** Where ksmd waits; woken, in whatever thread it is, by all that may give it work or change how it works. */
  readonly work: WaitQueue;
  readonly processes: Processes;
  readonly pins: Pins;
  readonly #engine: Engine;
  readonly #closed: AbortController = new AbortController();
  /** Has that aborted? Every access asks, and asking a signal takes as long as a third of one (bench/guest). */
  #isClosed = false;

  /** `books` must be those of the processes that are in the engine's memory. */
  constructor(engine: Engine, clock: Clock, books: Books = NO_PROCESSES) {
    this.#engine = engine;
    this.clock = clock;
    this.work = new WaitQueue(engine, layout.H_KSMD_BELL);
    this.pins = new Pins(this);
    this.processes = new Processes(this, engine, books);
  }

  /** The engine under it. EBADF once the machine is closed. */
  get engine(): Engine {
    this.expectOpen();
    return this.#engine;
  }

  expectOpen(): void {
    if (!this.#isClosed) return;
    throw new KsmError('EBADF', 'This host was left or disposed of; make another one, or attach anew.');
  }

  /** Aborts when the machine is closed: every ksmd over it ends. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Every later use of the engine throws EBADF. */
  close(): void {
    this.#isClosed = true;
    this.#closed.abort();
  }

  /** Rebuilds what worker `worker` has left behind, also once this is closed. `isKnown`: nothing of that thread is executed any more. */
  recover(worker: number, isKnown: boolean): void {
    const engine = this.#engine;
    engine.recover(worker, () => this.processes.recount(), isKnown);
    if (worker !== 0) Atomics.compareExchange(engine.words, layout.H_KSMD / 4, worker, 0);
  }
}

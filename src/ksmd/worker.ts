/**
 * ksmd's thread: attaches to the memory of a host and scans until it is told to stop. Its loop is that of Ksmd.run, but it blocks: its
 * sleep is a wait for the bell, which every thread rings that may give it work, changes a setting, or wants it to stop.
 */
import { Engine, expectLayout, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { batch, hasWork, type Sample } from '../ksm/index.ts';
import { Machine } from '../machine/index.ts';
import type { WorkerEnd, WorkerInit } from '../port.ts';
import { Board } from './board.ts';
import { KsmdClock } from './clock.ts';

export interface KsmdInit extends WorkerInit {
  readonly board: SharedArrayBuffer;
  /** See KsmdClock. */
  readonly clockOffset: number;
}

/** Longest sleep at a time, milliseconds: who was about to ring the bell may have died. */
const NAP = 1000;

export function runKsmd({ init, ready, ring, end }: WorkerEnd<KsmdInit>): void {
  const engine = new Engine(init.module, init.memory);
  expectLayout(engine);
  engine.join(false, init.worker);
  Atomics.store(engine.words, layout.H_KSMD / 4, engine.worker);
  ready(engine.worker);
  new Thread(engine, init).run(ring);
  Atomics.compareExchange(engine.words, layout.H_KSMD / 4, engine.worker, 0);
  engine.leave();
  end();
}

class Thread {
  readonly #engine: Engine;
  readonly #clock: KsmdClock;
  readonly #machine: Machine;
  readonly #board: Board;

  constructor(engine: Engine, { board, clockOffset }: KsmdInit) {
    this.#engine = engine;
    this.#clock = new KsmdClock(engine, clockOffset);
    this.#machine = new Machine(engine, this.#clock);
    this.#board = new Board(board);
  }

  /** Scans until it is told to stop. */
  run(ring: () => void): void {
    for (;;) {
      const { rings } = this.#machine.work;
      if (this.#board.isStopped) return;
      if (!this.#engine.isWorker) throw this.#engine.expelledError();
      const sample = hasWork(this.#engine) ? this.#batch() : undefined;
      if (sample === undefined) {
        this.#nap(rings, hasWork(this.#engine) ? 1 : NAP);
        continue;
      }
      if (this.#board.post(sample)) ring();
      if (hasWork(this.#engine)) this.#pause();
    }
  }

  #nap(rings: number, milliseconds: number): void {
    this.#clock.asleep(() => this.#machine.work.block(rings, Math.min(milliseconds, NAP)));
  }

  /** The pause between two batches: `sleep_millisecs`, cut short when that setting changes. */
  #pause(): void {
    const milliseconds = this.#engine.u32(layout.H_SLEEP_MILLISECS);
    const end = this.#clock.now() + milliseconds;
    for (;;) {
      const { rings } = this.#machine.work;
      const left = end - this.#clock.now();
      const isChanged = this.#engine.u32(layout.H_SLEEP_MILLISECS) !== milliseconds;
      if (left <= 0 || this.#board.isStopped || isChanged) return;
      this.#nap(rings, left);
    }
  }

  /** A batch; undefined while one of another thread is under way, which began before ksmd did. */
  #batch(): Sample | undefined {
    try {
      return batch(this.#machine, this.#clock);
    } catch (error) {
      if (error instanceof KsmError && error.code === 'EBUSY') return undefined;
      throw error;
    }
  }
}

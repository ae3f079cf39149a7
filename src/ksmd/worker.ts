/**
 * ksmd's thread: attaches to the memory of a host and scans until it is told to stop. Its loop is that of Ksm.ksmd, but it blocks: its
 * sleep is a wait for the bell, which every thread rings that may give it work, changes a setting, or wants it to stop.
 */
import { Engine, expectLayout, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { Machine } from '../host/index.ts';
import { Ksm, type Sample } from '../ksm/index.ts';
import { platformPort, type WorkerInit } from '../threads/index.ts';
import { Board } from './board.ts';
import { KsmdClock } from './clock.ts';

export interface KsmdInit extends WorkerInit {
  readonly board: SharedArrayBuffer;
  /** See KsmdClock. */
  readonly clockOffset: number;
}

/** Longest sleep at a time, milliseconds: who was about to ring the bell may have died. */
const NAP = 1000;

const { inWorker } = await platformPort();
const { init, ready, ring, end } = await inWorker<KsmdInit>();
const engine = new Engine(init.module, init.memory);
expectLayout(engine);
engine.join();
Atomics.store(engine.words, layout.H_KSMD / 4, engine.worker);
ready(engine.worker);

const clock = new KsmdClock(engine, init.clockOffset);
const machine = new Machine(engine, clock);
const ksm = new Ksm(machine);
const board = new Board(init.board);

function nap(rings: number, milliseconds: number): void {
  clock.asleep(() => machine.work.block(rings, Math.min(milliseconds, NAP)));
}

/** The pause between two batches: `sleep_millisecs`, cut short when that setting changes. */
function pause(): void {
  const milliseconds = engine.u32(layout.H_SLEEP_MILLISECS);
  const end = clock.now() + milliseconds;
  for (;;) {
    const { rings } = machine.work;
    const left = end - clock.now();
    if (left <= 0 || board.isStopped || engine.u32(layout.H_SLEEP_MILLISECS) !== milliseconds) return;
    nap(rings, left);
  }
}

/** A batch; undefined while one of another thread is under way, which began before ksmd did. */
function batch(): Sample | undefined {
  try {
    return ksm.batch();
  } catch (error) {
    if (error instanceof KsmError && error.code === 'EBUSY') return undefined;
    throw error;
  }
}

for (;;) {
  const { rings } = machine.work;
  if (board.isStopped) break;
  const sample = ksm.hasWork ? batch() : undefined;
  if (sample === undefined) {
    nap(rings, ksm.hasWork ? 1 : NAP);
    continue;
  }
  if (board.post(sample)) ring();
  if (ksm.hasWork) pause();
}
Atomics.store(engine.words, layout.H_KSMD / 4, 0);
engine.leave();
end();

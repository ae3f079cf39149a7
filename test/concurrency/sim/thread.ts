/**
 * Threads of a schedule: generators that yield wherever another thread may go on. The one that runs may be inside a call of the
 * engine, which steps into the scheduler, which lets others run on top of it (scheduler.ts).
 */
import { layout, recordOf } from '../../../src/engine/index.ts';
import type { Operation } from './plan.ts';
import type { Process } from './shadow.ts';
import type { World } from './world.ts';

/** Runs to the next place at which others may go on; its value is what the whole comes to. */
export type Steps<Result = void> = Generator<void, Result, void>;

/** Thrown from inside a call of the engine: the thread is dead, and nothing that it would still do is done. */
export class Death extends Error {
  readonly thread: Thread;

  constructor(thread: Thread) {
    super('dead');
    this.thread = thread;
  }
}

/** A call of the engine that is under way, and what may have become of the process if its thread dies in it. */
export interface Flight {
  readonly what: 'map' | 'unmap' | 'protect' | 'zero' | 'exit' | 'exec' | 'fork' | 'spawn' | 'pin' | 'lock' | 'frames';
  readonly process: Process | undefined;
  /** Pages concerned; of 'frames' numbers of frames. */
  readonly pages: readonly number[];
}

/** A page looked up before, as a TLB has it. */
export interface Translation {
  readonly mm: number;
  /** Index of the word of its pte. */
  readonly at: number;
  readonly pte: number;
  readonly epoch: number;
}

export interface Thread {
  readonly actor: number;
  /** Its number among the workers; 0 until it has joined. */
  worker: number;
  /** What it has still to do. */
  operations: Operation[];
  processes: Process[];
  readonly pins: { frame: number; how: number }[];
  readonly translations: Map<number, Translation>;
  /** The operation under way. */
  steps: Steps | undefined;
  flight: Flight | undefined;
  /** It is on the stack: it called the engine, or is being stepped. */
  busy: boolean;
  dead: boolean;
  /** Steps until it dies; 0: it does not. */
  diesIn: number;
  /** The scheduler's time until which it gets no turn. */
  stalledUntil: number;
  /** A helper: the ring of the bell after which it went to sleep; undefined: it has not begun. */
  heard: number | undefined;
}

export function newThread(actor: number, operations: Operation[]): Thread {
  return {
    actor,
    worker: 0,
    operations,
    processes: [],
    pins: [],
    translations: new Map(),
    steps: undefined,
    flight: undefined,
    busy: false,
    dead: false,
    diesIn: 0,
    stalledUntil: 0,
    heard: undefined,
  };
}

/** Index of a word of the thread's record: one of WORKER_*. */
export function recordWord(thread: Thread, field: number): number {
  return (recordOf(thread.worker) + field) / 4;
}

const LOCK = layout.LOCK / 4;

/** Takes the lock as lockTake does (assembly/concurrent/lock.ts), a step at a time. */
export function* takeLock(world: World, thread: Thread): Steps {
  yield;
  if (world.call.lockTry(thread.worker) === 0) return;
  const waits = recordWord(thread, layout.WORKER_WAITS);
  world.words[waits] = thread.worker;
  yield;
  while (world.words[LOCK] !== 0 || world.call.lockTry(thread.worker) !== 0) yield;
  yield;
  world.words[waits] = 0;
}

/** A call of the engine, `flight` saying what may be half done if its thread dies in it. */
export function* locked<Result>(world: World, thread: Thread, call: () => Result, flight?: Flight): Steps<Result> {
  yield* takeLock(world, thread);
  yield;
  thread.flight = flight;
  const result = call();
  thread.flight = undefined;
  world.call.lockDrop(thread.worker);
  return result;
}

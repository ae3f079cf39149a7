/**
 * A thread that ends gives its number back, also when it ends by an error that nobody caught. Node.js, Bun and Deno tell a
 * thread of its end at a moment when nothing of it is under way any more; a browser does not, and nobody can be told who is
 * terminated from outside: there whoever started the thread calls `recover`.
 */
import type { Engine } from '../engine/index.ts';

/** Weakly: a host that nobody uses any more goes, whether it was left or not. */
const taking: Set<WeakRef<Engine>> = new Set();
const entries: WeakMap<Engine, WeakRef<Engine>> = new WeakMap();
const gone = new FinalizationRegistry<WeakRef<Engine>>((entry) => taking.delete(entry));
let listens = false;

function leaveAll(): void {
  for (const entry of taking) {
    const engine = entry.deref();
    // If it was stopped in the middle of something, its end is a death, and only a recovery brings that to an end.
    if (engine !== undefined && !engine.isCutShort) engine.leave();
  }
}

type Listens = { once?(event: 'exit', listener: () => void): void };

/** From now on `engine` leaves when its thread ends. */
export function leaveAtExit(engine: Engine): void {
  if (!entries.has(engine)) {
    const entry = new WeakRef(engine);
    entries.set(engine, entry);
    taking.add(entry);
    gone.register(engine, entry);
  }
  if (listens) return;
  (globalThis.process as Listens | undefined)?.once?.('exit', leaveAll);
  listens = true;
}

/** It has left by itself. */
export function hasLeft(engine: Engine): void {
  const entry = entries.get(engine);
  if (entry !== undefined) taking.delete(entry);
}

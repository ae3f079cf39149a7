/**
 * A thread that ends gives its number back, also when it ends by an error that nobody caught. Node.js, Bun and Deno tell a thread of its end
 * at a moment when nothing of it is under way any more; a browser does not, and nobody can be told who is terminated from outside: there
 * whoever started the thread calls `recover`.
 */
import type { Engine } from '../engine/index.ts';

const taking: Set<Engine> = new Set();
let listens = false;

function leaveAll(): void {
  for (const engine of taking) {
    // Where it was stopped in the middle of something, its end is a death, and only a recovery brings that to an end.
    if (!engine.isCutShort) engine.leave();
  }
}

type Listens = { once?(event: 'exit', listener: () => void): void };

/** From now on `engine` leaves when its thread ends. */
export function leaveAtExit(engine: Engine): void {
  taking.add(engine);
  if (listens) return;
  (globalThis.process as Listens | undefined)?.once?.('exit', leaveAll);
  listens = true;
}

/** It has left by itself. */
export function hasLeft(engine: Engine): void {
  taking.delete(engine);
}

/**
 * The one lock over everything but guests' accesses: page tables, frame words, trees, lists, counters. Every call of the engine
 * that changes or walks them holds it. The scanner holds it for a page at a time, so a guest's fault waits for one merge at most.
 *
 * The lock holds its owner's number, so that a survivor sees when it died with its owner.
 */
import { LOCK, WORKER_SLEEPLESS, WORKER_WAITS } from '../layout';
import { stepWait } from '../step';
import { isLockWanted, workerRecord } from './workers';

/** Looks at the lock before a thread goes to sleep: about as long as the scanner takes for some pages. */
const SPINS: u32 = 20000;
/** A sleeper looks again after so many nanoseconds, because the owner may have died. */
const NAP: i64 = 1_000_000;
/** How long the scanner leaves the lock to those who want it. */
const YIELD_SPINS: u32 = 2000;

/** Takes the lock if it is free. */
export function lockTry(worker: u32): bool {
  return atomic.cmpxchg<u32>(LOCK, 0, worker) == 0;
}

/** Takes the lock. A thread that may not sleep spins until it has it. */
export function lockTake(worker: u32): void {
  if (lockTry(worker)) return;
  const record = workerRecord(worker);
  atomic.store<u32>(record, 1, WORKER_WAITS);
  for (let spins: u32 = 0; ; spins++) {
    const owner = atomic.load<u32>(LOCK);
    if (owner == 0) {
      if (lockTry(worker)) break;
    } else if (spins > SPINS && !load<u32>(record, WORKER_SLEEPLESS)) {
      memory.atomic.wait32(LOCK, owner, NAP);
    }
    stepWait();
  }
  atomic.store<u32>(record, 0, WORKER_WAITS);
}

/** Gives the lock back. Returns who had it. */
export function lockDrop(): u32 {
  const worker = atomic.xchg<u32>(LOCK, 0);
  if (isLockWanted()) atomic.notify(LOCK, 1);
  return worker;
}

/** Lets those who want the lock have it first. For its owner, between two pages. */
export function lockYield(): void {
  if (!isLockWanted()) return;
  const worker = lockDrop();
  for (let spins: u32 = 0; spins < YIELD_SPINS && atomic.load<u32>(LOCK) == 0 && isLockWanted(); spins++) stepWait();
  lockTake(worker);
}

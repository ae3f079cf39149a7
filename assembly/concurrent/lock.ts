/**
 * The one lock over everything but guests' accesses: page tables, frame words, trees, lists, counters. Every call of the engine
 * that changes or walks them holds it. The scanner holds it for a page at a time and takes it after all who want it, so a guest's
 * fault waits for one merge at most.
 *
 * The lock holds its owner's number, so that a survivor sees when it died with its owner.
 */
import { stepWait } from '../base/step';
import { LOCK } from '../layout';
import { Worker } from '../records/worker';
import { isConcurrent, isLockWanted, lockWaiters, workerIs, workerRecord, workersBeside, workerWaits } from './workers';

/** Looks at the lock before a thread goes to sleep: about as long as the scanner takes for some pages. */
const SPINS: u32 = 20000;
/** A sleeper looks again after so many nanoseconds, because the owner may have died. */
const NAP: i64 = 1_000_000;
/** How long the scanner leaves the lock to those who want it: some times what a sleeper needs to wake. */
const YIELD_SPINS: u32 = 20000;

/** Takes the lock if it is free, and this worker was not taken for dead. */
export function lockTry(worker: u32): bool {
  if (atomic.cmpxchg<u32>(LOCK, 0, worker) != 0) return false;
  if (workerIs(worker)) return true; // only now: whoever takes it for dead looks at the lock afterwards
  lockDrop(worker);
  return false;
}

/** Takes the lock, however long that takes, unless this worker is taken for dead. A thread that may not sleep spins until it has it. */
export function lockTake(worker: u32): void {
  while (!lockTakeSoon(worker, 1 << 31)) {
    if (!workerIs(worker)) return;
  }
}

/**
 * Takes the lock. False if it has not come free after so many looks, most of them a nap apart, because its owner may have died; and if
 * this worker itself was taken for dead.
 */
export function lockTakeSoon(worker: u32, looks: u32): bool {
  return lockTry(worker) || lockWait(worker, looks);
}

function lockWait(worker: u32, looks: u32): bool {
  const record = workerRecord(worker);
  workerWaits(worker, true);
  let taken: bool = false;
  for (let spins: u32 = 0; !taken && spins < looks && workerIs(worker); spins++) {
    const owner = atomic.load<u32>(LOCK);
    if (owner == 0) {
      taken = lockTry(worker);
    } else if (spins > SPINS && !load<u32>(record, offsetof<Worker>('sleepless'))) {
      memory.atomic.wait32(LOCK, owner, NAP);
    }
    stepWait();
  }
  workerWaits(worker, false);
  return taken;
}

/** Gives the lock back. False if it was not this worker's any more: it was taken for dead. */
export function lockDrop(worker: u32): bool {
  if (atomic.cmpxchg<u32>(LOCK, worker, 0) != worker) return false;
  if (isLockWanted()) atomic.notify(LOCK, 1);
  return true;
}

/** Lets those who want the lock have it first. For its owner, between two pages; it has the lock again unless it was taken for dead. */
export function lockYield(worker: u32): void {
  if (isLockWanted() && lockDrop(worker)) lockTakeLast(worker);
}

/** Has worker `worker` (0: the only thread there is) the lock? */
export function lockIsHeldBy(worker: u32): bool {
  return atomic.load<u32>(LOCK) == worker;
}

/**
 * For assertions: is the lock held, or is there nobody to hold it against? That the thread that asks is the one that holds it the engine
 * cannot know.
 */
export function isLocked(): bool {
  return !isConcurrent() || atomic.load<u32>(LOCK) != 0 || !workersBeside(0);
}

/** Takes the lock after all who want it now have had it, unless one of them seems to be dead. For the scanner. */
export function lockTakeLast(worker: u32): void {
  let waiting = lockWaiters();
  for (let spins: u32 = 0; waiting != 0 && spins < YIELD_SPINS; spins++) {
    waiting &= lockWaiters();
    stepWait();
  }
  lockTake(worker);
}

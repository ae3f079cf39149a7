/**
 * Workers: the threads that take part while guests run beside the scanner, and what each of them is accessing right now.
 *
 * A guest names the frame that it is about to read or write in its worker's record, looks at the pte once more, does what it
 * wants, and clears the record (docs/protocol.md). Whoever takes a right away from a pte changes the pte first and looks at
 * the records then: one of the two sees the other. With one thread alone nobody looks at any of this.
 */
import {
  ACCESS_WRITE,
  EPOCH,
  H_CONCURRENT,
  H_WORKERS,
  PTE_FRAME,
  WORKER_ACCESS,
  WORKER_BUSY,
  WORKER_BYTES,
  WORKER_SLEEPLESS,
  WORKER_TAKEN,
  WORKER_WAITS,
  WORKERS,
} from '../layout';
import { stepWait } from '../step';

/** Looks at a writer's record before it is given up on: a write takes less than a look or two. */
const SPINS: u32 = 256;

/** Do several threads use this memory? */
export function isConcurrent(): bool {
  return load<u32>(H_CONCURRENT) != 0;
}

/** The record of worker `worker`, counted from 1. */
export function workerRecord(worker: u32): usize {
  return WORKERS + (worker - 1) * WORKER_BYTES;
}

/** Is anybody accessing `frame` in one of the ways `how` (ACCESS_*)? */
export function isAccessed(frame: usize, how: u32): bool {
  const workers = load<u32>(H_WORKERS);
  for (let worker: u32 = 1; worker <= workers; worker++) {
    const access = atomic.load<u32>(workerRecord(worker), WORKER_ACCESS);
    if ((access & PTE_FRAME) == frame && (access & how) != 0) return true;
  }
  return false;
}

/** Is any access under way, of whatever frame? */
export function isAnyAccess(): bool {
  const workers = load<u32>(H_WORKERS);
  for (let worker: u32 = 1; worker <= workers; worker++) {
    if (atomic.load<u32>(workerRecord(worker), WORKER_ACCESS) != 0) return true;
  }
  return false;
}

/**
 * Looks at the records before an access that does not end is taken for that of a dead thread: much longer than any
 * takes.
 */
const PATIENCE: u32 = 1_000_000;
/**
 * And so many naps of a millisecond: on a busy machine a live thread may be put aside in the middle for tenths of a
 * second.
 */
const PATIENCE_NAPS: u32 = 1000;
const NAP: i64 = 1_000_000;

/**
 * Waits until accesses that are under way have ended; `self` is the number of this thread. False where one does not.
 */
export function accessesEnd(self: u32): bool {
  const maySleep = self != 0 && !load<u32>(workerRecord(self), WORKER_SLEEPLESS);
  for (let spins: u32 = 0; spins < PATIENCE; spins++) {
    if (!isAnyAccess()) return true;
    stepWait();
  }
  for (let naps: u32 = 0; maySleep && naps < PATIENCE_NAPS; naps++) {
    memory.atomic.wait32(EPOCH, atomic.load<u32>(EPOCH), NAP);
    if (!isAnyAccess()) return true;
  }
  return false;
}

/** Waits until no helper has a window under its hands, or one must be taken for dead. */
export function helpersRest(): void {
  for (let spins: u32 = 0; spins < PATIENCE && !workersIdle(); spins++) stepWait();
}

/**
 * Waits, but not for long, until nobody is writing to `frame`, which no pte allows any more. False where somebody still
 * is.
 */
export function writersLeave(frame: usize): bool {
  for (let spins: u32 = 0; spins < SPINS; spins++) {
    if (!isAccessed(frame, ACCESS_WRITE)) return true;
    stepWait();
  }
  return false;
}

/** Does a worker wait for the lock? */
export function isLockWanted(): bool {
  const workers = load<u32>(H_WORKERS);
  for (let worker: u32 = 1; worker <= workers; worker++) {
    if (atomic.load<u32>(workerRecord(worker), WORKER_WAITS) != 0) return true;
  }
  return false;
}

/** Has no live helper a window under its hands? */
function workersIdle(): bool {
  const workers = load<u32>(H_WORKERS);
  for (let worker: u32 = 1; worker <= workers; worker++) {
    if (atomic.load<u32>(workerRecord(worker), WORKER_BUSY) != 0) return false;
  }
  return true;
}

/** Who waits for the lock: bit n - 1 for worker n. */
export function lockWaiters(): u64 {
  const workers = load<u32>(H_WORKERS);
  let waiters: u64 = 0;
  for (let worker: u32 = 1; worker <= workers; worker++) {
    if (atomic.load<u32>(workerRecord(worker), WORKER_WAITS) != 0) waiters |= (<u64>1) << (worker - 1);
  }
  return waiters;
}

/** A number for a thread that joins; 0 where all are taken. */
export function workerJoin(limit: u32): u32 {
  for (let worker: u32 = 1; worker <= limit; worker++) {
    if (atomic.cmpxchg<u32>(workerRecord(worker) + WORKER_TAKEN, 0, 1) != 0) continue;
    for (let top = atomic.load<u32>(H_WORKERS); top < worker; top = atomic.load<u32>(H_WORKERS)) {
      atomic.cmpxchg<u32>(H_WORKERS, top, worker);
    }
    return worker;
  }
  return 0;
}

/** A thread leaves: its number may be another's. */
export function workerLeave(worker: u32): void {
  workerStop(worker);
  atomic.store<u32>(workerRecord(worker), 0, WORKER_TAKEN);
}

/** A thread leaves, or is known to be dead: it accesses nothing and waits for nothing. */
export function workerStop(worker: u32): void {
  const record = workerRecord(worker);
  atomic.store<u32>(record, 0, WORKER_ACCESS);
  atomic.store<u32>(record, 0, WORKER_WAITS);
  atomic.store<u32>(record, 0, WORKER_BUSY);
}

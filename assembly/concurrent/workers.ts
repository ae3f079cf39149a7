/**
 * Workers: the threads that take part while guests run beside the scanner, and what each of them is accessing right now.
 *
 * A worker is named by a number that no other ever had; its lower bits say which record is its own. So who has left, or was taken
 * for dead, is recognised by its number, also when its record is another's by then.
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
  LOCK,
  PTE_FRAME,
  WORKER_ACCESS,
  WORKER_ATTACHED,
  WORKER_BUSY,
  WORKER_BYTES,
  WORKER_END,
  WORKER_EXPELLED,
  WORKER_GENERATION,
  WORKER_GENERATIONS,
  WORKER_INDEX_BITS,
  WORKER_INDEX_MASK,
  WORKER_LIMIT,
  WORKER_NUMBER,
  WORKER_SLEEPLESS,
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

/** The record that worker `worker` has or had. */
export function workerRecord(worker: u32): usize {
  return WORKERS + (worker & WORKER_INDEX_MASK) * WORKER_BYTES;
}

/** Record number `index`, counted from 0. */
function recordAt(index: u32): usize {
  return WORKERS + index * WORKER_BYTES;
}

/** Has worker `worker` joined, and neither left nor been taken for dead? */
export function workerIs(worker: u32): bool {
  return worker != 0 && atomic.load<u32>(workerRecord(worker), WORKER_NUMBER) == worker;
}

/** Is anybody accessing `frame` in one of the ways `how` (ACCESS_*)? */
export function isAccessed(frame: usize, how: u32): bool {
  const records = load<u32>(H_WORKERS);
  for (let index: u32 = 0; index < records; index++) {
    const access = atomic.load<u32>(recordAt(index), WORKER_ACCESS);
    if ((access & PTE_FRAME) == frame && (access & how) != 0) return true;
  }
  return false;
}

/** Is any access under way, of whatever frame? */
export function isAnyAccess(): bool {
  const records = load<u32>(H_WORKERS);
  for (let index: u32 = 0; index < records; index++) {
    if (atomic.load<u32>(recordAt(index), WORKER_ACCESS) != 0) return true;
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
  const records = load<u32>(H_WORKERS);
  for (let index: u32 = 0; index < records; index++) {
    if (atomic.load<u32>(recordAt(index), WORKER_WAITS) != 0) return true;
  }
  return false;
}

/** In WORKER_BUSY: a helper has a window under its hands; the scanner itself has, and has let the lock go. */
const HELPS: u32 = 1;
const READS: u32 = 2;

/** A helper takes part in a job, or has ended to. */
export function workerHelps(worker: u32, on: bool): void {
  atomic.store<u32>(workerRecord(worker), on ? HELPS : 0, WORKER_BUSY);
}

/** The scanner hashes without the lock, or has ended to. */
export function workerReads(worker: u32, on: bool): void {
  atomic.store<u32>(workerRecord(worker), on ? READS : 0, WORKER_BUSY);
}

/** Has no live helper a window under its hands? */
function workersIdle(): bool {
  const records = load<u32>(H_WORKERS);
  for (let index: u32 = 0; index < records; index++) {
    if (atomic.load<u32>(recordAt(index), WORKER_BUSY) == HELPS) return false;
  }
  return true;
}

/** Who waits for the lock: a bit for each record. */
export function lockWaiters(): u64 {
  const records = load<u32>(H_WORKERS);
  let waiters: u64 = 0;
  for (let index: u32 = 0; index < records; index++) {
    if (atomic.load<u32>(recordAt(index), WORKER_WAITS) != 0) waiters |= (<u64>1) << index;
  }
  return waiters;
}

/** A number for a thread that joins, in a record that nobody has; 0 where there is none. */
export function workerJoin(): u32 {
  for (let index: u32 = 0; index < WORKER_LIMIT; index++) {
    const record = recordAt(index);
    if (atomic.load<u32>(record, WORKER_NUMBER) != 0) continue;
    // First the count: two that are at the same record get different numbers.
    const generation = atomic.add<u32>(record, 1, WORKER_GENERATION) + 1;
    if (generation > WORKER_GENERATIONS) {
      atomic.store<u32>(record, WORKER_GENERATIONS, WORKER_GENERATION);
      continue;
    }
    const worker = (generation << WORKER_INDEX_BITS) | index;
    if (atomic.cmpxchg<u32>(record, 0, worker, WORKER_NUMBER) != 0) continue;
    for (let top = atomic.load<u32>(H_WORKERS); top <= index; top = atomic.load<u32>(H_WORKERS)) {
      atomic.cmpxchg<u32>(H_WORKERS, top, index + 1);
    }
    return worker;
  }
  return 0;
}

/** A thread begins to be worker `worker`, which is there. False where another one is it already. */
export function workerAttach(worker: u32): bool {
  return atomic.cmpxchg<u32>(workerRecord(worker), 0, 1, WORKER_ATTACHED) == 0;
}

/** A thread leaves, or nothing of it is left to wait for: its record may be another's. `word`: what WORKER_NUMBER holds. */
export function workerLeave(worker: u32, word: u32): void {
  workerStop(worker);
  atomic.cmpxchg<u32>(workerRecord(worker), word, 0, WORKER_NUMBER);
}

/** A thread leaves, or is known to be dead: it accesses nothing and waits for nothing. */
export function workerStop(worker: u32): void {
  const record = workerRecord(worker);
  atomic.store<u32>(record, 0, WORKER_ACCESS);
  atomic.store<u32>(record, 0, WORKER_WAITS);
  atomic.store<u32>(record, 0, WORKER_BUSY);
  atomic.store<u32>(record, 0, WORKER_END);
  atomic.store<u32>(record, 0, WORKER_ATTACHED);
}

/**
 * Takes worker `worker` for dead: from here on it can neither begin an access nor get the lock. False where there is no such worker. One
 * that was expelled before is still there until its recovery has come to an end.
 */
export function workerExpel(worker: u32): bool {
  const before = atomic.cmpxchg<u32>(workerRecord(worker), worker, worker | WORKER_EXPELLED, WORKER_NUMBER);
  return worker != 0 && (before & ~WORKER_EXPELLED) == worker;
}

/**
 * Waits for what an expelled worker may still be doing if it lives after all, for at most `naps` milliseconds: an access, a window that it
 * hashes, or a call that holds the lock. All take much less, so that what lasts is a dead one's.
 */
export function expelledRests(worker: u32, naps: u32): void {
  const record = workerRecord(worker);
  for (let nap: u32 = 0; nap < naps; nap++) {
    const isIdle = atomic.load<u32>(record, WORKER_ACCESS) == 0 && atomic.load<u32>(record, WORKER_BUSY) == 0;
    if (isIdle && atomic.load<u32>(LOCK) != worker) return;
    memory.atomic.wait32(record + WORKER_NUMBER, worker | WORKER_EXPELLED, NAP);
  }
}

/** Is any worker but `self` there? */
export function workersBeside(self: u32): bool {
  const records = load<u32>(H_WORKERS);
  for (let index: u32 = 0; index < records; index++) {
    const worker = atomic.load<u32>(recordAt(index), WORKER_NUMBER);
    if (worker != 0 && worker != self) return true;
  }
  return false;
}

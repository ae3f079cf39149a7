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
import { stepWait } from '../base/step';
import {
  ACCESS_WRITE,
  EPOCH,
  H_WORKERS,
  LOCK,
  PTE_FRAME_SHIFT,
  WORKER_BYTES,
  WORKER_EXPELLED,
  WORKER_GENERATIONS,
  WORKER_INDEX_BITS,
  WORKER_INDEX_MASK,
  WORKER_LIMIT,
  WORKER_READS,
  WORKERS,
} from '../layout';
import { header } from '../records/header';
import { Worker } from '../records/worker';

/** Looks at a writer's record before it is given up on: a write takes less than a look or two. */
const SPINS: u32 = 256;

/** Do several threads use this memory? */
export function isConcurrent(): bool {
  return header.concurrent != 0;
}

/** The record that worker `worker` has or had. */
export function workerRecord(worker: u32): usize {
  return WORKERS + (worker & WORKER_INDEX_MASK) * WORKER_BYTES;
}

/** Record number `index`, counted from 0. */
function workerAt(index: u32): usize {
  return WORKERS + index * WORKER_BYTES;
}

/** Has worker `worker` joined, and neither left nor been taken for dead? */
export function workerIs(worker: u32): bool {
  if (worker == 0 || (worker & WORKER_EXPELLED) != 0) return false;
  return atomic.load<u32>(workerRecord(worker), offsetof<Worker>('number')) == worker;
}

/** Is worker `worker` there, and taken for dead? */
export function workerIsExpelled(worker: u32): bool {
  return atomic.load<u32>(workerRecord(worker), offsetof<Worker>('number')) == (worker | WORKER_EXPELLED);
}

/** Whose record is it, an expelled worker's included? 0: nobody's. */
function ownerOf(record: usize): u32 {
  return atomic.load<u32>(record, offsetof<Worker>('number')) & ~WORKER_EXPELLED;
}

/** Is anybody accessing `frame` in one of the ways `how` (ACCESS_*)? */
export function isAccessed(frame: u32, how: u32): bool {
  const records = header.workers;
  for (let index: u32 = 0; index < records; index++) {
    const access = atomic.load<u32>(workerAt(index), offsetof<Worker>('access'));
    if (access >> PTE_FRAME_SHIFT == frame && (access & how) != 0) return true;
  }
  return false;
}

/** Is any access under way, of whatever frame? */
export function isAnyAccess(): bool {
  const records = header.workers;
  for (let index: u32 = 0; index < records; index++) {
    if (atomic.load<u32>(workerAt(index), offsetof<Worker>('access')) != 0) return true;
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
/** Looks in place of a nap, by a thread that may not sleep. */
const NAP_SPINS: u32 = 100_000;

/**
 * Waits until accesses that are under way have ended; `self` is the number of this thread. False if one does not.
 */
export function accessesEnd(self: u32): bool {
  const maySleep = workerMaySleep(self);
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

function workerMaySleep(worker: u32): bool {
  return worker != 0 && !load<u32>(workerRecord(worker), offsetof<Worker>('sleepless'));
}

/** Waits until no helper has a window under its hands, or one must be taken for dead. */
export function helpersRest(): void {
  for (let spins: u32 = 0; spins < PATIENCE && !workersIdle(); spins++) stepWait();
}

/**
 * Waits, but not for long, until nobody is writing to `frame`, which no pte allows any more. False if somebody still
 * is.
 */
export function writersLeave(frame: u32): bool {
  for (let spins: u32 = 0; spins < SPINS; spins++) {
    if (!isAccessed(frame, ACCESS_WRITE)) return true;
    stepWait();
  }
  return false;
}

/** Does a worker wait for the lock? */
export function isLockWanted(): bool {
  const records = header.workers;
  for (let index: u32 = 0; index < records; index++) {
    if (waits(workerAt(index))) return true;
  }
  return false;
}

function waits(record: usize): bool {
  const worker = atomic.load<u32>(record, offsetof<Worker>('waits'));
  return worker != 0 && worker == atomic.load<u32>(record, offsetof<Worker>('number'));
}

/** Worker `worker` begins or ends (`on`) to wait for the lock. */
export function workerWaits(worker: u32, on: bool): void {
  say(worker, offsetof<Worker>('waits'), worker, on);
}

/** A helper begins or ends (`on`) to take part in a job. */
export function workerHelps(worker: u32, on: bool): void {
  say(worker, offsetof<Worker>('busy'), worker, on);
}

/** Is a helper told to end, or has it to, because it was taken for dead? Computes the record's address anew (docs/assemblyscript.md). */
export function workerEnds(worker: u32): bool {
  return atomic.load<u32>(workerRecord(worker), offsetof<Worker>('end')) == worker || !workerIs(worker);
}

/** The scanner begins or ends (`on`) to hash without the lock. */
export function workerReads(worker: u32, on: bool): void {
  say(worker, offsetof<Worker>('busy'), worker | WORKER_READS, on);
}

/** Worker `worker` says `what` in word `word` of its record, or takes it back; of a record that is another's by now it takes nothing. */
function say(worker: u32, word: usize, what: u32, on: bool): void {
  const at = workerRecord(worker) + word;
  if (on || atomic.load<u32>(at) == what) atomic.store<u32>(at, on ? what : 0);
}

/** Has no live helper a window under its hands? */
function workersIdle(): bool {
  const records = header.workers;
  for (let index: u32 = 0; index < records; index++) {
    const record = workerAt(index);
    const worker = atomic.load<u32>(record, offsetof<Worker>('busy'));
    if (worker != 0 && worker == ownerOf(record)) return false;
  }
  return true;
}

/** Who waits for the lock: a bit for each record. */
export function lockWaiters(): u64 {
  const records = header.workers;
  let waiters: u64 = 0;
  for (let index: u32 = 0; index < records; index++) {
    if (waits(workerAt(index))) waiters |= (<u64>1) << index;
  }
  return waiters;
}

/** A number for a thread that joins, in a record that nobody has; 0 if there is none. */
export function workerJoin(): u32 {
  for (let index: u32 = 0; index < WORKER_LIMIT; index++) {
    const record = workerAt(index);
    if (atomic.load<u32>(record, offsetof<Worker>('number')) != 0) continue;
    // First the count: two that are at the same record get different numbers.
    const generation = atomic.add<u32>(record, 1, offsetof<Worker>('generation')) + 1;
    if (generation > WORKER_GENERATIONS) {
      atomic.store<u32>(record, WORKER_GENERATIONS, offsetof<Worker>('generation'));
      continue;
    }
    const worker = (generation << WORKER_INDEX_BITS) | index;
    if (atomic.cmpxchg<u32>(record, 0, worker, offsetof<Worker>('number')) != 0) continue;
    for (let top = atomic.load<u32>(H_WORKERS); top <= index; top = atomic.load<u32>(H_WORKERS)) {
      atomic.cmpxchg<u32>(H_WORKERS, top, index + 1);
    }
    return worker;
  }
  return 0;
}

/** A thread begins to be worker `worker`, which is there. False if another one is it already. */
export function workerAttach(worker: u32): bool {
  const record = workerRecord(worker);
  const before = atomic.load<u32>(record, offsetof<Worker>('attached'));
  return before != worker && atomic.cmpxchg<u32>(record, before, worker, offsetof<Worker>('attached')) == before;
}

/** A thread leaves: its record may be another's. */
export function workerLeave(worker: u32): void {
  pairReplace(worker, worker, 0);
}

/** Nothing of an expelled worker is left to wait for: its record may be another's. */
export function workerForget(worker: u32): void {
  pairReplace(worker, worker | WORKER_EXPELLED, 0);
}

/** An expelled worker accesses nothing any more, and computes nothing. True if it may have been at a helper's job. */
export function workerStop(worker: u32): bool {
  pairReplace(worker, worker | WORKER_EXPELLED, worker | WORKER_EXPELLED);
  const record = workerRecord(worker);
  atomic.cmpxchg<u32>(record, worker | WORKER_READS, 0, offsetof<Worker>('busy'));
  return atomic.cmpxchg<u32>(record, worker, 0, offsetof<Worker>('busy')) == worker;
}

/** If the number in the record is `from`, it becomes `to` and the access ends, in one step. Else the record is another's. */
function pairReplace(worker: u32, from: u32, to: u32): void {
  const record = workerRecord(worker);
  for (;;) {
    const before = atomic.load<u64>(record);
    if (<u32>(before >> 32) != from) return;
    if (atomic.cmpxchg<u64>(record, before, (<u64>to) << 32) == before) return;
  }
}

/**
 * Takes worker `worker` for dead: from here on it can neither begin an access nor get the lock. False if there is no such worker. One
 * that was expelled before is still there until its recovery has come to an end.
 */
export function workerExpel(worker: u32): bool {
  if (worker == 0 || (worker & WORKER_EXPELLED) != 0) return false;
  const before = atomic.cmpxchg<u32>(
    workerRecord(worker),
    worker,
    worker | WORKER_EXPELLED,
    offsetof<Worker>('number'),
  );
  return (before & ~WORKER_EXPELLED) == worker;
}

/**
 * Waits for what an expelled worker may still be doing if it lives after all, for at most `naps` milliseconds: an access, a window that it
 * hashes, or a call that holds the lock. All but a write of 2 to `run` take much less, so that what lasts is a dead one's. `self` waits.
 */
export function expelledRests(worker: u32, self: u32, naps: u32): void {
  const record = workerRecord(worker);
  const maySleep = workerMaySleep(self);
  const looks: u32 = maySleep ? 1 : NAP_SPINS;
  for (let nap: u32 = 0; nap < naps; nap++) {
    for (let spins: u32 = 0; spins < looks; spins++) {
      if (atomic.load<u32>(LOCK) != worker && isIdle(record, worker)) return;
      stepWait();
    }
    if (maySleep) memory.atomic.wait32(record + offsetof<Worker>('number'), worker | WORKER_EXPELLED, NAP);
  }
}

/** Is the record another's by now, or does worker `worker`, which was expelled, neither access nor compute anything? */
function isIdle(record: usize, worker: u32): bool {
  const pair = atomic.load<u64>(record);
  if (<u32>(pair >> 32) != (worker | WORKER_EXPELLED)) return true;
  return <u32>pair == 0 && (atomic.load<u32>(record, offsetof<Worker>('busy')) & ~WORKER_READS) != worker;
}

/** Is any worker but `self` there? */
export function workersBeside(self: u32): bool {
  const records = header.workers;
  for (let index: u32 = 0; index < records; index++) {
    const worker = atomic.load<u32>(workerAt(index), offsetof<Worker>('number'));
    if (worker != 0 && worker != self) return true;
  }
  return false;
}

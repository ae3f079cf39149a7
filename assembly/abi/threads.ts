/**
 * Threads: joining, the lock, announced accesses, helpers, and what follows a death. A thread is named by its number as a worker
 * (concurrent/workers). If there is no such worker, a call gives ESRCH or does nothing.
 */
import * as accesses from '../concurrent/access';
import * as locks from '../concurrent/lock';
import { workerAttach as attach, workerLeave as leave, workerIs } from '../concurrent/workers';
import { ACCESS_REFUSED, EAGAIN, EBUSY, EPERM, ESRCH } from '../layout';
import { linuxScanner } from '../policy/linux/scanner';
import * as recovery from '../recover/recover';
import * as jobs from '../scan/jobs';

import { isWord } from './check';

export { workerJoin } from '../concurrent/workers';

/** The calling thread is worker `worker` from now on. EBUSY if another one is. */
export function workerAttach(worker: u32): u32 {
  if (!workerIs(worker)) return -ESRCH;
  return attach(worker) ? 0 : -EBUSY;
}

/** A thread leaves. EBUSY while it has the lock. */
export function workerLeave(worker: u32): u32 {
  if (!workerIs(worker)) return -ESRCH;
  if (locks.lockIsHeldBy(worker)) return -EBUSY;
  leave(worker);
  return 0;
}

/** Takes the lock if it is free. EAGAIN: it is not. */
export function lockTry(worker: u32): u32 {
  if (!workerIs(worker)) return -ESRCH;
  return locks.lockTry(worker) ? 0 : workerIs(worker) ? -EAGAIN : -ESRCH;
}

/** Takes the lock. EAGAIN if it has not come free after so many looks; 0 looks: however long it takes. */
export function lockTake(worker: u32, looks: u32): u32 {
  if (!workerIs(worker)) return -ESRCH;
  if (locks.lockIsHeldBy(worker)) return -EBUSY;
  if (looks == 0) locks.lockTake(worker);
  else if (!locks.lockTakeSoon(worker, looks)) return workerIs(worker) ? -EAGAIN : -ESRCH;
  return locks.lockIsHeldBy(worker) ? 0 : -ESRCH;
}

/** Gives the lock back. EPERM if another has it, or nobody. */
export function lockDrop(worker: u32): u32 {
  return worker != 0 && locks.lockDrop(worker) ? 0 : -EPERM;
}

export function accessWalk(worker: u32): u32 {
  return accesses.accessWalk(worker);
}

/** See concurrent/access. `at` must be the address of a pte. */
export function accessBegin(worker: u32, access: u32, at: u32, pte: u32, epoch: u32): u32 {
  return isWord(at) ? accesses.accessBegin(worker, access, at, pte, epoch) : ACCESS_REFUSED;
}

export function accessEnd(worker: u32): void {
  accesses.accessEnd(worker);
}

/** The life of a helper of ksmd's scanner. Blocks its thread until it is told to end. */
export function serveJobs(worker: u32): u32 {
  if (!workerIs(worker)) return -ESRCH;
  jobs.serveJobs(linuxScanner(), worker);
  return 0;
}

/** See recover/recover. */
export function recover(dead: u32, self: u32, looks: u32, naps: u32): u32 {
  return recovery.recover(dead, self, looks, naps);
}

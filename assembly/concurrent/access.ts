/**
 * A guest's access beside other threads, without the lock: those of its steps (docs/protocol.md) that are atomic instructions. Here
 * each of them is one; in JavaScript it is a call (bench/guest).
 *
 * The access and the number of the worker lie in one word of 64 bits and are exchanged together. So a thread that was taken for dead, and
 * lives, cannot spoil what the next owner of its record announces.
 */
import { ACCESS_BEGUN, ACCESS_REFUSED, ACCESS_STALE, ACCESS_WALK, EPOCH } from '../layout';
import { Worker } from '../records/worker';
import { workerIs, workerRecord } from './workers';

/** Makes `access` what worker `worker` accesses. False if its record is not its own any more. */
function announce(worker: u32, access: u32): bool {
  if (!workerIs(worker)) return false;
  const record = workerRecord(worker);
  const before = ((<u64>worker) << 32) | load<u32>(record, offsetof<Worker>('access'));
  return atomic.cmpxchg<u64>(record, before, ((<u64>worker) << 32) | access) == before;
}

/** Begins to look a page up. The epoch: what is found is good as long as it lasts. */
export function accessWalk(worker: u32): u32 {
  announce(worker, ACCESS_WALK);
  return atomic.load<u32>(EPOCH);
}

/**
 * Announces an access: `access` is the frame's number, in the bits in which a pte has it, with one of ACCESS_*. ACCESS_BEGUN if the
 * translation still holds: the word at `at` is `pte`, and the epoch is `epoch`.
 */
export function accessBegin(worker: u32, access: u32, at: usize, pte: u32, epoch: u32): u32 {
  if (!announce(worker, access)) return ACCESS_REFUSED;
  return atomic.load<u32>(at) == pte && atomic.load<u32>(EPOCH) == epoch ? ACCESS_BEGUN : ACCESS_STALE;
}

/** The access is over. */
export function accessEnd(worker: u32): void {
  announce(worker, 0);
}

/**
 * A guest's access beside other threads, without the lock: those of its steps (docs/protocol.md) that are atomic instructions. Here
 * each of them is one; in JavaScript it is a call (bench/guest).
 */
import { ACCESS_WALK, EPOCH } from '../layout';

/** Begins to look a page up, in the word of a worker's record at `record`. The epoch: what is found is good as long as it lasts. */
export function accessWalk(record: usize): u32 {
  atomic.store<u32>(record, ACCESS_WALK);
  return atomic.load<u32>(EPOCH);
}

/**
 * Announces an access: `access` is the frame's address with one of ACCESS_*. True where what told the frame is still so: the word
 * at `at` is `pte`, and the epoch `epoch`.
 */
export function accessBegin(record: usize, access: u32, at: usize, pte: u32, epoch: u32): bool {
  atomic.store<u32>(record, access);
  return atomic.load<u32>(at) == pte && atomic.load<u32>(EPOCH) == epoch;
}

/** The access is over. */
export function accessEnd(record: usize): void {
  atomic.store<u32>(record, 0);
}

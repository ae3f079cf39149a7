/**
 * Arenas of equal records: the only allocator there is. Their sizes are fixed when the memory is laid out.
 *
 * A free list is three words in the header (layout.ts, FREE_*). A free record's first word links to the next; records that
 * were never used need no links, so a large arena costs nothing until it is used.
 */
import { FREE_FIRST, FREE_FRESH, FREE_USED, H_LIMIT_HIT, LIMIT_VMAS } from '../layout';
import { step, stepRefuses } from '../step';

/**
 * A record of `bytes` zero bytes from the arena at `base` with room for `limit` records; 0 where all are in use, with
 * `limitName` (LIMIT_*) noted in the header.
 */
export function arenaTake(list: usize, base: usize, bytes: u32, limit: u32, limitName: u32): usize {
  const promised = limitName == LIMIT_VMAS; // vmaRoom was asked before
  if (!promised && stepRefuses()) {
    store<u32>(H_LIMIT_HIT, limitName);
    return 0;
  }
  let record: usize = load<u32>(list, FREE_FIRST);
  if (record != 0) {
    store<u32>(list, load<u32>(record), FREE_FIRST);
    step();
    memory.fill(record, 0, bytes);
  } else {
    const fresh = load<u32>(list, FREE_FRESH);
    if (fresh == limit) {
      store<u32>(H_LIMIT_HIT, limitName);
      return 0;
    }
    store<u32>(list, fresh + 1, FREE_FRESH);
    record = base + fresh * bytes;
  }
  store<u32>(list, load<u32>(list, FREE_USED) + 1, FREE_USED);
  return record;
}

export function arenaGive(list: usize, record: usize): void {
  store<u32>(record, load<u32>(list, FREE_FIRST));
  step();
  store<u32>(list, <u32>record, FREE_FIRST);
  step();
  store<u32>(list, load<u32>(list, FREE_USED) - 1, FREE_USED);
}

/** Records that can still be taken. */
export function arenaRoom(list: usize, limit: u32): u32 {
  return limit - load<u32>(list, FREE_USED);
}

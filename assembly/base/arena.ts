/**
 * Arenas of equal records: the only allocator there is. Their sizes are fixed when the memory is laid out.
 *
 * A free list is a record in the header. A free record's first word links to the next; records that
 * were never used need no links, so a large arena costs nothing until it is used.
 */
import { LIMIT_VMAS } from '../layout';
import { FreeList } from '../records/free-list';
import { header } from '../records/header';
import { addressOf } from '../records/record';
import { step, stepRefuses } from './step';

/**
 * A record of `bytes` zero bytes from the arena at `base` with room for `limit` records; 0 if all are in use, with
 * `limitName` (LIMIT_*) noted in the header.
 */
export function arenaTake(list: FreeList, base: usize, bytes: u32, limit: u32, limitName: u32): usize {
  const promised = limitName == LIMIT_VMAS; // vmaRoom was asked before
  if (!promised && stepRefuses()) {
    header.limitHit = limitName;
    return 0;
  }
  let record: usize = list.first;
  if (record != 0) {
    list.first = load<u32>(record);
    step();
    memory.fill(record, 0, bytes);
  } else {
    const fresh = list.fresh;
    if (fresh == limit) {
      header.limitHit = limitName;
      return 0;
    }
    list.fresh++;
    record = base + fresh * bytes;
  }
  list.used++;
  if (!ASC_NO_ASSERT) expectTaken(list, base, bytes, limit, record);
  return record;
}

/** The record is one of the arena's, all in zeros, and no more are in use than ever were. */
function expectTaken(list: FreeList, base: usize, bytes: u32, limit: u32, record: usize): void {
  assert(record >= base);
  assert((record - base) % bytes == 0);
  assert((record - base) / bytes < list.fresh);
  assert(list.fresh <= limit);
  assert(list.used <= list.fresh);
  assert(load<u64>(record) == 0);
  assert(load<u64>(record, 8) == 0);
  assert(load<u32>(record + bytes - 4) == 0);
}

/** Makes a record free. Its first word is no longer its own. */
export function arenaGive<Record>(list: FreeList, record: Record): void {
  const address = addressOf(record);
  if (!ASC_NO_ASSERT) {
    assert(address != 0);
    assert(address != list.first); // it is free already
    assert(list.used > 0);
    assert(list.used <= list.fresh);
  }
  store<u32>(address, <u32>list.first);
  step();
  list.first = address;
  step();
  list.used--;
  if (!ASC_NO_ASSERT) assert(list.first == address);
}

/** Records that can still be taken. */
export function arenaRoom(list: FreeList, limit: u32): u32 {
  if (!ASC_NO_ASSERT) assert(list.used <= limit);
  return limit - list.used;
}

/**
 * A page's checksum: the lower half of its hash, by which the scanner sees whether a page has changed since the last pass. The hash
 * was chosen at creation: XXH64, which is the kernel's, or the keyed hash, which runs at the speed of memory.
 */

import { setting } from '../base/count';
import { isAccessed, isConcurrent } from '../concurrent/workers';
import {
  ACCESS_WRITE,
  CHECKSUM_XXH64,
  DIRTY_OFF,
  H_DIRTY_TRACKING,
  HASH_KEY,
  PTE_DIRTY,
  PTE_FRAME,
  STATE_FRESH,
} from '../layout';
import { pteOf, pteSet } from '../memory/tables';
import { hashKeyed } from '../page/hash';
import { hashXxh64 } from '../page/xxh64';
import { header } from '../records/header';
import { isClean } from './candidate';
import { itemOf, stateOf, stateSet } from './rmap';

export function pageChecksum(frame: usize): u32 {
  return <u32>(header.checksum == CHECKSUM_XXH64 ? hashXxh64(frame) : hashKeyed(frame, HASH_KEY));
}

/** The page is about to be hashed: from here on it counts as clean until it is written again. */
export function cleanMark(entry: u32, pte: u32, state: u32): void {
  if (pte & PTE_DIRTY && setting(H_DIRTY_TRACKING) != DIRTY_OFF) cleanPte(entry, pte);
  if (state & STATE_FRESH) stateSet(entry, state & ~STATE_FRESH);
  const word: usize = header.dirty + ((entry >> 5) << 2);
  const bit: u32 = 1 << (entry & 31);
  if (load<u32>(word) & bit) atomic.and<u32>(word, ~bit);
}

/** What was hashed since cleanMark is of no use: the page will be read again. */
export function hashForget(entry: u32): void {
  stateSet(entry, stateOf(entry) | STATE_FRESH);
}

/** Beside guests: who was let through by the flag and still writes may do so after the hashing, so then it stays dirty. */
function cleanPte(entry: u32, pte: u32): void {
  pteSet(entry, pte & ~PTE_DIRTY);
  if (isConcurrent() && isAccessed(pte & PTE_FRAME, ACCESS_WRITE)) pteSet(entry, pte);
}

/** Checksum of the page that `entry` maps; read again only if it has to be. */
export function entryChecksum(entry: u32): u32 {
  const pte = pteOf(entry);
  const state = stateOf(entry);
  if (isClean(entry, pte, state)) return itemOf(entry).checksum;
  cleanMark(entry, pte, state);
  return pageChecksum(pte & PTE_FRAME);
}

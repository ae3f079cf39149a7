/**
 * When a page's checksum (page/page) has to be computed anew, and what is noted when it is.
 */

import { setting } from '../base/count';
import { isAccessed, isConcurrent } from '../concurrent/workers';
import {
  ACCESS_WRITE,
  DIRTY_OFF,
  H_DIRTY_TRACKING,
  PTE_DIRTY,
  STATE_FRESH,
  STATE_ITEM,
  STATE_STABLE,
  STATE_UNSTABLE,
} from '../layout';
import { frameOfPte, isDirty, isPresent } from '../memory/pte';
import { entryFind, nextMappedPage, pteOf, pteSet } from '../memory/tables';
import { pageChecksum } from '../page/page';
import { header } from '../records/header';
import { Mm, Vma } from '../records/mm';
import { isClean } from './candidate';
import { expectFreeItem, itemOf, itemUnlink, stateOf, stateSet } from './rmap';

/** The page is about to be hashed: from here on it counts as clean until it is written again. */
export function cleanMark(entry: u32, pte: u32, state: u32): void {
  if (isDirty(pte) && setting(H_DIRTY_TRACKING) != DIRTY_OFF) cleanPte(entry, pte);
  if (state & STATE_FRESH) stateSet(entry, state & ~STATE_FRESH);
  const word: usize = header.dirty + ((entry >> 5) << 2);
  const bit: u32 = 1 << (entry & 31);
  if (load<u32>(word) & bit) atomic.and<u32>(word, ~bit);
}

/** What was hashed since cleanMark is of no use: the page will be read again. */
export function hashForget(entry: u32): void {
  stateSet(entry, stateOf(entry) | STATE_FRESH);
}

/** The page becomes as one that was never seen. Its item, if it has one, leaves what it is in. */
export function itemForget(entry: u32): void {
  if (!(stateOf(entry) & STATE_ITEM)) return;
  itemUnlink(entry);
  hashForget(entry);
  if (!ASC_NO_ASSERT) expectFreeItem(entry);
}

/** The same for the pages of [start, end), mapped or not. */
export function itemsForget(mm: Mm, start: u32, end: u32): void {
  for (let page = nextMappedPage(mm, start, end); page < end; page = nextMappedPage(mm, page + 1, end)) {
    itemForget(entryFind(mm, page));
  }
}

/** A mapping goes. If it has a domain of its own, its pages are in no tree. */
export function expectInNoTree(mm: Mm, vma: Vma): void {
  if (!vma.domain) return;
  const end = vma.end;
  for (let page = nextMappedPage(mm, vma.start, end); page < end; page = nextMappedPage(mm, page + 1, end)) {
    assert((stateOf(entryFind(mm, page)) & (STATE_UNSTABLE | STATE_STABLE)) == 0);
  }
}

/** The pte becomes clean. Beside guests it stays dirty if somebody still writes, because he may do so after the hashing, too. */
function cleanPte(entry: u32, pte: u32): void {
  pteSet(entry, pte & ~PTE_DIRTY);
  if (isConcurrent() && isAccessed(frameOfPte(pte), ACCESS_WRITE)) pteSet(entry, pte);
}

/** Checksum of the page that `entry` maps; read again only if it has to be. */
export function entryChecksum(entry: u32): u32 {
  const pte = pteOf(entry);
  const state = stateOf(entry);
  if (!ASC_NO_ASSERT) {
    assert(isPresent(pte));
    assert(state & STATE_ITEM);
  }
  if (isClean(entry, pte, state)) return itemOf(entry).checksum;
  cleanMark(entry, pte, state);
  return pageChecksum(frameOfPte(pte));
}

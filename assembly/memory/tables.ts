/**
 * Page tables: from (mm, page number) to the entry that holds the pte and the rmap item of that page.
 *
 * Three levels (layout/records). A leaf comes into being with the first entry that is needed in its 512 pages, and may go when
 * it holds neither a present pte nor an rmap item; `used` counts both. An rmap item outlives its mapping until the
 * scanner passes, which is why leaves belong to the mm and not to a vma.
 */

import { arenaGive, arenaTake } from '../base/arena';
import { step } from '../base/step';
import { isLocked } from '../concurrent/lock';
import { isAnyAccess, isConcurrent } from '../concurrent/workers';
import {
  EPOCH,
  LEAF_BYTES,
  LIMIT_PAGES,
  LIMIT_TABLES,
  MM_PAGES,
  TABLE_BITS,
  TABLE_BYTES,
  TABLE_ENTRIES,
} from '../layout';
import { freeLeaves, freeTables } from '../records/free-list';
import { header } from '../records/header';
import { Leaf, Mm } from '../records/mm';
import { addressOf, recordAt } from '../records/record';
import { expectEmpty, expectEntry, expectEntryOf, expectPte } from './expect';

/** A new, empty table of addresses; 0 if the arena is full. */
export function tableAlloc(): usize {
  return arenaTake(freeTables, header.tables, TABLE_BYTES, header.tableLimit, LIMIT_TABLES);
}

/** Address of the middle table's word for `page`, or 0 if there is no middle table. */
function leafSlot(mm: Mm, page: u32): usize {
  const middle: usize = load<u32>(mm.pgd + ((page >> (2 * TABLE_BITS)) << 2));
  return middle == 0 ? 0 : middle + (((page >> TABLE_BITS) & (TABLE_ENTRIES - 1)) << 2);
}

/** Number of the leaf that covers `page`, or 0. */
function leafFind(mm: Mm, page: u32): u32 {
  const slot = leafSlot(mm, page);
  return slot == 0 ? 0 : load<u32>(slot);
}

/** The entry of `page`, or 0 if its leaf does not exist. */
export function entryFind(mm: Mm, page: u32): u32 {
  const leaf = leafFind(mm, page);
  return leaf == 0 ? 0 : (leaf << TABLE_BITS) | (page & (TABLE_ENTRIES - 1));
}

/** The entry of `page`, with its leaf made if need be; 0 if an arena is full. */
export function entryMake(mm: Mm, page: u32): u32 {
  if (!ASC_NO_ASSERT) assert(isLocked());
  let slot = leafSlot(mm, page);
  if (slot == 0) {
    const middle = tableAlloc();
    if (middle == 0) return 0;
    store<u32>(mm.pgd + ((page >> (2 * TABLE_BITS)) << 2), <u32>middle);
    slot = leafSlot(mm, page);
  }
  let leaf = load<u32>(slot);
  if (leaf == 0) {
    const record = recordAt<Leaf>(arenaTake(freeLeaves, header.leaves, LEAF_BYTES, header.leafLimit, LIMIT_PAGES));
    if (!record) return 0;
    leaf = <u32>(addressOf(record) - header.leaves) / LEAF_BYTES;
    record.mm = mm;
    record.page = page & ~(TABLE_ENTRIES - 1);
    store<u32>(slot, leaf);
    if (!ASC_NO_ASSERT) expectEmpty(record);
  }
  const entry = (leaf << TABLE_BITS) | (page & (TABLE_ENTRIES - 1));
  if (!ASC_NO_ASSERT) expectEntryOf(mm, page, entry);
  return entry;
}

export function leafRecord(leaf: u32): Leaf {
  return recordAt<Leaf>(header.leaves + leaf * LEAF_BYTES);
}

export function entryMm(entry: u32): Mm {
  return leafRecord(entry >> TABLE_BITS).mm;
}

export function entryPage(entry: u32): u32 {
  return leafRecord(entry >> TABLE_BITS).page + (entry & (TABLE_ENTRIES - 1));
}

/** A pte or an rmap item came into the entry's leaf. */
export function leafHold(entry: u32): void {
  const record = leafRecord(entry >> TABLE_BITS);
  record.used++;
  if (!ASC_NO_ASSERT) {
    expectEntry(entry);
    assert(record.used <= 2 * TABLE_ENTRIES);
  }
}

/** A pte or an rmap item left the entry's leaf, which stays until leafTrim. */
export function leafDrop(entry: u32): void {
  const record = leafRecord(entry >> TABLE_BITS);
  if (!ASC_NO_ASSERT) {
    expectEntry(entry);
    assert(record.used > 0);
    assert(record.used <= 2 * TABLE_ENTRIES);
  }
  record.used--;
}

/**
 * Frees the leaf that covers `page` if nothing is in it. Beside guests it is left in its place while an access is under way, and
 * translations that were looked up before are void (EPOCH).
 */
export function leafTrim(mm: Mm, page: u32): void {
  const slot = leafSlot(mm, page);
  if (slot == 0) return;
  const leaf = load<u32>(slot);
  if (leaf == 0) return;
  const record = leafRecord(leaf);
  if (!ASC_NO_ASSERT) assert(record.mm == mm);
  if (record.used != 0) return;
  if (!ASC_NO_ASSERT) expectEmpty(record);
  store<u32>(slot, 0);
  step();
  if (isConcurrent()) {
    atomic.add<u32>(EPOCH, 1);
    if (isAnyAccess()) {
      store<u32>(slot, leaf);
      return;
    }
  }
  arenaGive(freeLeaves, record);
}

/** The first page at or after `page` that has a leaf, or `end` if there is none before it. Skips what is empty in leaps. */
export function nextMappedPage(mm: Mm, page: u32, end: u32): u32 {
  while (page < end) {
    const slot = leafSlot(mm, page);
    if (slot == 0) page = ((page >> (2 * TABLE_BITS)) + 1) << (2 * TABLE_BITS);
    else if (load<u32>(slot) == 0) page = ((page >> TABLE_BITS) + 1) << TABLE_BITS;
    else return page;
  }
  return end;
}

/** Frees all tables of an mm whose leaves are empty. It has ended, so nobody walks them any more. */
export function tablesFree(mm: Mm): void {
  for (let page = nextMappedPage(mm, 0, MM_PAGES); page < MM_PAGES; page = nextMappedPage(mm, page, MM_PAGES)) {
    const slot = leafSlot(mm, page);
    if (!ASC_NO_ASSERT) expectEmpty(leafRecord(load<u32>(slot)));
    arenaGive(freeLeaves, leafRecord(load<u32>(slot)));
    store<u32>(slot, 0);
    page = ((page >> TABLE_BITS) + 1) << TABLE_BITS;
  }
  if (isConcurrent()) atomic.add<u32>(EPOCH, 1);
  const pgd: usize = mm.pgd;
  for (let index: u32 = 0; index < TABLE_ENTRIES; index++) {
    const middle: usize = load<u32>(pgd + (index << 2));
    if (middle != 0) arenaGive(freeTables, middle);
  }
  arenaGive(freeTables, pgd);
}

export function pteOf(entry: u32): u32 {
  return load<u32>(header.ptes + ((<usize>entry) << 2));
}

/**
 * If this takes away a right that guests may be using, their records show what they do meanwhile only after it (docs/protocol.md). So look
 * there afterwards.
 */
export function pteSet(entry: u32, pte: u32): void {
  const address = header.ptes + ((<usize>entry) << 2);
  if (!ASC_NO_ASSERT) expectPte(entry, pte);
  step();
  if (isConcurrent()) atomic.store<u32>(address, pte);
  else store<u32>(address, pte);
  step();
}

/** Recovery of page tables: which tables and leaves are reachable from a live mm; the others are free. */

import { accessesEnd, isConcurrent } from '../concurrent/workers';
import {
  EPOCH,
  FREE_FIRST,
  FREE_FRESH,
  FREE_USED,
  H_FREE_LEAVES,
  H_FREE_TABLES,
  H_LEAF_LIMIT,
  H_LEAVES,
  H_MMS,
  H_PTES,
  H_STATES,
  H_TABLES,
  LEAF_BYTES,
  LEAF_MARK,
  LEAF_MM,
  LEAF_PAGE,
  LEAF_USED,
  MM_BYTES,
  MM_PGD,
  TABLE_BITS,
  TABLE_BYTES,
  TABLE_ENTRIES,
} from '../layout';
import { arenaGive } from '../memory/arena';
import { mmIsLive, mmsEnd } from './mms';

/** In a leaf's LEAF_MARK: it is reachable. */
const LEAF_REACHED: u32 = 1;

/**
 * Marks of tables are in the other bits of LEAF_MARK, a bit for as many tables as there are leaves. Nobody else has a
 * use for them.
 */
function tableMarkWord(index: u32): usize {
  return leafRecord(index % load<u32>(H_LEAF_LIMIT)) + LEAF_MARK;
}

function tableMarkBit(index: u32): u32 {
  return 2 << (index / load<u32>(H_LEAF_LIMIT));
}

function tableMark(table: usize): void {
  const index = <u32>(table - load<u32>(H_TABLES)) / TABLE_BYTES;
  const word = tableMarkWord(index);
  store<u32>(word, load<u32>(word) | tableMarkBit(index));
}

function tableIsMarked(index: u32): bool {
  return (load<u32>(tableMarkWord(index)) & tableMarkBit(index)) != 0;
}

function marksClear(): void {
  const tables = load<u32>(H_FREE_TABLES, FREE_FRESH);
  const end = min(load<u32>(H_LEAF_LIMIT), max(leavesEnd(), tables));
  for (let leaf: u32 = 0; leaf < end; leaf++) store<u32>(leafRecord(leaf), 0, LEAF_MARK);
}

export function leavesEnd(): u32 {
  return load<u32>(H_FREE_LEAVES, FREE_FRESH);
}

function leafRecord(leaf: u32): usize {
  return load<u32>(H_LEAVES) + leaf * LEAF_BYTES;
}

export function leafIsMarked(leaf: u32): bool {
  return (load<u32>(leafRecord(leaf), LEAF_MARK) & LEAF_REACHED) != 0;
}

/** Marks what is reachable, and says again in each leaf's record where it belongs. */
export function tablesMark(): void {
  marksClear();
  for (let mm: usize = load<u32>(H_MMS); mm < mmsEnd(); mm += MM_BYTES) {
    if (mmIsLive(mm)) markMm(mm);
  }
}

function markMm(mm: usize): void {
  const pgd: usize = load<u32>(mm, MM_PGD);
  tableMark(pgd);
  for (let upper: u32 = 0; upper < TABLE_ENTRIES; upper++) {
    const middle: usize = load<u32>(pgd + (upper << 2));
    if (middle == 0) continue;
    tableMark(middle);
    for (let lower: u32 = 0; lower < TABLE_ENTRIES; lower++) {
      const leaf = load<u32>(middle + (lower << 2));
      if (leaf == 0) continue;
      const record = leafRecord(leaf);
      store<u32>(record, <u32>mm, LEAF_MM);
      store<u32>(record, ((upper << TABLE_BITS) | lower) << TABLE_BITS, LEAF_PAGE);
      store<u32>(record, 0, LEAF_USED);
      store<u32>(record, load<u32>(record, LEAF_MARK) | LEAF_REACHED, LEAF_MARK);
    }
  }
}

/**
 * Builds the free lists of tables and leaves from what is not marked, and takes the marks away. Translations are void
 * (EPOCH). `self` is the number of this thread.
 */
export function tablesSweep(self: u32): void {
  atomic.add<u32>(EPOCH, 1);
  // Somebody may be walking a table that the dead one had just taken out. If he does not come to an end, what was taken
  // out stays out of use.
  const mayFree = !isConcurrent() || accessesEnd(self);
  const tables = load<u32>(H_FREE_TABLES, FREE_FRESH);
  store<u32>(H_FREE_TABLES, 0, FREE_FIRST);
  store<u32>(H_FREE_TABLES, tables, FREE_USED);
  for (let index: u32 = 0; index < tables; index++) {
    if (mayFree && !tableIsMarked(index)) arenaGive(H_FREE_TABLES, load<u32>(H_TABLES) + index * TABLE_BYTES);
  }
  store<u32>(H_FREE_LEAVES, 0, FREE_FIRST);
  store<u32>(H_FREE_LEAVES, leavesEnd() - 1, FREE_USED); // leaf 0 is never used
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (mayFree && !leafIsMarked(leaf)) leafFree(leaf);
  }
  marksClear();
}

function leafFree(leaf: u32): void {
  const entry = leaf << TABLE_BITS;
  memory.fill(load<u32>(H_PTES) + (entry << 2), 0, TABLE_ENTRIES << 2);
  memory.fill(load<u32>(H_STATES) + (entry << 2), 0, TABLE_ENTRIES << 2);
  arenaGive(H_FREE_LEAVES, leafRecord(leaf));
}

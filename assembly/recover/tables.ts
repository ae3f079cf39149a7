/** Recovery of page tables: which tables and leaves are reachable from a live mm; the others are free. */

import { arenaGive } from '../base/arena';
import { accessesEnd, isConcurrent } from '../concurrent/workers';
import { EPOCH, MM_BYTES, TABLE_BITS, TABLE_BYTES, TABLE_ENTRIES } from '../layout';
import { leafRecord } from '../memory/tables';
import { freeLeaves, freeTables } from '../records/free-list';
import { header } from '../records/header';
import { Leaf, Mm } from '../records/mm';
import { recordAt } from '../records/record';
import { mmIsLive, mmsEnd } from './mms';

/** In a leaf's mark: it is reachable. */
const LEAF_REACHED: u32 = 1;

/**
 * Marks of tables are in the other bits of the leaves' marks, which nobody else uses: table n has its bit in leaf n modulo the number of
 * leaves.
 */
function tableMarkLeaf(index: u32): Leaf {
  return leafRecord(index % header.leafLimit);
}

function tableMarkBit(index: u32): u32 {
  return 2 << (index / header.leafLimit);
}

function tableMark(table: usize): void {
  const index = <u32>(table - header.tables) / TABLE_BYTES;
  tableMarkLeaf(index).mark |= tableMarkBit(index);
}

function tableIsMarked(index: u32): bool {
  return (tableMarkLeaf(index).mark & tableMarkBit(index)) != 0;
}

function marksClear(): void {
  const tables = freeTables.fresh;
  const end = min(header.leafLimit, max(leavesEnd(), tables));
  for (let leaf: u32 = 0; leaf < end; leaf++) leafRecord(leaf).mark = 0;
}

export function leavesEnd(): u32 {
  return freeLeaves.fresh;
}

export function leafIsMarked(leaf: u32): bool {
  return (leafRecord(leaf).mark & LEAF_REACHED) != 0;
}

/** Marks what is reachable, and says again in each leaf's record where it belongs. */
export function tablesMark(): void {
  marksClear();
  for (let at = header.mms; at < mmsEnd(); at += MM_BYTES) {
    const mm = recordAt<Mm>(at);
    if (mmIsLive(mm)) markMm(mm);
  }
}

function markMm(mm: Mm): void {
  const pgd: usize = mm.pgd;
  tableMark(pgd);
  for (let upper: u32 = 0; upper < TABLE_ENTRIES; upper++) {
    const middle: usize = load<u32>(pgd + (upper << 2));
    if (middle == 0) continue;
    tableMark(middle);
    for (let lower: u32 = 0; lower < TABLE_ENTRIES; lower++) {
      const leaf = load<u32>(middle + (lower << 2));
      if (leaf == 0) continue;
      const record = leafRecord(leaf);
      record.mm = mm;
      record.page = ((upper << TABLE_BITS) | lower) << TABLE_BITS;
      record.used = 0;
      record.mark |= LEAF_REACHED;
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
  const tables = freeTables.fresh;
  freeTables.first = 0;
  freeTables.used = tables;
  for (let index: u32 = 0; index < tables; index++) {
    if (mayFree && !tableIsMarked(index)) arenaGive(freeTables, header.tables + index * TABLE_BYTES);
  }
  freeLeaves.first = 0;
  freeLeaves.used = leavesEnd() - 1; // leaf 0 is never used
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (mayFree && !leafIsMarked(leaf)) leafFree(leaf);
  }
  marksClear();
}

function leafFree(leaf: u32): void {
  const entry = leaf << TABLE_BITS;
  memory.fill(header.ptes + (entry << 2), 0, TABLE_ENTRIES << 2);
  memory.fill(header.states + (entry << 2), 0, TABLE_ENTRIES << 2);
  arenaGive(freeLeaves, leafRecord(leaf));
}

/** Recovery of page tables: which tables and leaves are reachable from a live mm; the others are free. */
import {
  FREE_FIRST,
  FREE_FRESH,
  FREE_USED,
  H_FREE_LEAVES,
  H_FREE_TABLES,
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
  LOOK_AHEAD_END,
  MM_BYTES,
  MM_PGD,
  TABLE_BITS,
  TABLE_BYTES,
  TABLE_ENTRIES,
  WINDOWS,
} from '../layout';
import { arenaGive } from '../memory/arena';
import { mmIsLive, mmsEnd } from './mms';

/** Marks of tables: a bitmap in the place of the scan windows, which mean nothing now. */
const MARKS: usize = WINDOWS;

function tableMark(table: usize): void {
  const index = <u32>(table - load<u32>(H_TABLES)) / TABLE_BYTES;
  const word = MARKS + ((index >> 5) << 2);
  store<u32>(word, load<u32>(word) | (1 << (index & 31)));
}

function tableIsMarked(index: u32): bool {
  return (load<u32>(MARKS + ((index >> 5) << 2)) & (1 << (index & 31))) != 0;
}

export function leavesEnd(): u32 {
  return load<u32>(H_FREE_LEAVES, FREE_FRESH);
}

function leafRecord(leaf: u32): usize {
  return load<u32>(H_LEAVES) + leaf * LEAF_BYTES;
}

export function leafIsMarked(leaf: u32): bool {
  return load<u32>(leafRecord(leaf), LEAF_MARK) != 0;
}

/** Marks what is reachable, and says again in each leaf's record where it belongs. */
export function tablesMark(): void {
  memory.fill(MARKS, 0, LOOK_AHEAD_END - WINDOWS);
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) store<u32>(leafRecord(leaf), 0, LEAF_MARK);
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
      store<u32>(record, 1, LEAF_MARK);
    }
  }
}

/** Builds the free lists of tables and leaves from what is not marked, and takes the leaves' marks away. */
export function tablesSweep(): void {
  const tables = load<u32>(H_FREE_TABLES, FREE_FRESH);
  store<u32>(H_FREE_TABLES, 0, FREE_FIRST);
  store<u32>(H_FREE_TABLES, tables, FREE_USED);
  for (let index: u32 = 0; index < tables; index++) {
    if (!tableIsMarked(index)) arenaGive(H_FREE_TABLES, load<u32>(H_TABLES) + index * TABLE_BYTES);
  }
  store<u32>(H_FREE_LEAVES, 0, FREE_FIRST);
  store<u32>(H_FREE_LEAVES, leavesEnd() - 1, FREE_USED); // leaf 0 is never used
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (leafIsMarked(leaf)) store<u32>(leafRecord(leaf), 0, LEAF_MARK);
    else leafFree(leaf);
  }
}

function leafFree(leaf: u32): void {
  const entry = leaf << TABLE_BITS;
  memory.fill(load<u32>(H_PTES) + (entry << 2), 0, TABLE_ENTRIES << 2);
  memory.fill(load<u32>(H_STATES) + (entry << 2), 0, TABLE_ENTRIES << 2);
  arenaGive(H_FREE_LEAVES, leafRecord(leaf));
}

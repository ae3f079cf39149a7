/** Page tables of a process, with the rmap items of its pages: what is alive of them. */
import { layout } from '../engine/index.ts';
import { frameOfPte, isPresent } from '../memory/index.ts';
import { isRecord, type LiveMemory } from './live-memory.ts';

const { ITEM_BYTES, LEAF_BYTES, STATE_SEQ, TABLE_BYTES, TABLE_ENTRIES } = layout;
const { STATE_DISPLACED, STATE_ITEM, STATE_STABLE, STATE_UNSTABLE } = layout;

/** Takes the tables that lead to pages or items of the process at `mm`, and all that is in its leaves. */
export function takeTables(memory: LiveMemory, mm: number): void {
  const { tables, leaves } = memory;
  const leavesEnd = (leaves.end - leaves.base) / LEAF_BYTES;
  const hasEnded = (memory.u32(mm + layout.MM_FLAGS) & layout.MM_EXITED) !== 0;
  const root = memory.u32(mm + layout.MM_PGD);
  if (!isRecord(tables, root)) return;
  memory.take(root, root + TABLE_BYTES);
  for (let upper = root; upper < root + TABLE_BYTES; upper += 4) {
    const middle = memory.u32(upper);
    if (!isRecord(tables, middle)) continue;
    memory.take(middle, middle + TABLE_BYTES);
    for (let lower = middle; lower < middle + TABLE_BYTES; lower += 4) {
      const leaf = memory.u32(lower);
      if (leaf > 0 && leaf < leavesEnd) takeLeaf(memory, leaf, hasEnded);
    }
  }
}

function takeLeaf(memory: LiveMemory, leaf: number, hasEnded: boolean): void {
  const record = memory.leaves.base + leaf * LEAF_BYTES;
  const first = leaf * TABLE_ENTRIES;
  const ptes = memory.u32(layout.H_PTES) + first * 4;
  const states = memory.u32(layout.H_STATES) + first * 4;
  const dirty = memory.u32(layout.H_DIRTY) + first / 8;
  memory.take(record, record + LEAF_BYTES);
  memory.take(ptes, ptes + TABLE_ENTRIES * 4);
  memory.take(states, states + TABLE_ENTRIES * 4);
  memory.take(dirty, dirty + TABLE_ENTRIES / 8);
  memory.takeColumn(layout.REGION_ENTRY_COLUMN, first, TABLE_ENTRIES);
  for (let index = 0; index < TABLE_ENTRIES; index++) {
    const pte = memory.u32(ptes + index * 4);
    const state = memory.u32(states + index * 4);
    if (isPresent(pte)) memory.frames[frameOfPte(pte)] = 1;
    if (state & STATE_ITEM) takeItem(memory, first + index, state, hasEnded);
  }
}

/**
 * An item's links, while it has a place, and its checksum. A process that has ended will never have its pages looked at
 * again: the checksum of one is dropped, unless the order of a tree hangs on it.
 */
function takeItem(memory: LiveMemory, entry: number, state: number, hasEnded: boolean): void {
  const item = memory.u32(layout.H_ITEMS) + entry * ITEM_BYTES;
  const isInTree = isTreeNode(memory, state);
  memory.take(item, item + (isInTree || state & STATE_STABLE ? ITEM_BYTES : 4));
  if (hasEnded && !(isInTree && memory.isHashOrder)) memory.set(item + layout.ITEM_CHECKSUM, 0);
}

/** In content order a tree lasts one pass, and what is left of the last one's is links to nowhere. */
function isTreeNode(memory: LiveMemory, state: number): boolean {
  if ((state & (STATE_UNSTABLE | STATE_DISPLACED)) !== STATE_UNSTABLE) return false;
  return memory.isHashOrder || ((state ^ memory.u32(layout.H_FULL_SCANS)) & STATE_SEQ) === 0;
}

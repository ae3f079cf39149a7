/**
 * Recovery of KSM's own: a stable node for each KSM frame, the trees, the reverse maps, and the counters that follow
 * from them.
 */
import {
  FRAME_COUNT_MASK,
  FRAME_KSM,
  FRAME_NODE_SHIFT,
  FRAME_PINNED,
  FREE_FIRST,
  FREE_FRESH,
  FREE_USED,
  H_FRAMES,
  H_FREE_NODES,
  H_MIGRATE_NODES,
  H_NID_COUNT,
  H_NODES,
  H_PAGES_SHARED,
  H_PAGES_SHARING,
  H_PAGES_UNSHARED,
  H_ROOMS,
  H_ROOT_COUNT,
  H_ROOTS,
  H_STABLE_NODE_CHAINS,
  H_STABLE_NODE_DUPS,
  NODE_BYTES,
  NODE_FRAME,
  NODE_MAPS,
  NODE_ORPHAN,
  PAGE_SHIFT,
  PTE_DIRTY,
  PTE_FRAME,
  PTE_MERGED,
  PTE_PRESENT,
  PTE_WRITABLE,
  ROOM_BYTES,
  ROOT_BYTES,
  STATE_DISPLACED,
  STATE_FRESH,
  STATE_ITEM,
  STATE_MUST_SEARCH,
  STATE_SEQ,
  STATE_STABLE,
  STATE_UNSTABLE,
  TABLE_BITS,
  TABLE_ENTRIES,
} from '../layout';
import { pinsOf } from '../memory/pins';
import { pteOf, pteSet } from '../memory/tables';
import { pageChecksum } from '../merge/checksum';
import { nodeAlloc, nodeFlag } from '../merge/node';
import { isOfThisPass, itemAppend, stateOf, stateSet } from '../merge/rmap';
import { stableInsert, stableNodeOf } from '../merge/stable';
import { unstableReinsert } from '../policy/linux/unstable';
import { awaitsNode, firstOf, freshOf, wordAt } from './frames';
import { leafIsMarked, leavesEnd } from './tables';

/** Forgets all nodes, trees and lists. */
export function treesClear(): void {
  memory.fill(load<u32>(H_NODES), 0, load<u32>(H_FREE_NODES, FREE_FRESH) * NODE_BYTES);
  memory.fill(load<u32>(H_ROOMS), 0, load<u32>(H_FREE_NODES, FREE_FRESH) * ROOM_BYTES);
  store<u32>(H_FREE_NODES, 0, FREE_FIRST);
  store<u32>(H_FREE_NODES, 0, FREE_FRESH);
  store<u32>(H_FREE_NODES, 0, FREE_USED);
  memory.fill(load<u32>(H_ROOTS), 0, load<u32>(H_ROOT_COUNT) * load<u32>(H_NID_COUNT) * ROOT_BYTES);
  store<u32>(H_MIGRATE_NODES, 0);
  store<u32>(H_STABLE_NODE_CHAINS, 0);
  store<u32>(H_STABLE_NODE_DUPS, 0);
}

/** Gives every KSM frame that somebody maps a node, and sorts it in. */
export function nodesRebuild(): void {
  for (let nid: u32 = 0; nid < load<u32>(H_NID_COUNT); nid++) {
    for (let index = firstOf(nid); index < freshOf(nid); index++) {
      if (awaitsNode(load<u32>(wordAt(index)))) nodeRebuild(index);
    }
  }
}

function nodeRebuild(index: u32): void {
  const word = load<u32>(wordAt(index));
  const maps = word & FRAME_COUNT_MASK;
  const node = maps == 0 ? 0 : nodeAlloc();
  if (node == 0) {
    store<u32>(wordAt(index), maps | (word & FRAME_PINNED)); // nobody maps it: it is free, or pinned and ordinary
    return;
  }
  const frame: usize = load<u32>(H_FRAMES) + (index << PAGE_SHIFT);
  const pins = pinsOf(frame);
  nodeFlag(node, 0, NODE_ORPHAN);
  store<u32>(node, <u32>frame, NODE_FRAME);
  store<u32>(node, maps + pins, NODE_MAPS);
  store<u32>(wordAt(index), FRAME_KSM | <u32>(node >> FRAME_NODE_SHIFT));
  stableInsert(node, pageChecksum(frame));
}

/**
 * Hangs every item that was merged on its frame's node again, and sorts those of the unstable tree in. `passIsCut`:
 * pages that were selected may miss their turn in this pass, so what is of the last one would grow too old there.
 */
export function itemsAttach(passIsCut: bool): void {
  store<u32>(H_PAGES_SHARED, 0);
  store<u32>(H_PAGES_SHARING, 0);
  store<u32>(H_PAGES_UNSHARED, 0);
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (!leafIsMarked(leaf)) continue;
    for (let entry = leaf << TABLE_BITS, end = entry + TABLE_ENTRIES; entry < end; entry++) {
      if (stateOf(entry) & STATE_ITEM) itemAttach(entry, passIsCut);
      else if (pteOf(entry) & PTE_MERGED) pteSet(entry, pteOf(entry) & ~PTE_MERGED);
    }
  }
}

const IN_TREES: u32 = STATE_STABLE | STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH | STATE_SEQ;

function itemAttach(entry: u32, passIsCut: bool): void {
  const state = stateOf(entry);
  const pte = pteOf(entry);
  stateSet(entry, (state & ~IN_TREES) | STATE_FRESH); // what was hashed for it may be lost
  if (pte & PTE_MERGED) pteSet(entry, pte & ~PTE_MERGED);
  // Whoever died may have been about to see that it is just being written (merge/checksum).
  if ((pte & (PTE_WRITABLE | PTE_DIRTY)) == PTE_WRITABLE) pteSet(entry, pte | PTE_DIRTY);
  const isInTree = (state & (STATE_UNSTABLE | STATE_DISPLACED)) == STATE_UNSTABLE;
  if (isInTree && (!passIsCut || isOfThisPass(state))) unstableReinsert(entry, state);
  if (!(state & STATE_STABLE) || !(pte & PTE_PRESENT) || (pte & PTE_FRAME) == load<u32>(H_FRAMES)) return;
  const node = stableNodeOf(pte & PTE_FRAME);
  if (node != 0) itemAppend(entry, node);
}

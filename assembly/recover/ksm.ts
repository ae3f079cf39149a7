/**
 * Recovery of KSM's own: a stable node for each KSM frame, the trees, the reverse maps, and the counters that follow
 * from them.
 */
import {
  FRAME_COUNT_MASK,
  FRAME_KSM,
  FRAME_NODE_SHIFT,
  FRAME_PINNED,
  H_PAGES_SHARED,
  H_PAGES_SHARING,
  H_PAGES_UNSHARED,
  H_STABLE_NODE_CHAINS,
  H_STABLE_NODE_DUPS,
  NODE_BYTES,
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
import { wordAt, wordSetAt } from '../memory/frames';
import { pinsOf } from '../memory/pins';
import { pteOf, pteSet } from '../memory/tables';
import { pageChecksum } from '../merge/checksum';
import { nodeAlloc, nodeFlag } from '../merge/node';
import { isOfThisPass, itemAppend, stateOf, stateSet } from '../merge/rmap';
import { stableInsert, stableNodeOf } from '../merge/stable';
import { unstableReinsert } from '../policy/linux/unstable';
import { freeNodes } from '../records/free-list';
import { header } from '../records/header';
import { Node } from '../records/node';
import { addressOf, none } from '../records/record';
import { awaitsNode, firstOf, freshOf } from './frames';
import { leafIsMarked, leavesEnd } from './tables';

/** Forgets all nodes, trees and lists. */
export function treesClear(): void {
  memory.fill(header.nodes, 0, freeNodes.fresh * NODE_BYTES);
  memory.fill(header.rooms, 0, freeNodes.fresh * ROOM_BYTES);
  freeNodes.first = 0;
  freeNodes.fresh = 0;
  freeNodes.used = 0;
  memory.fill(header.roots, 0, header.rootCount * header.nidCount * ROOT_BYTES);
  header.migrateNodes = none<Node>();
  store<u32>(H_STABLE_NODE_CHAINS, 0);
  store<u32>(H_STABLE_NODE_DUPS, 0);
}

/** Gives every KSM frame that somebody maps a node, and sorts it in. */
export function nodesRebuild(): void {
  for (let nid: u32 = 0; nid < header.nidCount; nid++) {
    for (let index = firstOf(nid); index < freshOf(nid); index++) {
      if (awaitsNode(wordAt(index))) nodeRebuild(index);
    }
  }
}

function nodeRebuild(index: u32): void {
  const word = wordAt(index);
  const maps = word & FRAME_COUNT_MASK;
  const node = maps == 0 ? none<Node>() : nodeAlloc();
  if (!node) {
    wordSetAt(index, maps | (word & FRAME_PINNED)); // nobody maps it: it is free, or pinned and ordinary
    return;
  }
  const frame: usize = header.frames + (index << PAGE_SHIFT);
  const pins = pinsOf(frame);
  nodeFlag(node, 0, NODE_ORPHAN);
  node.frame = frame;
  node.maps = maps + pins;
  wordSetAt(index, FRAME_KSM | (addressOf(node) >> FRAME_NODE_SHIFT));
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
  if (!(state & STATE_STABLE) || !(pte & PTE_PRESENT) || (pte & PTE_FRAME) == header.frames) return;
  const node = stableNodeOf(pte & PTE_FRAME);
  if (node) itemAppend(entry, node);
}

/**
 * Recovery of KSM's own: a stable node for each KSM frame, the trees, the reverse maps, and the counters that follow
 * from them.
 */
import {
  FRAME_COUNT_MASK,
  FRAME_KEEPER_SHIFT,
  FRAME_KEPT,
  FRAME_PINNED,
  H_PAGES_SHARED,
  H_PAGES_SHARING,
  H_PAGES_UNSHARED,
  H_STABLE_NODE_CHAINS,
  H_STABLE_NODE_DUPS,
  NODE_BYTES,
  NODE_ORPHAN,
  PTE_DIRTY,
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
import { wordOf, wordSet } from '../memory/frame-words';
import { pinsOf } from '../memory/pins';
import { frameOfPte, isDirty, isMerged, isPresent, isWritable, mapsZero, pteUnmerged } from '../memory/pte';
import { pteOf, pteSet } from '../memory/tables';
import { entryDomain, isDomain } from '../merge/domain';
import { nodeAlloc, nodeFlag } from '../merge/node';
import { isOfThisPass, itemAppend, stateOf, stateSet } from '../merge/rmap';
import { stableInsert, stableNodeOf } from '../merge/stable';
import { pageChecksum } from '../page/page';
import { unstableReinsert } from '../policy/linux/unstable';
import { freeNodes } from '../records/free-list';
import { header } from '../records/header';
import { Keeper } from '../records/keeper';
import { Node } from '../records/node';
import { addressOf, none } from '../records/record';
import { awaitsNode, firstOf, freshOf } from './frames';
import { leafIsMarked, leavesEnd } from './tables';

/** Forgets all nodes, trees and lists. */
export function treesClear(): void {
  memory.fill(header.nodes, 0, freeNodes.fresh * NODE_BYTES);
  memory.fill(header.rooms, 0, freeNodes.fresh * ROOM_BYTES);
  if (header.nodeColumnRecords != 0) memory.fill(header.nodeColumn, 0, freeNodes.fresh * 4);
  freeNodes.first = 0;
  freeNodes.fresh = 0;
  freeNodes.used = 0;
  memory.fill(header.roots, 0, header.rootLimit * ROOT_BYTES);
  header.migrateNodes = none<Node>();
  header.lost = none<Keeper>();
  store<u32>(H_STABLE_NODE_CHAINS, 0);
  store<u32>(H_STABLE_NODE_DUPS, 0);
}

/** Gives every KSM frame that somebody maps a node, and sorts it in among those of the domain in which it is mapped. */
export function nodesRebuild(): void {
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (!leafIsMarked(leaf)) continue;
    for (let entry = leaf << TABLE_BITS, end = entry + TABLE_ENTRIES; entry < end; entry++) {
      const pte = pteOf(entry);
      if (isPresent(pte) && awaitsNode(wordOf(frameOfPte(pte)))) nodeRebuild(frameOfPte(pte), entryDomain(entry));
    }
  }
  for (let nid: u32 = 0; nid < header.nidCount; nid++) {
    for (let frame = firstOf(nid); frame < freshOf(nid); frame++) {
      if (awaitsNode(wordOf(frame))) becomeOrdinary(frame); // nobody maps it: it is free, or pinned
    }
  }
}

function becomeOrdinary(frame: u32): void {
  wordSet(frame, wordOf(frame) & (FRAME_COUNT_MASK | FRAME_PINNED));
}

function nodeRebuild(frame: u32, domain: u32): void {
  if (!ASC_NO_ASSERT) assert(isDomain(domain));
  const node = nodeAlloc();
  if (!node) {
    becomeOrdinary(frame);
    return;
  }
  const maps = wordOf(frame) & FRAME_COUNT_MASK;
  const pins = pinsOf(frame);
  node.domain = domain;
  nodeFlag(node, 0, NODE_ORPHAN);
  node.frame = frame;
  node.maps = maps + pins;
  wordSet(frame, FRAME_KEPT | (addressOf(node) >> FRAME_KEEPER_SHIFT));
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
      else pteUnsettle(entry, pteOf(entry));
    }
  }
}

function pteUnsettle(entry: u32, pte: u32): void {
  if (isMerged(pte)) pteSet(entry, pteUnmerged(pte));
}

const IN_TREES: u32 = STATE_STABLE | STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH | STATE_SEQ;

function itemAttach(entry: u32, passIsCut: bool): void {
  const state = stateOf(entry);
  const pte = pteOf(entry);
  stateSet(entry, (state & ~IN_TREES) | STATE_FRESH); // what was hashed for it may be lost
  pteUnsettle(entry, pte);
  // Whoever died may have been about to see that it is just being written (merge/checksum).
  if (isWritable(pte) && !isDirty(pte)) pteSet(entry, pte | PTE_DIRTY);
  const isInTree = (state & (STATE_UNSTABLE | STATE_DISPLACED)) == STATE_UNSTABLE;
  if (isInTree && (!passIsCut || isOfThisPass(state))) unstableReinsert(entry, state);
  if (!(state & STATE_STABLE) || !isPresent(pte) || mapsZero(pte)) return;
  const node = stableNodeOf(frameOfPte(pte));
  if (node) itemAppend(entry, node);
}

/** rmap items: their states, and what they know of their pages. */
import * as layout from '../../../assembly/layout/index.ts';
import { frameOfPte, isPresent } from '../../memory/index.ts';
import { numberOf } from './arena.ts';
import { nidOf } from './frames.ts';
import { broken } from './rules.ts';
import { isInTree } from './unstable.ts';
import type { Mm, Walk } from './walk.ts';

const { FRAME_KEPT, MM_MERGEABLE, PTE_DIRTY, PTE_MERGED, PTE_SHARED } = layout;
const { STATE_DISPLACED, STATE_FRESH, STATE_ITEM, STATE_SEQ, STATE_STABLE, STATE_MUST_SEARCH, STATE_UNSTABLE } = layout;

const PLACES = STATE_STABLE | STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH;
/** Besides flags there are seq, age and remaining skips: any three bytes. */
const UNKNOWN = ~(0xffffff | STATE_ITEM | STATE_FRESH | PLACES);

/** Checks a state that is not 0 and counts the item. */
export function checkItem(walk: Walk, mm: Mm, entry: number, pte: number, state: number): void {
  if (isContradictory(state)) broken('item.state', `${walk.whereIs(entry)}: state 0x${state.toString(16)}`);
  if (!(mm.flags & MM_MERGEABLE)) broken('slots.items', `${walk.whereIs(entry)} has an rmap item`);
  mm.items++;
  if (state & STATE_STABLE) {
    mm.merging++;
    walk.stable++;
  }
  if (walk.tracksDirty) checkChecksum(walk, entry, pte, state);
  if (!(state & STATE_UNSTABLE)) return;
  walk.unstable++;
  const age = (walk.seq - state) & STATE_SEQ;
  const isDoomed = walk.isBetweenPasses && !walk.isHashOrder && isInTree(walk, state); // its tree will be emptied
  if (age > 1 || isDoomed) {
    broken('unstable.seq', `${walk.whereIs(entry)}: state 0x${state.toString(16)}, full_scans ends in ${walk.seq}`);
  }
  if (isInTree(walk, state)) walk.treeItems++;
}

function isContradictory(state: number): boolean {
  if (!(state & STATE_ITEM) || state & UNKNOWN) return true;
  return (state & (state & STATE_UNSTABLE ? STATE_STABLE : STATE_DISPLACED | STATE_MUST_SEARCH)) !== 0;
}

/** A page that would not be read again, because nobody has written it since. */
function checkChecksum(walk: Walk, entry: number, pte: number, state: number): void {
  if (state & STATE_FRESH || !isPresent(pte) || pte & (PTE_SHARED | PTE_DIRTY)) return;
  const index = frameOfPte(pte);
  if (index === 0 || walk.u32(walk.frames.words + index * 4) & FRAME_KEPT) return;
  const dirty = walk.u32(walk.u32(layout.H_DIRTY) + (entry >>> 5) * 4);
  if (dirty & (1 << (entry & 31))) return;
  const checksum = walk.checksumOf(frameOfPte(pte));
  const remembered = walk.u32(walk.itemOf(entry) + layout.ITEM_CHECKSUM);
  if (checksum !== remembered) broken('item.checksum', `${walk.whereIs(entry)}: it is ${checksum}, not ${remembered}`);
}

/**
 * Does the page map the frame of the node on which its item hangs? PTE_MERGED says so; only where trees are apart for
 * each NUMA node may it be missing, after the frame moved, until ksmd has been there.
 */
export function isMerged(walk: Walk, entry: number, pte: number, state: number): boolean {
  if (!(state & STATE_STABLE)) return false;
  const node = walk.u32(walk.itemOf(entry) + layout.ITEM_NODE);
  const number = numberOf(walk.nodes, node);
  const flags = number === -1 ? 0 : walk.u32(node + layout.NODE_FLAGS);
  if (number === -1 || flags & layout.NODE_IS_CHAIN) {
    broken('item.node', `${walk.whereIs(entry)} hangs on address ${node}, where there is no node that takes items`);
  }
  const frame = frameOfPte(pte);
  if (frame === layout.ZERO_FRAME || walk.u32(node + layout.NODE_FRAME) !== frame) return false;
  const nid = walk.mergesAcrossNodes ? 0 : nidOf(walk.frames, frame);
  return !(pte & PTE_MERGED) || nid === flags >>> layout.NODE_NID_SHIFT;
}

/** May PTE_MERGED be missing on a merged page? */
export function isUnsettled(walk: Walk): boolean {
  return !walk.mergesAcrossNodes && walk.frames.ends.length > 1;
}

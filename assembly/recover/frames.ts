/**
 * Recovery of frames: counts from ptes, free lists from what is left. How often a frame is pinned says a word of its own.
 *
 * While it goes on, a frame word holds a count as an ordinary frame's does, and a KSM frame's word FRAME_KSM | FRAME_FREE
 * besides, which no word holds otherwise: so a death in here can be recovered from too.
 */

import { isAccessed } from '../concurrent/workers';
import {
  ACCESS_READ,
  ACCESS_WRITE,
  FOLIO_BITS,
  FOLIO_FRAMES,
  FRAME_COUNT_MASK,
  FRAME_FREE,
  FRAME_KSM,
  FRAME_LIMBO,
  FRAME_LIST_BYTES,
  FRAME_LIST_END,
  FRAME_LIST_FREE,
  FRAME_LIST_FRESH,
  FRAME_LIST_USED,
  FRAME_OFFLINE,
  FRAME_PINNED,
  H_DMA_PINS,
  H_FOLIOS,
  H_FRAME_LIMIT,
  H_FRAME_LISTS,
  H_FRAME_WORDS,
  H_FRAMES,
  H_FRAMES_USED,
  H_KSM_ZERO_PAGES,
  H_LEAVES,
  H_LIMBO,
  H_NID_COUNT,
  H_PINCOUNTS,
  H_RMAP_ITEMS,
  LEAF_BYTES,
  LEAF_MM,
  LEAF_USED,
  MM_RMAP_ITEMS,
  MM_ZERO_PAGES,
  PAGE_SHIFT,
  PINS_DMA_SHIFT,
  PINS_MASK,
  PTE_FRAME,
  PTE_KSM_ZERO,
  PTE_PRESENT,
  PTE_SHARED,
  PTE_WRITABLE,
  STATE_ITEM,
  TABLE_BITS,
  TABLE_ENTRIES,
} from '../layout';
import { pteOf, pteSet } from '../memory/tables';
import { count, stateOf } from '../merge/rmap';
import { leafIsMarked, leavesEnd } from './tables';

/** A KSM frame whose node is not rebuilt yet. */
const KSM_NO_NODE: u32 = FRAME_KSM | FRAME_FREE;

export function wordAt(index: u32): usize {
  return load<u32>(H_FRAME_WORDS) + (index << 2);
}

export function indexOf(frame: usize): u32 {
  return <u32>((frame - load<u32>(H_FRAMES)) >> PAGE_SHIFT);
}

export function awaitsNode(word: u32): bool {
  return word != FRAME_OFFLINE && (word & KSM_NO_NODE) == KSM_NO_NODE;
}

/** One past the last frame of NUMA node `nid` that was ever used. */
export function freshOf(nid: u32): u32 {
  return load<u32>(H_FRAME_LISTS + nid * FRAME_LIST_BYTES, FRAME_LIST_FRESH);
}

/** First frame of NUMA node `nid`; frame 0 is the zero frame and nobody's. */
export function firstOf(nid: u32): u32 {
  return nid == 0 ? 1 : load<u32>(H_FRAME_LISTS + (nid - 1) * FRAME_LIST_BYTES, FRAME_LIST_END);
}

/** Reduces every frame word to: is it KSM's, and is it pinned. */
export function framesKeepPins(): void {
  store<u32>(H_LIMBO, 0);
  store<u32>(H_DMA_PINS, 0);
  for (let nid: u32 = 0; nid < load<u32>(H_NID_COUNT); nid++) {
    for (let index = firstOf(nid); index < freshOf(nid); index++) keepPins(index);
  }
}

/** No more of the extra references to a frame are pins for DMA than there are. */
function keepPins(index: u32): void {
  const word = load<u32>(wordAt(index));
  if (word == FRAME_OFFLINE) return;
  const address: usize = load<u32>(H_PINCOUNTS) + (index << 2);
  const pins = load<u32>(address) & PINS_MASK;
  const forDma = min(load<u32>(address) >> PINS_DMA_SHIFT, pins);
  store<u32>(address, (forDma << PINS_DMA_SHIFT) | pins);
  store<u32>(H_DMA_PINS, load<u32>(H_DMA_PINS) + forDma);
  store<u32>(wordAt(index), (word & FRAME_KSM ? KSM_NO_NODE : 0) | (pins != 0 ? FRAME_PINNED : 0));
}

/** Counts, over all reachable ptes: of each frame, of each leaf, and of pages that KSM put the zero frame to. */
export function framesCount(): void {
  store<u32>(H_KSM_ZERO_PAGES, 0);
  store<u32>(H_RMAP_ITEMS, 0);
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (leafIsMarked(leaf)) countLeaf(leaf);
  }
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (leafIsMarked(leaf)) protectShared(leaf);
  }
}

function countLeaf(leaf: u32): void {
  const record: usize = load<u32>(H_LEAVES) + leaf * LEAF_BYTES;
  const mm: usize = load<u32>(record, LEAF_MM);
  let used: u32 = 0;
  for (let entry = leaf << TABLE_BITS, end = entry + TABLE_ENTRIES; entry < end; entry++) {
    const pte = pteOf(entry);
    if (stateOf(entry) & STATE_ITEM) {
      used++;
      count(H_RMAP_ITEMS, 1);
      count(mm + MM_RMAP_ITEMS, 1);
    }
    if (!(pte & PTE_PRESENT)) continue;
    used++;
    if (pte & PTE_KSM_ZERO) {
      count(H_KSM_ZERO_PAGES, 1);
      count(mm + MM_ZERO_PAGES, 1);
    }
    if ((pte & PTE_FRAME) == load<u32>(H_FRAMES)) continue;
    const address = wordAt(indexOf(pte & PTE_FRAME));
    const word = load<u32>(address);
    // Who may be written was about to become KSM's when its merger died.
    const isKsm = awaitsNode(word) && !(pte & (PTE_WRITABLE | PTE_SHARED));
    store<u32>(address, (isKsm ? word : word & ~KSM_NO_NODE) + 1);
  }
  store<u32>(record, used, LEAF_USED);
}

/** A private frame that several ptes map is written by none. */
function protectShared(leaf: u32): void {
  for (let entry = leaf << TABLE_BITS, end = entry + TABLE_ENTRIES; entry < end; entry++) {
    const pte = pteOf(entry);
    if ((pte & (PTE_PRESENT | PTE_WRITABLE | PTE_SHARED)) != (PTE_PRESENT | PTE_WRITABLE)) continue;
    if ((load<u32>(wordAt(indexOf(pte & PTE_FRAME))) & FRAME_COUNT_MASK) > 1) pteSet(entry, pte & ~PTE_WRITABLE);
  }
}

/** Builds the free lists from the frames that nobody refers to. What a survivor is just accessing goes to limbo. */
export function framesFree(): void {
  foliosCount();
  let used: u32 = 0;
  for (let nid: u32 = 0; nid < load<u32>(H_NID_COUNT); nid++) used += listRebuild(nid);
  store<u32>(H_FRAMES_USED, used);
}

function listRebuild(nid: u32): u32 {
  const list: usize = H_FRAME_LISTS + nid * FRAME_LIST_BYTES;
  let used: u32 = 0;
  store<u32>(list, 0, FRAME_LIST_FREE);
  for (let index = freshOf(nid); index-- > firstOf(nid); ) {
    const word = load<u32>(wordAt(index));
    if (word == FRAME_OFFLINE) continue;
    if (word != 0 || load<u32>(load<u32>(H_FOLIOS) + ((index >> FOLIO_BITS) << 2)) != 0) {
      used++;
    } else if (isAccessed(load<u32>(H_FRAMES) + (index << PAGE_SHIFT), ACCESS_READ | ACCESS_WRITE)) {
      used++;
      store<u32>(wordAt(index), FRAME_FREE | FRAME_LIMBO | load<u32>(H_LIMBO));
      store<u32>(H_LIMBO, index + 1);
    } else {
      store<u32>(wordAt(index), FRAME_FREE | load<u32>(list, FRAME_LIST_FREE));
      store<u32>(list, index + 1, FRAME_LIST_FREE);
    }
  }
  store<u32>(list, used, FRAME_LIST_USED);
  return used;
}

/** How many parts of each large folio somebody refers to; where nobody does, they are single frames. */
function foliosCount(): void {
  const folios = load<u32>(H_FRAME_LIMIT) >> FOLIO_BITS;
  for (let folio: u32 = 0; folio < folios; folio++) {
    const address: usize = load<u32>(H_FOLIOS) + (folio << 2);
    if (load<u32>(address) == 0) continue;
    let held: u32 = 0;
    for (let part: u32 = 0; part < FOLIO_FRAMES; part++) {
      if (load<u32>(wordAt((folio << FOLIO_BITS) | part)) != 0) held++;
    }
    store<u32>(address, held);
  }
}

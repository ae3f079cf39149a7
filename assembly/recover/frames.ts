/**
 * Recovery of frames: counts from ptes, free lists from what is left. A word of its own says how often a frame is pinned.
 *
 * While it goes on, a frame's word holds a count as an ordinary frame's does. A KSM frame's word also holds FRAME_KEPT | FRAME_FREE, which
 * no word holds otherwise. So a death in here can be recovered from too.
 */

import { count } from '../base/count';
import { isAccessed } from '../concurrent/workers';
import {
  ACCESS_READ,
  ACCESS_WRITE,
  FOLIO_BITS,
  FOLIO_FRAMES,
  FRAME_COUNT_MASK,
  FRAME_FREE,
  FRAME_KEPT,
  FRAME_LIMBO,
  FRAME_OFFLINE,
  FRAME_PINNED,
  H_DMA_PINS,
  H_KSM_ZERO_PAGES,
  H_RMAP_ITEMS,
  PINS_DMA_SHIFT,
  PINS_MASK,
  STATE_ITEM,
  TABLE_BITS,
  TABLE_ENTRIES,
} from '../layout';
import { folioAt, folioSetAt, wordOf, wordSet } from '../memory/frame-words';
import { pinWordOf, pinWordSet } from '../memory/pins';
import { frameOfPte, isMergedZero, isPresent, isShared, isWritable, mapsZero, pteProtected } from '../memory/pte';
import { leafRecord, pteOf, pteSet } from '../memory/tables';
import { stateOf } from '../merge/rmap';
import { frameList } from '../records/free-list';
import { header } from '../records/header';
import { leafIsMarked, leavesEnd } from './tables';

/** A KSM frame whose node is not rebuilt yet. */
const KSM_NO_NODE: u32 = FRAME_KEPT | FRAME_FREE;

export function awaitsNode(word: u32): bool {
  return word != FRAME_OFFLINE && (word & KSM_NO_NODE) == KSM_NO_NODE;
}

/** One past the last frame of NUMA node `nid` that was ever used. */
export function freshOf(nid: u32): u32 {
  return frameList(nid).fresh;
}

/** First frame of NUMA node `nid`; frame 0 is the zero frame and nobody's. */
export function firstOf(nid: u32): u32 {
  return nid == 0 ? 1 : frameList(nid - 1).end;
}

/** Reduces every frame word to: is it KSM's, and is it pinned. */
export function framesKeepPins(): void {
  header.limbo = 0;
  store<u32>(H_DMA_PINS, 0);
  for (let nid: u32 = 0; nid < header.nidCount; nid++) {
    for (let index = firstOf(nid); index < freshOf(nid); index++) keepPins(index);
  }
}

/** No more of the extra references to a frame are pins for DMA than there are. */
function keepPins(index: u32): void {
  const word = wordOf(index);
  if (word == FRAME_OFFLINE) return;
  const counts = pinWordOf(index);
  const pins = counts & PINS_MASK;
  const forDma = min(counts >> PINS_DMA_SHIFT, pins);
  pinWordSet(index, (forDma << PINS_DMA_SHIFT) | pins);
  count(H_DMA_PINS, forDma);
  wordSet(index, (word & FRAME_KEPT ? KSM_NO_NODE : 0) | (pins != 0 ? FRAME_PINNED : 0));
}

/** Counts anew, over all reachable entries, what each frame, leaf and mm has, and the pages to which KSM put the zero frame. */
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
  const record = leafRecord(leaf);
  const mm = record.mm;
  let used: u32 = 0;
  for (let entry = leaf << TABLE_BITS, end = entry + TABLE_ENTRIES; entry < end; entry++) {
    const pte = pteOf(entry);
    if (stateOf(entry) & STATE_ITEM) {
      used++;
      count(H_RMAP_ITEMS, 1);
      mm.rmapItems++;
    }
    if (!isPresent(pte)) continue;
    used++;
    if (isMergedZero(pte)) {
      count(H_KSM_ZERO_PAGES, 1);
      mm.zeroPages++;
    }
    if (mapsZero(pte)) continue;
    const frame = frameOfPte(pte);
    const word = wordOf(frame);
    // A frame that may be written was about to become KSM's when its merger died: it is ordinary.
    const isKsm = awaitsNode(word) && !isWritable(pte) && !isShared(pte);
    wordSet(frame, (isKsm ? word : word & ~KSM_NO_NODE) + 1);
  }
  record.used = used;
}

/** Takes the right to write from every pte of a private frame that several ptes map. */
function protectShared(leaf: u32): void {
  for (let entry = leaf << TABLE_BITS, end = entry + TABLE_ENTRIES; entry < end; entry++) {
    const pte = pteOf(entry);
    if (!isWritable(pte) || isShared(pte)) continue;
    if ((wordOf(frameOfPte(pte)) & FRAME_COUNT_MASK) > 1) pteSet(entry, pteProtected(pte));
  }
}

/** Builds the free lists from the frames that nobody refers to. What a survivor is just accessing goes to limbo. */
export function framesFree(): void {
  foliosCount();
  let used: u32 = 0;
  for (let nid: u32 = 0; nid < header.nidCount; nid++) used += listRebuild(nid);
  header.framesUsed = used;
}

function listRebuild(nid: u32): u32 {
  const list = frameList(nid);
  let used: u32 = 0;
  list.free = 0;
  for (let index = freshOf(nid); index-- > firstOf(nid); ) {
    const word = wordOf(index);
    if (word == FRAME_OFFLINE) continue;
    if (word != 0 || folioAt(index >> FOLIO_BITS) != 0) {
      used++;
    } else if (isAccessed(index, ACCESS_READ | ACCESS_WRITE)) {
      used++;
      wordSet(index, FRAME_FREE | FRAME_LIMBO | header.limbo);
      header.limbo = index + 1;
    } else {
      wordSet(index, FRAME_FREE | list.free);
      list.free = index + 1;
    }
  }
  list.used = used;
  return used;
}

/** Counts the parts of each large folio to which somebody refers. A folio without such parts becomes single frames. */
function foliosCount(): void {
  const folios = header.frameLimit >> FOLIO_BITS;
  for (let folio: u32 = 0; folio < folios; folio++) {
    if (folioAt(folio) == 0) continue;
    let held: u32 = 0;
    for (let part: u32 = 0; part < FOLIO_FRAMES; part++) {
      if (wordOf((folio << FOLIO_BITS) | part) != 0) held++;
    }
    folioSetAt(folio, held);
  }
}

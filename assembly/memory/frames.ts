/**
 * Physical frames: who has how many, and which belong to KSM.
 *
 * Every frame has one word (layout.ts, FRAME_*): for an ordinary frame the number of ptes that map it and whether extra
 * references pin it (memory/pins), for a KSM frame its stable node, which then keeps the count. A frame whose last reference goes is free at
 * once; if it was KSM's, its stable node becomes stale and is found later, as in Linux. Only a part of a large folio
 * (memory/folio) is held until the folio is split or all of it is held. Frame 0 is the shared zero frame: never counted,
 * never freed, never written.
 */

import { isAccessed, isConcurrent } from '../concurrent/workers';
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
  FRAME_NODE_MASK,
  FRAME_NODE_SHIFT,
  FRAME_OFFLINE,
  FRAME_PINNED,
  H_FOLIOS,
  H_FRAME_LISTS,
  H_FRAME_WORDS,
  H_FRAMES,
  H_FRAMES_USED,
  H_FREE_NODES,
  H_LIMBO,
  H_LIMIT_HIT,
  H_NID_COUNT,
  LIMIT_FRAMES,
  NODE_FRAME,
  NODE_IS_DUP,
  NODE_LEN,
  NODE_MAPS,
  NODE_ORPHAN,
  PAGE_SHIFT,
  PAGE_SIZE,
} from '../layout';
import { step, stepRefuses } from '../step';
import { arenaGive } from './arena';
import { dupIsStale } from './dups';
import { folioReclaim } from './folio';

/** Number of a frame, counted from the zero frame. */
function indexOf(frame: usize): u32 {
  return <u32>((frame - load<u32>(H_FRAMES)) >> PAGE_SHIFT);
}

/** Address of the word of the frame at address `frame`. */
export function wordOf(frame: usize): usize {
  return load<u32>(H_FRAME_WORDS) + ((<usize>indexOf(frame)) << 2);
}

/** Address of the word of the large folio that `frame` is a part of, if there is one: else the word is 0. */
function folioWordOf(frame: usize): usize {
  return load<u32>(H_FOLIOS) + ((<usize>(indexOf(frame) >> FOLIO_BITS)) << 2);
}

export function zeroFrame(): usize {
  return load<u32>(H_FRAMES);
}

/** NUMA node of a frame: each node owns one run of frames. */
export function frameNid(frame: usize): u32 {
  const index = indexOf(frame);
  let nid: u32 = 0;
  while (index >= load<u32>(H_FRAME_LISTS + nid * FRAME_LIST_BYTES, FRAME_LIST_END)) nid++;
  return nid;
}

/**
 * A frame with one reference, from NUMA node `nid` or, where that is full, from the next that has one; 0: none left.
 * Zero-filled if `clear`, else its bytes are whatever they were. Where memory is short a large folio may be split, so that
 * the zero frame is mapped where a zero-filled part of it was.
 */
export function frameAlloc(nid: u32, clear: bool): usize {
  if (stepRefuses()) {
    store<u32>(H_LIMIT_HIT, LIMIT_FRAMES);
    return 0;
  }
  const nids = load<u32>(H_NID_COUNT);
  for (let tried: u32 = 0; tried < nids; tried++) {
    const frame = takeFrom(H_FRAME_LISTS + nid * FRAME_LIST_BYTES, clear);
    if (frame != 0) {
      store<u32>(H_FRAMES_USED, load<u32>(H_FRAMES_USED) + 1);
      return frame;
    }
    nid = nid + 1 == nids ? 0 : nid + 1;
  }
  if (limboDrain() || folioReclaim()) return frameAlloc(nid, clear);
  store<u32>(H_LIMIT_HIT, LIMIT_FRAMES);
  return 0;
}

function takeFrom(list: usize, clear: bool): usize {
  const words: usize = load<u32>(H_FRAME_WORDS);
  const frames: usize = load<u32>(H_FRAMES);
  const free = load<u32>(list, FRAME_LIST_FREE);
  let index: u32;
  if (free != 0) {
    index = free - 1;
    store<u32>(list, load<u32>(words + (index << 2)) & FRAME_COUNT_MASK, FRAME_LIST_FREE);
    if (clear) memory.fill(frames + ((<usize>index) << PAGE_SHIFT), 0, PAGE_SIZE);
  } else {
    index = load<u32>(list, FRAME_LIST_FRESH);
    if (index == load<u32>(list, FRAME_LIST_END)) return 0;
    store<u32>(list, index + 1, FRAME_LIST_FRESH); // memory that was never used is still zero
  }
  step();
  store<u32>(words + (index << 2), 1);
  step();
  store<u32>(list, load<u32>(list, FRAME_LIST_USED) + 1, FRAME_LIST_USED);
  return frames + ((<usize>index) << PAGE_SHIFT);
}

/** Nobody refers to `frame` any more: it becomes free, or is held. */
function release(frame: usize): void {
  const folio = folioWordOf(frame);
  if (load<u32>(folio) == 0) {
    free(frame);
    return;
  }
  store<u32>(wordOf(frame), 0);
  store<u32>(folio, load<u32>(folio) - 1);
  if (load<u32>(folio) == 0) folioDissolve(frame);
}

/** The frame may be handed out again, but not while an access that began before the last pte went still names it. */
function free(frame: usize): void {
  if (!isConcurrent() || !isAccessed(frame, ACCESS_READ | ACCESS_WRITE)) {
    giveBack(frame);
    return;
  }
  store<u32>(wordOf(frame), FRAME_FREE | FRAME_LIMBO | load<u32>(H_LIMBO));
  step();
  store<u32>(H_LIMBO, indexOf(frame) + 1);
}

/** Frees the frames in limbo that no access names any more. False where there was none. */
export function limboDrain(): bool {
  let freed = false;
  let rest = load<u32>(H_LIMBO);
  store<u32>(H_LIMBO, 0);
  while (rest != 0) {
    const frame: usize = load<u32>(H_FRAMES) + ((<usize>(rest - 1)) << PAGE_SHIFT);
    rest = load<u32>(wordOf(frame)) & FRAME_COUNT_MASK;
    const waiting = load<u32>(H_LIMBO);
    free(frame);
    if (load<u32>(H_LIMBO) == waiting) freed = true;
  }
  return freed;
}

function giveBack(frame: usize): void {
  const list: usize = H_FRAME_LISTS + frameNid(frame) * FRAME_LIST_BYTES;
  const index = indexOf(frame);
  store<u32>(wordOf(frame), FRAME_FREE | load<u32>(list, FRAME_LIST_FREE));
  step();
  store<u32>(list, index + 1, FRAME_LIST_FREE);
  step();
  store<u32>(list, load<u32>(list, FRAME_LIST_USED) - 1, FRAME_LIST_USED);
  store<u32>(H_FRAMES_USED, load<u32>(H_FRAMES_USED) - 1);
}

export function frameIsKsm(frame: usize): bool {
  return (load<u32>(wordOf(frame)) & FRAME_KSM) != 0;
}

/** The node that a KSM frame belongs to, also an orphan; 0 for an ordinary frame. */
export function frameNode(frame: usize): usize {
  const word = load<u32>(wordOf(frame));
  return word & FRAME_KSM ? (<usize>(word & FRAME_NODE_MASK)) << FRAME_NODE_SHIFT : 0;
}

/** Makes an unpinned ordinary frame the KSM frame of `node`, which takes over its count. */
export function frameBecomeKsm(frame: usize, node: usize): void {
  const word = wordOf(frame);
  store<u32>(node, load<u32>(word) & FRAME_COUNT_MASK, NODE_MAPS);
  store<u32>(node, <u32>frame, NODE_FRAME);
  store<u32>(word, FRAME_KSM | <u32>(node >> FRAME_NODE_SHIFT));
}

/**
 * Mapped by exactly one pte and pinned by nobody, and no other part of its large folio is mapped more than once: fork shares a
 * folio as a whole. Never true of a KSM frame.
 */
export function frameIsExclusive(frame: usize): bool {
  return load<u32>(wordOf(frame)) == 1 && !(frameIsPart(frame) && folioIsShared(frame));
}

function folioIsShared(frame: usize): bool {
  const words = wordOf(frame) - ((<usize>folioPart(frame)) << 2);
  let part: usize = 0;
  while (part < FOLIO_FRAMES && (load<u32>(words + (part << 2)) & FRAME_COUNT_MASK) <= 1) part++;
  return part < FOLIO_FRAMES;
}

/** Do several ptes map an ordinary frame? */
export function frameIsShared(frame: usize): bool {
  return (load<u32>(wordOf(frame)) & FRAME_COUNT_MASK) > 1;
}

/** True where somebody besides page tables refers to an ordinary frame (direct I/O, a pipe, a device). */
export function frameIsPinned(frame: usize): bool {
  return (load<u32>(wordOf(frame)) & (FRAME_KSM | FRAME_FREE | FRAME_PINNED)) == FRAME_PINNED;
}

/** The first extra reference to an ordinary frame has come, or (`on` false) the last one goes. It is still counted in memory/pins. */
export function framePinned(frame: usize, on: bool): void {
  const word = load<u32>(wordOf(frame)) & ~FRAME_PINNED;
  store<u32>(wordOf(frame), on ? word | FRAME_PINNED : word);
}

/** An ordinary frame has lost its last extra reference. */
export function frameUnpinned(frame: usize): void {
  if (load<u32>(wordOf(frame)) == 0) release(frame);
}

/** A KSM frame that only pins hold becomes an ordinary one: its node is about to be forgotten. */
export function frameLeaveKsm(frame: usize): void {
  store<u32>(wordOf(frame), FRAME_PINNED);
}

/** How many ptes map `frame`; of a KSM frame, how many references it has, extra ones included. */
export function frameCount(frame: usize): u32 {
  const node = frameNode(frame);
  return node != 0 ? load<u32>(node, NODE_MAPS) : load<u32>(wordOf(frame)) & FRAME_COUNT_MASK;
}

/** `target` takes over everything that is known of `frame`, which becomes free. Its ptes must point at `target` already. */
export function frameMove(frame: usize, target: usize): void {
  const node = frameNode(frame);
  if (node != 0) store<u32>(node, <u32>target, NODE_FRAME);
  store<u32>(wordOf(target), load<u32>(wordOf(frame)));
  release(frame);
}

/** True where somebody refers to `frame`. */
export function frameIsUsed(frame: usize): bool {
  const word = load<u32>(wordOf(frame));
  return word != 0 && (word & (FRAME_KSM | FRAME_FREE)) != FRAME_FREE;
}

/** Takes the free frames with index [first, end) out of use. */
export function framesWithdraw(first: u32, end: u32): void {
  for (let nid: u32 = 0; nid < load<u32>(H_NID_COUNT); nid++) {
    withdraw(H_FRAME_LISTS + nid * FRAME_LIST_BYTES, first, end, FRAME_OFFLINE);
  }
}

/** Takes the free frames with index [first, end) out of one list; their word is `word` then. */
function withdraw(list: usize, first: u32, end: u32, word: u32): void {
  const words: usize = load<u32>(H_FRAME_WORDS);
  let left = min(end, load<u32>(list, FRAME_LIST_FRESH)) - min(first, load<u32>(list, FRAME_LIST_FRESH));
  let link = list + FRAME_LIST_FREE;
  for (let free = load<u32>(link); left != 0 && (free & FRAME_COUNT_MASK) != 0; free = load<u32>(link)) {
    const index = (free & FRAME_COUNT_MASK) - 1;
    const met = words + (index << 2);
    if (index >= first && index < end) {
      store<u32>(link, (free & ~FRAME_COUNT_MASK) | (load<u32>(met) & FRAME_COUNT_MASK));
      store<u32>(met, word);
      left--;
    } else {
      link = met;
    }
  }
  withdrawFresh(list, first, end, word);
}

/** The same for frames that were never used; those before the range become ordinary free frames. */
function withdrawFresh(list: usize, first: u32, end: u32, word: u32): void {
  const words: usize = load<u32>(H_FRAME_WORDS);
  const stop = min(end, load<u32>(list, FRAME_LIST_END));
  if (first >= stop) return;
  for (let index = load<u32>(list, FRAME_LIST_FRESH); index < stop; index++) {
    store<u32>(list, index + 1, FRAME_LIST_FRESH);
    if (index >= first) {
      store<u32>(words + (index << 2), word);
    } else {
      store<u32>(words + (index << 2), FRAME_FREE | load<u32>(list, FRAME_LIST_FREE));
      store<u32>(list, index + 1, FRAME_LIST_FREE);
    }
  }
}

/** Brings the frames with index [first, end) that are out of use back. */
export function framesReturn(first: u32, end: u32): void {
  const words: usize = load<u32>(H_FRAME_WORDS);
  for (let index = first; index < end; index++) {
    if (load<u32>(words + (index << 2)) != FRAME_OFFLINE) continue;
    const frame: usize = load<u32>(H_FRAMES) + ((<usize>index) << PAGE_SHIFT);
    const list: usize = H_FRAME_LISTS + frameNid(frame) * FRAME_LIST_BYTES;
    store<u32>(words + (index << 2), FRAME_FREE | load<u32>(list, FRAME_LIST_FREE));
    store<u32>(list, index + 1, FRAME_LIST_FREE);
  }
}

/** One more pte maps `frame`. */
export function frameGet(frame: usize): void {
  const node = frameNode(frame);
  if (node != 0) store<u32>(node, load<u32>(node, NODE_MAPS) + 1, NODE_MAPS);
  else store<u32>(wordOf(frame), load<u32>(wordOf(frame)) + 1);
}

/** One pte less maps `frame`, which must not be the zero frame. */
export function framePut(frame: usize): void {
  const node = frameNode(frame);
  if (node == 0) {
    const word = wordOf(frame);
    const references = load<u32>(word) - 1;
    if (references == 0) release(frame);
    else store<u32>(word, references);
    return;
  }
  const maps = load<u32>(node, NODE_MAPS) - 1;
  store<u32>(node, maps, NODE_MAPS);
  if (maps != 0) return;
  store<u32>(node, 0, NODE_FRAME);
  store<u32>(node, <u32>frame, NODE_MAPS);
  release(frame);
  if (load<u32>(node, NODE_LEN) & NODE_IS_DUP) dupIsStale(node);
  if (load<u32>(node, NODE_LEN) & NODE_ORPHAN) arenaGive(H_FREE_NODES, node);
}

/**
 * A large folio: zero-filled frames in a row, with one reference each, from NUMA node `nid` or the next that has so many. The
 * address of the first; 0: none left.
 */
export function folioAlloc(nid: u32): usize {
  const nids = load<u32>(H_NID_COUNT);
  for (let tried: u32 = 0; tried < nids; tried++) {
    const first = freeRun(nid);
    if (first != 0) return takeRun(H_FRAME_LISTS + nid * FRAME_LIST_BYTES, first);
    nid = nid + 1 == nids ? 0 : nid + 1;
  }
  return 0;
}

/** Index of the first frame of a run of NUMA node `nid` that is all free; 0 where there is none. */
function freeRun(nid: u32): u32 {
  const list: usize = H_FRAME_LISTS + nid * FRAME_LIST_BYTES;
  const start = nid == 0 ? 1 : load<u32>(list - FRAME_LIST_BYTES, FRAME_LIST_END);
  const end = load<u32>(list, FRAME_LIST_END);
  let first: u32 = (start + FOLIO_FRAMES - 1) & ~(FOLIO_FRAMES - 1);
  for (; first + FOLIO_FRAMES <= end; first += FOLIO_FRAMES) {
    const stop = min(first + FOLIO_FRAMES, load<u32>(list, FRAME_LIST_FRESH));
    let index = first;
    while (index < stop && isFree(index)) index++;
    if (index >= stop) return first;
  }
  return 0;
}

function isFree(index: u32): bool {
  const word = load<u32>(load<u32>(H_FRAME_WORDS) + ((<usize>index) << 2));
  return (word & (FRAME_KSM | FRAME_FREE | FRAME_LIMBO)) == FRAME_FREE;
}

function takeRun(list: usize, first: u32): usize {
  const frame: usize = load<u32>(H_FRAMES) + ((<usize>first) << PAGE_SHIFT);
  const fresh = max(first, min(first + FOLIO_FRAMES, load<u32>(list, FRAME_LIST_FRESH)));
  withdraw(list, first, first + FOLIO_FRAMES, 1);
  memory.fill(frame, 0, (<usize>(fresh - first)) << PAGE_SHIFT); // what lies behind was never used and is still zero
  store<u32>(list, load<u32>(list, FRAME_LIST_USED) + FOLIO_FRAMES, FRAME_LIST_USED);
  store<u32>(H_FRAMES_USED, load<u32>(H_FRAMES_USED) + FOLIO_FRAMES);
  store<u32>(folioWordOf(frame), FOLIO_FRAMES);
  return frame;
}

/** True where `frame` is a part of a large folio. */
export function frameIsPart(frame: usize): bool {
  return load<u32>(folioWordOf(frame)) != 0;
}

/** Which part of its large folio `frame` is. */
export function folioPart(frame: usize): u32 {
  return indexOf(frame) & (FOLIO_FRAMES - 1);
}

/** The parts of the large folio that `frame` belongs to become single frames, and those that were held are free. */
export function folioDissolve(frame: usize): void {
  store<u32>(folioWordOf(frame), 0);
  const first = frame - ((<usize>folioPart(frame)) << PAGE_SHIFT);
  for (let part: u32 = 0; part < FOLIO_FRAMES; part++) {
    const single = first + ((<usize>part) << PAGE_SHIFT);
    if (load<u32>(wordOf(single)) == 0) free(single);
  }
}

/**
 * Physical frames: who has how many, and which belong to KSM.
 *
 * Every frame has one word (layout.ts, FRAME_*): for an ordinary frame the number of ptes that map it and of extra references
 * that pin it, for a KSM frame its stable node, which then keeps the count. A frame whose last reference goes is free at
 * once; if it was KSM's, its stable node becomes stale and is found later, as in Linux. Frame 0 is the shared zero
 * frame: never counted, never freed, never written.
 */
import {
  FRAME_COUNT_MASK,
  FRAME_FREE,
  FRAME_KSM,
  FRAME_LIST_BYTES,
  FRAME_LIST_END,
  FRAME_LIST_FREE,
  FRAME_LIST_FRESH,
  FRAME_LIST_USED,
  FRAME_NODE_MASK,
  FRAME_NODE_SHIFT,
  FRAME_OFFLINE,
  FRAME_PIN,
  FRAME_PINS_MASK,
  H_FRAME_LISTS,
  H_FRAME_WORDS,
  H_FRAMES,
  H_FRAMES_USED,
  H_FREE_NODES,
  H_KSM_PINS,
  H_LIMIT_HIT,
  H_NID_COUNT,
  LIMIT_FRAMES,
  NODE_FRAME,
  NODE_LEN,
  NODE_MAPS,
  NODE_ORPHAN,
  PAGE_SHIFT,
  PAGE_SIZE,
} from '../layout';
import { arenaGive } from './arena';

/** Address of the word of the frame at address `frame`. */
function wordOf(frame: usize): usize {
  return load<u32>(H_FRAME_WORDS) + (((frame - load<u32>(H_FRAMES)) >> PAGE_SHIFT) << 2);
}

export function zeroFrame(): usize {
  return load<u32>(H_FRAMES);
}

/** NUMA node of a frame: each node owns one run of frames. */
export function frameNid(frame: usize): u32 {
  const index = <u32>((frame - load<u32>(H_FRAMES)) >> PAGE_SHIFT);
  let nid: u32 = 0;
  while (index >= load<u32>(H_FRAME_LISTS + nid * FRAME_LIST_BYTES, FRAME_LIST_END)) nid++;
  return nid;
}

/**
 * A frame with one reference, from NUMA node `nid` or, where that is full, from the next that has one; 0: none left.
 * Zero-filled if `clear`, else its bytes are whatever they were.
 */
export function frameAlloc(nid: u32, clear: bool): usize {
  const nids = load<u32>(H_NID_COUNT);
  for (let tried: u32 = 0; tried < nids; tried++) {
    const frame = takeFrom(H_FRAME_LISTS + nid * FRAME_LIST_BYTES, clear);
    if (frame != 0) {
      store<u32>(H_FRAMES_USED, load<u32>(H_FRAMES_USED) + 1);
      return frame;
    }
    nid = nid + 1 == nids ? 0 : nid + 1;
  }
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
  store<u32>(words + (index << 2), 1);
  store<u32>(list, load<u32>(list, FRAME_LIST_USED) + 1, FRAME_LIST_USED);
  return frames + ((<usize>index) << PAGE_SHIFT);
}

function release(frame: usize): void {
  const list: usize = H_FRAME_LISTS + frameNid(frame) * FRAME_LIST_BYTES;
  const index = <u32>((frame - load<u32>(H_FRAMES)) >> PAGE_SHIFT);
  store<u32>(wordOf(frame), FRAME_FREE | load<u32>(list, FRAME_LIST_FREE));
  store<u32>(list, index + 1, FRAME_LIST_FREE);
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

/** Makes an unpinned frame the KSM frame of `node`, which takes over its count. A node that it had is stale then. */
export function frameBecomeKsm(frame: usize, node: usize): void {
  const word = wordOf(frame);
  const former = frameNode(frame);
  store<u32>(node, former != 0 ? load<u32>(former, NODE_MAPS) : load<u32>(word) & FRAME_COUNT_MASK, NODE_MAPS);
  if (former != 0) {
    store<u32>(former, 0, NODE_FRAME);
    store<u32>(former, <u32>frame, NODE_MAPS);
  }
  store<u32>(node, <u32>frame, NODE_FRAME);
  store<u32>(word, FRAME_KSM | <u32>(node >> FRAME_NODE_SHIFT));
}

/** Mapped by exactly one pte and pinned by nobody. Never true of a KSM frame. */
export function frameIsExclusive(frame: usize): bool {
  return load<u32>(wordOf(frame)) == 1;
}

/** True where somebody besides page tables refers to an ordinary frame (direct I/O, a pipe, a device). */
export function frameIsPinned(frame: usize): bool {
  const word = load<u32>(wordOf(frame));
  return (word & FRAME_KSM) == 0 && (word & FRAME_PINS_MASK) != 0;
}

/** Takes an extra reference to a frame that somebody maps. A KSM frame counts it like a pte. */
export function framePin(frame: usize): void {
  if (frameIsKsm(frame)) {
    store<u32>(H_KSM_PINS, load<u32>(H_KSM_PINS) + 1);
    frameGet(frame);
  } else {
    store<u32>(wordOf(frame), load<u32>(wordOf(frame)) + FRAME_PIN);
  }
}

/** A KSM frame that only pins hold becomes an ordinary one: its node is about to be forgotten. */
export function frameLeaveKsm(frame: usize): void {
  const pins = load<u32>(frameNode(frame), NODE_MAPS);
  store<u32>(H_KSM_PINS, load<u32>(H_KSM_PINS) - pins);
  store<u32>(wordOf(frame), pins * FRAME_PIN);
}

/** Drops an extra reference. */
export function frameUnpin(frame: usize): void {
  if (frameIsKsm(frame)) {
    store<u32>(H_KSM_PINS, load<u32>(H_KSM_PINS) - 1);
    framePut(frame);
    return;
  }
  const rest = load<u32>(wordOf(frame)) - FRAME_PIN;
  store<u32>(wordOf(frame), rest);
  if (rest == 0) release(frame);
}

/** How many references `frame` has: ptes and pins, of a KSM frame or an ordinary one. */
export function frameReferences(frame: usize): u32 {
  const node = frameNode(frame);
  if (node != 0) return load<u32>(node, NODE_MAPS);
  const word = load<u32>(wordOf(frame));
  return (word & FRAME_COUNT_MASK) + (word & FRAME_PINS_MASK) / FRAME_PIN;
}

/** `target` takes over everything that is known of `frame`, which becomes free. Its ptes must point at `target` already. */
export function frameMove(frame: usize, target: usize): void {
  const node = frameNode(frame);
  if (node != 0) store<u32>(node, <u32>target, NODE_FRAME);
  store<u32>(wordOf(target), load<u32>(wordOf(frame)));
  release(frame);
}

/** True where `frame` is in somebody's use. */
export function frameIsUsed(frame: usize): bool {
  const word = load<u32>(wordOf(frame));
  return word != 0 && (word & (FRAME_KSM | FRAME_FREE)) != FRAME_FREE;
}

/** Takes the free frames with index [first, end) out of use. */
export function framesWithdraw(first: u32, end: u32): void {
  const words: usize = load<u32>(H_FRAME_WORDS);
  for (let nid: u32 = 0; nid < load<u32>(H_NID_COUNT); nid++) {
    const list: usize = H_FRAME_LISTS + nid * FRAME_LIST_BYTES;
    let link = list + FRAME_LIST_FREE;
    for (let free = load<u32>(link) & FRAME_COUNT_MASK; free != 0; free = load<u32>(link) & FRAME_COUNT_MASK) {
      const word = words + ((free - 1) << 2);
      if (free - 1 >= first && free - 1 < end) {
        store<u32>(link, (load<u32>(link) & ~FRAME_COUNT_MASK) | (load<u32>(word) & FRAME_COUNT_MASK));
        store<u32>(word, FRAME_OFFLINE);
      } else {
        link = word;
      }
    }
    withdrawFresh(list, first, end);
  }
}

/** The same for frames of one list that were never used; those before the range become ordinary free frames. */
function withdrawFresh(list: usize, first: u32, end: u32): void {
  const words: usize = load<u32>(H_FRAME_WORDS);
  const stop = min(end, load<u32>(list, FRAME_LIST_END));
  if (first >= stop) return;
  for (let index = load<u32>(list, FRAME_LIST_FRESH); index < stop; index++) {
    store<u32>(list, index + 1, FRAME_LIST_FRESH);
    if (index >= first) {
      store<u32>(words + (index << 2), FRAME_OFFLINE);
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
  if (load<u32>(node, NODE_LEN) & NODE_ORPHAN) arenaGive(H_FREE_NODES, node);
}

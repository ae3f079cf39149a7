/**
 * Physical frames: who has how many, and which are free.
 *
 * Every frame has one word (layout/words, FRAME_*): for an ordinary frame the number of ptes that map it and whether extra
 * references pin it (memory/pins), for a kept frame the record that counts (memory/kept). A frame whose last
 * reference goes is free at once.
 * Only a part of a large folio (memory/folio) is held until the folio is split or all of it is held. Frame 0 is the
 * shared zero frame: never counted, never freed, never written.
 */

import { count } from '../base/count';
import { step, stepRefuses } from '../base/step';
import { isAccessed, isConcurrent } from '../concurrent/workers';
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
  H_FRAMES_USED,
  LIMIT_FRAMES,
} from '../layout';
import { pageClear, pagesClear } from '../page/page';
import { FrameList, frameList } from '../records/free-list';
import { header } from '../records/header';
import { addressOf } from '../records/record';
import { expectFresh, expectReleased, expectUsed } from './expect';
import { folioReclaim } from './folio';
import { folioAt, folioSetAt, wordOf, wordSet } from './frame-words';
import { frameIsKept, keeperLose, keeperOf } from './kept';

/** The word of the large folio that `frame` is a part of; 0 if it is part of none. */
function folioOf(frame: u32): u32 {
  return folioAt(frame >> FOLIO_BITS);
}

function folioSet(frame: u32, held: u32): void {
  folioSetAt(frame >> FOLIO_BITS, held);
}

/** NUMA node of a frame: each node owns one run of frames. */
export function frameNid(frame: u32): u32 {
  let nid: u32 = 0;
  while (frame >= frameList(nid).end) nid++;
  return nid;
}

/**
 * A frame with one reference, from NUMA node `nid` or, if that is full, from the next that has one. 0 if none is left. Zero-filled if
 * `clear`, else its bytes are whatever they were. If memory is short, a large folio may be split; then the zero frame is mapped where a
 * zero-filled part of it was.
 */
export function frameAlloc(nid: u32, clear: bool): u32 {
  if (stepRefuses()) {
    header.limitHit = LIMIT_FRAMES;
    return 0;
  }
  const nids = header.nidCount;
  for (let tried: u32 = 0; tried < nids; tried++) {
    const frame = takeFrom(frameList(nid), clear);
    if (frame != 0) {
      count(H_FRAMES_USED, 1);
      if (!ASC_NO_ASSERT) expectFresh(frame);
      return frame;
    }
    nid = nid + 1 == nids ? 0 : nid + 1;
  }
  if (limboDrain() || folioReclaim()) return frameAlloc(nid, clear);
  header.limitHit = LIMIT_FRAMES;
  return 0;
}

function takeFrom(list: FrameList, clear: bool): u32 {
  const free = list.free;
  let frame: u32;
  if (free != 0) {
    frame = free - 1;
    if (!ASC_NO_ASSERT) assert(isFree(frame));
    list.free = wordOf(frame) & FRAME_COUNT_MASK;
    if (clear) pageClear(frame);
  } else {
    frame = list.fresh;
    if (frame == list.end) return 0;
    list.fresh = frame + 1; // memory that was never used is still zero
  }
  step();
  wordSet(frame, 1);
  step();
  list.used++;
  return frame;
}

/** Nobody refers to `frame` any more: it becomes free, or is held. */
function release(frame: u32): void {
  const folio = folioOf(frame);
  if (!ASC_NO_ASSERT) expectReleased(frame);
  if (folio == 0) {
    free(frame);
    return;
  }
  wordSet(frame, 0);
  folioSet(frame, folio - 1);
  if (!ASC_NO_ASSERT) assert(folioOf(frame) < folio && folio <= FOLIO_FRAMES);
  if (folio == 1) folioDissolve(frame);
}

/** The frame may be handed out again, but not while an access that began before the last pte went still names it. */
function free(frame: u32): void {
  if (!isConcurrent() || !isAccessed(frame, ACCESS_READ | ACCESS_WRITE)) {
    giveBack(frame);
    return;
  }
  wordSet(frame, FRAME_FREE | FRAME_LIMBO | header.limbo);
  step();
  header.limbo = frame + 1;
}

/** Frees the frames in limbo that no access names any more. False if there was none. */
export function limboDrain(): bool {
  let freed = false;
  let rest = header.limbo;
  header.limbo = 0;
  while (rest != 0) {
    const frame = rest - 1;
    rest = wordOf(frame) & FRAME_COUNT_MASK;
    const waiting = header.limbo;
    free(frame);
    if (header.limbo == waiting) freed = true;
  }
  return freed;
}

function giveBack(frame: u32): void {
  const list = frameList(frameNid(frame));
  if (!ASC_NO_ASSERT) {
    assert(!isFree(frame));
    assert(!frameIsPart(frame));
    assert(list.used > 0);
    assert(header.framesUsed > 0);
  }
  wordSet(frame, FRAME_FREE | list.free);
  step();
  list.free = frame + 1;
  step();
  list.used--;
  header.framesUsed--;
}

/**
 * True if exactly one pte maps it, nobody pins it, and no other part of its large folio is mapped more than once: fork shares a folio as a
 * whole. Never true of a kept frame.
 */
export function frameIsExclusive(frame: u32): bool {
  return wordOf(frame) == 1 && !(frameIsPart(frame) && folioIsShared(frame));
}

function folioIsShared(frame: u32): bool {
  const first = frame - folioPart(frame);
  let part: u32 = 0;
  while (part < FOLIO_FRAMES && (wordOf(first + part) & FRAME_COUNT_MASK) <= 1) part++;
  return part < FOLIO_FRAMES;
}

/** Do several ptes map an ordinary frame? */
export function frameIsShared(frame: u32): bool {
  return (wordOf(frame) & FRAME_COUNT_MASK) > 1;
}

/** True if somebody besides page tables refers to an ordinary frame (direct I/O, a pipe, a device). */
export function frameIsPinned(frame: u32): bool {
  return (wordOf(frame) & (FRAME_KEPT | FRAME_FREE | FRAME_PINNED)) == FRAME_PINNED;
}

/** The first extra reference to an ordinary frame has come, or (`on` false) the last one goes. It is still counted in memory/pins. */
export function framePinned(frame: u32, on: bool): void {
  if (!ASC_NO_ASSERT) assert(!frameIsKept(frame));
  const word = wordOf(frame) & ~FRAME_PINNED;
  wordSet(frame, on ? word | FRAME_PINNED : word);
}

/** An ordinary frame has lost its last extra reference. */
export function frameUnpinned(frame: u32): void {
  if (wordOf(frame) == 0) release(frame);
}

/** How many ptes map `frame`; of a kept frame, how many references it has, extra ones included. */
export function frameCount(frame: u32): u32 {
  const keeper = keeperOf(frame);
  return keeper ? keeper.maps : wordOf(frame) & FRAME_COUNT_MASK;
}

/** `target` takes over everything that is known of `frame`, which becomes free. Its ptes must point at `target` already. */
export function frameMove(frame: u32, target: u32): void {
  const keeper = keeperOf(frame);
  if (!ASC_NO_ASSERT) expectFresh(target);
  if (keeper) keeper.frame = target;
  wordSet(target, wordOf(frame));
  if (!ASC_NO_ASSERT) expectUsed(target);
  release(frame);
}

/** True if somebody refers to `frame`. */
export function frameIsUsed(frame: u32): bool {
  const word = wordOf(frame);
  return word != 0 && (word & (FRAME_KEPT | FRAME_FREE)) != FRAME_FREE;
}

/** Takes the free frames [first, end) out of use. */
export function framesWithdraw(first: u32, end: u32): void {
  for (let nid: u32 = 0; nid < header.nidCount; nid++) {
    withdraw(frameList(nid), first, end, FRAME_OFFLINE);
  }
}

/** Takes the free frames [first, end) out of one list; their word is `word` then. */
function withdraw(list: FrameList, first: u32, end: u32, word: u32): void {
  const words: usize = header.frameWords;
  let left = min(end, list.fresh) - min(first, list.fresh);
  let link: usize = addressOf(list) + offsetof<FrameList>('free');
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
function withdrawFresh(list: FrameList, first: u32, end: u32, word: u32): void {
  const stop = min(end, list.end);
  if (first >= stop) return;
  for (let index = list.fresh; index < stop; index++) {
    list.fresh = index + 1;
    if (index >= first) {
      wordSet(index, word);
    } else {
      wordSet(index, FRAME_FREE | list.free);
      list.free = index + 1;
    }
  }
}

/** Brings the frames [first, end) that are out of use back. */
export function framesReturn(first: u32, end: u32): void {
  for (let index = first; index < end; index++) {
    if (wordOf(index) != FRAME_OFFLINE) continue;
    const list = frameList(frameNid(index));
    wordSet(index, FRAME_FREE | list.free);
    list.free = index + 1;
  }
}

/** One more pte maps `frame`. */
export function frameGet(frame: u32): void {
  if (!ASC_NO_ASSERT) expectUsed(frame);
  const keeper = keeperOf(frame);
  if (keeper) keeper.maps++;
  else wordSet(frame, wordOf(frame) + 1);
}

/** One pte less maps `frame`, which must not be the zero frame. */
export function framePut(frame: u32): void {
  if (!ASC_NO_ASSERT) expectUsed(frame);
  const keeper = keeperOf(frame);
  if (keeper) {
    if (!ASC_NO_ASSERT) assert(keeper.maps > 0);
    if (--keeper.maps != 0) return;
    keeperLose(keeper);
    release(frame);
    return;
  }
  if (!ASC_NO_ASSERT) assert((wordOf(frame) & FRAME_COUNT_MASK) > 0);
  const references = wordOf(frame) - 1;
  if (references == 0) release(frame);
  else wordSet(frame, references);
}

/**
 * A large folio: zero-filled frames in a row, with one reference each, from NUMA node `nid` or the next that has so many. The number of the
 * first; 0 if none is left.
 */
export function folioAlloc(nid: u32): u32 {
  const nids = header.nidCount;
  for (let tried: u32 = 0; tried < nids; tried++) {
    const first = freeRun(nid);
    if (first != 0) return takeRun(frameList(nid), first);
    nid = nid + 1 == nids ? 0 : nid + 1;
  }
  return 0;
}

/** The first frame of a run of NUMA node `nid` that is all free; 0 if there is none. */
function freeRun(nid: u32): u32 {
  const list = frameList(nid);
  const start = nid == 0 ? 1 : frameList(nid - 1).end;
  const end = list.end;
  let first: u32 = (start + FOLIO_FRAMES - 1) & ~(FOLIO_FRAMES - 1);
  for (; first + FOLIO_FRAMES <= end; first += FOLIO_FRAMES) {
    const stop = min(first + FOLIO_FRAMES, list.fresh);
    let index = first;
    while (index < stop && isFree(index)) index++;
    if (index >= stop) return first;
  }
  return 0;
}

function isFree(index: u32): bool {
  const word = wordOf(index);
  return (word & (FRAME_KEPT | FRAME_FREE | FRAME_LIMBO)) == FRAME_FREE;
}

function takeRun(list: FrameList, first: u32): u32 {
  const fresh = max(first, min(first + FOLIO_FRAMES, list.fresh));
  withdraw(list, first, first + FOLIO_FRAMES, 1);
  pagesClear(first, fresh - first); // what lies behind was never used and is still zero
  list.used += FOLIO_FRAMES;
  count(H_FRAMES_USED, FOLIO_FRAMES);
  folioSet(first, FOLIO_FRAMES);
  if (!ASC_NO_ASSERT) expectFresh(first);
  return first;
}

/** True if `frame` is a part of a large folio. */
export function frameIsPart(frame: u32): bool {
  return folioOf(frame) != 0;
}

/** Which part of its large folio `frame` is. */
export function folioPart(frame: u32): u32 {
  return frame & (FOLIO_FRAMES - 1);
}

/** The parts of the large folio that `frame` belongs to become single frames, and those that were held are free. */
export function folioDissolve(frame: u32): void {
  folioSet(frame, 0);
  const first = frame - folioPart(frame);
  for (let part: u32 = 0; part < FOLIO_FRAMES; part++) {
    if (wordOf(first + part) == 0) free(first + part);
  }
}

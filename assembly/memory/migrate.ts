/**
 * Frames on the move: to another NUMA node, and out of use. A move changes every pte of the frame and nothing that a guest can
 * see. There is no list of a frame's ptes, so a move looks at all of them: these are rare, administrative calls.
 */

import { isConcurrent } from '../concurrent/workers';
import {
  EAGAIN,
  EBUSY,
  ENOMEM,
  FRAME_OFFLINE,
  FREE_FRESH,
  H_FRAME_WORDS,
  H_FRAMES,
  H_FREE_LEAVES,
  H_MERGE_ACROSS_NODES,
  PAGE_SHIFT,
  PAGE_SIZE,
  PTE_FRAME,
  PTE_MERGED,
  PTE_PRESENT,
  TABLE_BITS,
} from '../layout';
import { folioSplit } from './folio';
import {
  frameAlloc,
  frameIsUsed,
  frameMove,
  frameNid,
  framePut,
  framesReturn,
  framesWithdraw,
  limboDrain,
  zeroFrame,
} from './frames';
import { frameReferences } from './pins';
import { writeProtectPatiently } from './protect';
import { pteOf, pteSet } from './tables';

/** One past the last entry that was ever used. */
function entriesEnd(): u32 {
  return load<u32>(H_FREE_LEAVES, FREE_FRESH) << TABLE_BITS;
}

function mapsFrame(entry: u32, frame: usize): bool {
  return (pteOf(entry) & PTE_PRESENT) != 0 && (pteOf(entry) & PTE_FRAME) == frame;
}

/** How many ptes map `frame`, found by looking at all of them. */
export function frameMappings(frame: usize): u32 {
  let mapped: u32 = 0;
  for (let entry: u32 = 1 << TABLE_BITS, end = entriesEnd(); entry < end; entry++) {
    if (mapsFrame(entry, frame)) mapped++;
  }
  return mapped;
}

/** Nobody writes to `frame` any more, until faults allow it anew. False where somebody does not stop. */
function protectMappings(frame: usize): bool {
  for (let entry: u32 = 1 << TABLE_BITS, end = entriesEnd(); entry < end; entry++) {
    if (mapsFrame(entry, frame) && !writeProtectPatiently(entry, frame)) return false;
  }
  return true;
}

/**
 * Moves what is in `frame` to a frame of NUMA node `nid`, splitting the large folio that it is a part of. Returns the new
 * frame, or an errno: then `frame` was not moved.
 */
export function migrateFrame(frame: usize, nid: u32): usize {
  if (frame == zeroFrame() || !folioSplit(frame, 0)) return EAGAIN;
  if (!frameIsUsed(frame) || frameMappings(frame) != frameReferences(frame)) return EAGAIN;
  const target = frameAlloc(nid, false);
  if (target == 0) return ENOMEM;
  if (isConcurrent() && !protectMappings(frame)) {
    framePut(target);
    return EAGAIN;
  }
  memory.copy(target, frame, PAGE_SIZE);
  // Where trees are apart for each NUMA node, a merged page that changes sides has to be looked at again.
  const unsettled = !load<u32>(H_MERGE_ACROSS_NODES) && frameNid(target) != frameNid(frame) ? PTE_MERGED : 0;
  for (let entry: u32 = 1 << TABLE_BITS, end = entriesEnd(); entry < end; entry++) {
    if (!mapsFrame(entry, frame)) continue;
    pteSet(entry, (pteOf(entry) & ~PTE_FRAME & ~unsettled) | <u32>target);
  }
  frameMove(frame, target);
  return target;
}

/**
 * Takes the frames with index [first, end), which are there and not the zero frame, out of use, moving what is in them elsewhere.
 * EBUSY if something cannot be moved: then all of them stay in use, though some contents may have moved.
 */
export function offlineFrames(first: u32, end: u32): u32 {
  const frames: usize = load<u32>(H_FRAMES);
  for (let index = first; index < end; index++) {
    if (!folioSplit(frames + ((<usize>index) << PAGE_SHIFT), 0)) return EBUSY;
  }
  limboDrain();
  framesWithdraw(first, end);
  let moved = true;
  for (let index = first; moved && index < end; index++) {
    const frame = frames + ((<usize>index) << PAGE_SHIFT);
    if (!frameIsUsed(frame)) continue;
    moved = migrateFrame(frame, frameNid(frame)) >= PAGE_SIZE;
    framesWithdraw(index, index + 1); // before another of them is moved there
  }
  if (moved && framesAreOffline(first, end)) return 0;
  framesReturn(first, end);
  return EBUSY;
}

/** Not so where one of them is in limbo: somebody still reads it. */
function framesAreOffline(first: u32, end: u32): bool {
  const words: usize = load<u32>(H_FRAME_WORDS);
  while (first < end && load<u32>(words + (first << 2)) == FRAME_OFFLINE) first++;
  return first == end;
}

/** Brings frames back that offlineFrames took away. */
export function onlineFrames(first: u32, end: u32): void {
  framesReturn(first, end);
}

/**
 * Frames on the move: to another NUMA node, and out of use. A move changes every pte of the frame and nothing that a guest can
 * see. There is no list of a frame's ptes, so a move looks at all ptes: these are rare, administrative calls.
 */

import { setting } from '../base/count';
import { isError } from '../base/error';
import { isConcurrent } from '../concurrent/workers';
import {
  EAGAIN,
  EBUSY,
  ENOMEM,
  FRAME_OFFLINE,
  H_MERGE_ACROSS_NODES,
  PTE_MERGED,
  TABLE_BITS,
  ZERO_FRAME,
} from '../layout';
import { pageCopy } from '../page/page';
import { freeLeaves } from '../records/free-list';
import { folioSplit } from './folio';
import { wordOf } from './frame-words';
import {
  frameAlloc,
  frameIsUsed,
  frameMove,
  frameNid,
  framePut,
  framesReturn,
  framesWithdraw,
  limboDrain,
} from './frames';
import { frameReferences } from './pins';
import { writeProtectPatiently } from './protect';
import { mapsFrame, pteWithFrame } from './pte';
import { pteOf, pteSet } from './tables';

/** One past the last entry that was ever used. */
function entriesEnd(): u32 {
  return freeLeaves.fresh << TABLE_BITS;
}

/** How many ptes map `frame`, found by looking at all of them. */
export function frameMappings(frame: u32): u32 {
  let mapped: u32 = 0;
  for (let entry: u32 = 1 << TABLE_BITS, end = entriesEnd(); entry < end; entry++) {
    if (mapsFrame(pteOf(entry), frame)) mapped++;
  }
  return mapped;
}

/** Nobody writes to `frame` any more, until faults allow it anew. False if somebody does not stop. */
function protectMappings(frame: u32): bool {
  for (let entry: u32 = 1 << TABLE_BITS, end = entriesEnd(); entry < end; entry++) {
    if (mapsFrame(pteOf(entry), frame) && !writeProtectPatiently(entry, frame)) return false;
  }
  return true;
}

/**
 * Moves what is in `frame` to a frame of NUMA node `nid`, splitting the large folio that it is a part of. Returns the new
 * frame, or -errno: then `frame` was not moved.
 */
export function migrateFrame(frame: u32, nid: u32): u32 {
  if (frame == ZERO_FRAME || !folioSplit(frame, 0)) return -EAGAIN;
  if (!frameIsUsed(frame) || frameMappings(frame) != frameReferences(frame)) return -EAGAIN;
  const target = frameAlloc(nid, false);
  if (target == 0) return -ENOMEM;
  if (isConcurrent() && !protectMappings(frame)) {
    framePut(target);
    return -EAGAIN;
  }
  pageCopy(target, frame);
  // If each NUMA node has trees of its own, a merged page that changes nodes has to be looked at again.
  const unsettled = !setting(H_MERGE_ACROSS_NODES) && frameNid(target) != frameNid(frame) ? PTE_MERGED : 0;
  for (let entry: u32 = 1 << TABLE_BITS, end = entriesEnd(); entry < end; entry++) {
    const pte = pteOf(entry);
    if (mapsFrame(pte, frame)) pteSet(entry, pteWithFrame(pte & ~unsettled, target));
  }
  frameMove(frame, target);
  return target;
}

/**
 * Takes the frames [first, end), which are there and not the zero frame, out of use, moving what is in them elsewhere.
 * -EBUSY if something cannot be moved: then all of them stay in use, though some contents may have moved.
 */
export function offlineFrames(first: u32, end: u32): u32 {
  for (let frame = first; frame < end; frame++) {
    if (!folioSplit(frame, 0)) return -EBUSY;
  }
  limboDrain();
  framesWithdraw(first, end);
  let moved = true;
  for (let frame = first; moved && frame < end; frame++) {
    if (!frameIsUsed(frame)) continue;
    moved = !isError(migrateFrame(frame, frameNid(frame)));
    framesWithdraw(frame, frame + 1); // before another of them is moved there
  }
  if (moved && framesAreOffline(first, end)) return 0;
  framesReturn(first, end);
  return -EBUSY;
}

/** False if one of them is in limbo, because somebody still reads it. */
function framesAreOffline(first: u32, end: u32): bool {
  while (first < end && wordOf(first) == FRAME_OFFLINE) first++;
  return first == end;
}

/** Brings frames back that offlineFrames took away. */
export function onlineFrames(first: u32, end: u32): void {
  framesReturn(first, end);
}

/**
 * Large folios: 512 frames in a row that came with one fault (memory/fault) and stay one folio, whatever happens to the ptes
 * that map its parts. fork, mprotect and partial unmapping leave it large; only a split makes single frames of its parts.
 *
 * A split maps zero-filled parts to the shared zero frame, as in Linux, and KSM takes no credit for that. There is no list of a
 * frame's ptes, but part k is mapped by entry k of a leaf, so that a search looks at one entry a leaf.
 */

import { isConcurrent } from '../concurrent/workers';
import { FOLIO_BITS, FOLIO_FRAMES, TABLE_BITS, TABLE_ENTRIES, VM_LOCKED, ZERO_FRAME } from '../layout';
import { isZeroPage } from '../page/page';
import { freeLeaves } from '../records/free-list';
import { header } from '../records/header';
import { folioAt } from './frame-words';
import { folioDissolve, folioPart, frameIsPart, frameIsPinned, frameIsUsed, framePut } from './frames';
import { frameReferences } from './pins';
import { writeProtect } from './protect';
import { mapsFrame, pteTo, rightsKept } from './pte';
import { entryMm, entryPage, pteOf, pteSet } from './tables';
import { vmaFind } from './vmas';

/** Part `part` of the large folio that `frame` belongs to. */
function partOf(frame: u32, part: u32): u32 {
  return frame - folioPart(frame) + part;
}

/** Are both frames parts of one large folio? */
export function isSameFolio(frame: u32, other: u32): bool {
  return frameIsPart(frame) && frame >> FOLIO_BITS == other >> FOLIO_BITS;
}

/**
 * Splits the large folio that `frame` is a part of, if it is one. False, and nothing done, if a part is pinned. `near` says where to look
 * first: an entry of the leaf in which most of the folio is mapped, or 0. Zero-filled parts are unmapped, `frame` too.
 */
export function folioSplit(frame: u32, near: u32): bool {
  if (!frameIsPart(frame)) return true;
  for (let part: u32 = 0; part < FOLIO_FRAMES; part++) {
    if (frameIsPinned(partOf(frame, part))) return false;
  }
  folioDissolve(frame);
  if (!ASC_NO_ASSERT) assert(!frameIsPart(frame));
  for (let part: u32 = 0; part < FOLIO_FRAMES; part++) {
    const single = partOf(frame, part);
    if (frameIsUsed(single) && isZeroPage(single)) zeroMap(single, (near & ~(FOLIO_FRAMES - 1)) | part);
  }
  return true;
}

/** Maps the zero frame wherever the zero-filled `frame` is mapped. Looks at entry `near` first. */
function zeroMap(frame: u32, near: u32): void {
  const end = freeLeaves.fresh << TABLE_BITS;
  let left = frameReferences(frame);
  if (zeroMapAt(frame, near)) left--;
  for (let entry = TABLE_ENTRIES | folioPart(frame); left != 0 && entry < end; entry += FOLIO_FRAMES) {
    if (entry != near && zeroMapAt(frame, entry)) left--;
  }
}

/** The same for one entry. False if it does not map `frame`. A locked page stays mapped. */
function zeroMapAt(frame: u32, entry: u32): bool {
  const pte = pteOf(entry);
  if (!mapsFrame(pte, frame)) return false;
  if (vmaFind(entryMm(entry), entryPage(entry)).flags & VM_LOCKED) return true;
  if (!writeProtect(entry, frame)) return true;
  if (isConcurrent() && !isZeroPage(frame)) {
    pteSet(entry, pte); // written just now
    return true;
  }
  pteSet(entry, pteTo(ZERO_FRAME, rightsKept(pte)));
  framePut(frame);
  return true;
}

/** Splits a large folio of which a part is held, so that there are free frames again. False if there is none. */
export function folioReclaim(): bool {
  for (let folio: u32 = 0; folio < header.frameLimit >> FOLIO_BITS; folio++) {
    const word = folioAt(folio);
    if (word == 0 || word == FOLIO_FRAMES) continue;
    if (folioSplit(folio << FOLIO_BITS, 0)) return true;
  }
  return false;
}

/**
 * Mapping ranges of an mm: an ordered tree of vmas, split where a call changes only a part, merged again where
 * neighbours have become alike.
 *
 * This file knows ranges and flags only; what happens to the pages in a range is its callers' business.
 */

import {
  H_FREE_VMAS,
  H_LIMIT_HIT,
  H_VMA_LIMIT,
  H_VMAS,
  LIMIT_NONE,
  LIMIT_VMAS,
  MM_REFS,
  MM_VMA_CACHE,
  MM_VMA_COUNT,
  MM_VMAS,
  RB_LEFT,
  RB_RIGHT,
  VM_ANON,
  VMA_BYTES,
  VMA_END,
  VMA_FLAGS,
  VMA_MM,
  VMA_OBJECT,
  VMA_OBJECT_PAGE,
  VMA_START,
} from '../layout';
import { step, stepRefuses } from '../step';
import { rbErase, rbFirst, rbInsert, rbNext } from '../tree/rb';
import { arenaGive, arenaRoom, arenaTake } from './arena';

export function vmaStart(vma: usize): u32 {
  return load<u32>(vma, VMA_START);
}

/** One past the last page. */
export function vmaEnd(vma: usize): u32 {
  return load<u32>(vma, VMA_END);
}

export function vmaFlags(vma: usize): u32 {
  return load<u32>(vma, VMA_FLAGS);
}

/** The vma that holds `page`, or the first one above it, or 0. */
export function vmaAtOrAbove(mm: usize, page: u32): usize {
  const cached: usize = load<u32>(mm, MM_VMA_CACHE);
  if (cached != 0 && page - vmaStart(cached) < vmaEnd(cached) - vmaStart(cached)) return cached;
  let found: usize = 0;
  let node: usize = load<u32>(mm, MM_VMAS);
  while (node != 0) {
    if (vmaEnd(node) > page) {
      found = node;
      if (vmaStart(node) <= page) break;
      node = load<u32>(node, RB_LEFT);
    } else {
      node = load<u32>(node, RB_RIGHT);
    }
  }
  if (found != 0) store<u32>(mm, <u32>found, MM_VMA_CACHE);
  return found;
}

/** The vma that holds `page`, or 0. */
export function vmaFind(mm: usize, page: u32): usize {
  const vma = vmaAtOrAbove(mm, page);
  return vma != 0 && vmaStart(vma) <= page ? vma : 0;
}

export function vmaFirst(mm: usize): usize {
  return rbFirst(mm + MM_VMAS);
}

export function vmaNext(vma: usize): usize {
  return rbNext(vma);
}

/** True if `count` more vmas can be made; else notes the limit. */
export function vmaRoom(count: u32): bool {
  if (count == 0) return true;
  if (!stepRefuses() && arenaRoom(H_FREE_VMAS, load<u32>(H_VMA_LIMIT)) >= count) return true;
  store<u32>(H_LIMIT_HIT, LIMIT_VMAS);
  return false;
}

/**
 * True if the two splits that a call on part of a mapping may need are possible; else notes the limit. Asked before
 * anything is changed, so that nothing is half-done.
 */
export function vmaSplitRoom(mm: usize, start: u32, end: u32): bool {
  return vmaRoom(<u32>cutsInside(mm, start) + <u32>cutsInside(mm, end));
}

function cutsInside(mm: usize, page: u32): bool {
  const vma = vmaFind(mm, page);
  return vma != 0 && vmaStart(vma) != page;
}

/** Hangs a filled-in record into the tree; no other may start where it does. */
export function vmaLink(mm: usize, vma: usize): void {
  const start = vmaStart(vma);
  let parent: usize = 0;
  let at: usize = mm + MM_VMAS;
  for (let node: usize = load<u32>(at); node != 0; node = load<u32>(at)) {
    parent = node;
    at = node + (start < vmaStart(node) ? RB_LEFT : RB_RIGHT);
  }
  rbInsert(vma, parent, at);
  store<u32>(mm, load<u32>(mm, MM_VMA_COUNT) + 1, MM_VMA_COUNT);
}

/** A new vma over a free range. `object` is 0 or the shared object behind it. 0 where the arena is full. */
export function vmaInsert(mm: usize, start: u32, end: u32, flags: u32, object: usize, objectPage: u32): usize {
  const vma = arenaTake(H_FREE_VMAS, load<u32>(H_VMAS), VMA_BYTES, load<u32>(H_VMA_LIMIT), LIMIT_VMAS);
  if (vma == 0) return 0;
  store<u32>(vma, start, VMA_START);
  store<u32>(vma, end, VMA_END);
  store<u32>(vma, flags, VMA_FLAGS);
  store<u32>(vma, <u32>object, VMA_OBJECT);
  store<u32>(vma, objectPage, VMA_OBJECT_PAGE);
  if (object != 0) store<u32>(object, load<u32>(object, MM_REFS) + 1, MM_REFS);
  vmaLink(mm, vma);
  store<u32>(vma, <u32>mm, VMA_MM);
  return vma;
}

/** Takes a vma away. Returns the shared object that nobody maps any more, or 0. */
export function vmaRemove(mm: usize, vma: usize): usize {
  const object: usize = load<u32>(vma, VMA_OBJECT);
  store<u32>(vma, 0, VMA_MM);
  rbErase(vma);
  store<u32>(mm, 0, MM_VMA_CACHE);
  arenaGive(H_FREE_VMAS, vma);
  store<u32>(mm, load<u32>(mm, MM_VMA_COUNT) - 1, MM_VMA_COUNT);
  if (object == 0) return 0;
  const references = load<u32>(object, MM_REFS) - 1;
  store<u32>(object, references, MM_REFS);
  return references == 0 ? object : 0;
}

/** Makes `page` a border between vmas where it lies inside one. There must be room (vmaSplitRoom). */
export function vmaSplit(mm: usize, page: u32): void {
  const vma = vmaFind(mm, page);
  if (vma == 0 || vmaStart(vma) == page) return;
  const end = vmaEnd(vma);
  const objectPage = load<u32>(vma, VMA_OBJECT_PAGE) + (page - vmaStart(vma));
  vmaInsert(mm, page, end, vmaFlags(vma), load<u32>(vma, VMA_OBJECT), objectPage);
  step();
  store<u32>(vma, page, VMA_END); // last, so that a death in between leaves no page without a vma
}

/** Changes flags of one vma: those of `clear` off, those of `set` on. */
export function vmaChange(vma: usize, clear: u32, set: u32): void {
  store<u32>(vma, (vmaFlags(vma) & ~clear) | set, VMA_FLAGS);
}

function alike(low: usize, high: usize): bool {
  if (vmaEnd(low) != vmaStart(high) || ((vmaFlags(low) ^ vmaFlags(high)) & ~VM_ANON) != 0) return false;
  const object = load<u32>(low, VMA_OBJECT);
  if (object != load<u32>(high, VMA_OBJECT)) return false;
  const pages = vmaEnd(low) - vmaStart(low);
  return object == 0 || load<u32>(low, VMA_OBJECT_PAGE) + pages == load<u32>(high, VMA_OBJECT_PAGE);
}

/** Merges alike neighbours from the vma before `start` to the one behind `end`. */
export function vmaMergeAround(mm: usize, start: u32, end: u32): void {
  let vma = vmaAtOrAbove(mm, start == 0 ? 0 : start - 1);
  while (vma != 0 && vmaStart(vma) <= end) {
    const next = vmaNext(vma);
    if (next == 0) return;
    if (!alike(vma, next)) {
      vma = next;
      continue;
    }
    const nextEnd = vmaEnd(next);
    vmaChange(vma, 0, vmaFlags(next) & VM_ANON);
    store<u32>(vma, nextEnd, VMA_END); // first, so that a death in between leaves no page without a vma
    step();
    vmaRemove(mm, next);
  }
}

/** Start of the lowest free range of `pages` pages at or above page 1, or 0 where none is below `limit`. */
export function vmaGap(mm: usize, pages: u32, limit: u32): u32 {
  let start: u32 = 1;
  for (let vma = vmaFirst(mm); vma != 0; vma = vmaNext(vma)) {
    if (vmaStart(vma) >= start + pages) return start;
    if (vmaEnd(vma) > start) start = vmaEnd(vma);
  }
  return start + pages <= limit ? start : 0;
}

/** True if [start, end) holds a page that is in no vma. */
export function vmaHasHole(mm: usize, start: u32, end: u32): bool {
  while (start < end) {
    const vma = vmaFind(mm, start);
    if (vma == 0) return true;
    start = vmaEnd(vma);
  }
  return false;
}

/** Forgets which limit was hit, at the start of a call that may hit one. */
export function limitForget(): void {
  store<u32>(H_LIMIT_HIT, LIMIT_NONE);
}

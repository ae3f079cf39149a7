/**
 * Mapping ranges of an mm: an ordered tree of vmas, split where a call changes only a part, merged again where
 * neighbours have become alike.
 *
 * This file knows ranges and flags only; what happens to the pages in a range is its callers' business.
 */

import { arenaGive, arenaRoom, arenaTake } from '../base/arena';
import { rbAt, rbErase, rbFirst, rbInsert, rbLink, rbNext } from '../base/rb';
import { step, stepRefuses } from '../base/step';
import { isLocked } from '../concurrent/lock';
import { LIMIT_NONE, LIMIT_VMAS, MM_PAGES, VM_ANON, VMA_BYTES } from '../layout';
import { freeVmas } from '../records/free-list';
import { header } from '../records/header';
import { Mm, Vma } from '../records/mm';
import { addressOf, none, recordAt } from '../records/record';

/** The vma that holds `page`, or the first one above it, or none. */
export function vmaAtOrAbove(mm: Mm, page: u32): Vma {
  const cached = mm.vmaCache;
  if (cached && page - cached.start < cached.end - cached.start) return cached;
  let found = none<Vma>();
  let node = mm.vmas;
  while (node) {
    if (node.end > page) {
      found = node;
      if (node.start <= page) break;
      node = changetype<Vma>(node.left);
    } else {
      node = changetype<Vma>(node.right);
    }
  }
  if (found) mm.vmaCache = found;
  return found;
}

/** The vma that holds `page`, or none. */
export function vmaFind(mm: Mm, page: u32): Vma {
  const vma = vmaAtOrAbove(mm, page);
  return vma && vma.start <= page ? vma : none<Vma>();
}

/** Root slot of the tree. */
function vmaSlot(mm: Mm): usize {
  return addressOf(mm) + offsetof<Mm>('vmas');
}

export function vmaFirst(mm: Mm): Vma {
  return changetype<Vma>(rbFirst(vmaSlot(mm)));
}

export function vmaNext(vma: Vma): Vma {
  return changetype<Vma>(rbNext(vma));
}

/** True if `count` more vmas can be made; else notes the limit. */
export function vmaRoom(count: u32): bool {
  if (count == 0) return true;
  if (!stepRefuses() && arenaRoom(freeVmas, header.vmaLimit) >= count) return true;
  header.limitHit = LIMIT_VMAS;
  return false;
}

/**
 * True if the two splits that a call on part of a mapping may need are possible; else notes the limit. Asked before
 * anything is changed, so that nothing is half-done.
 */
export function vmaSplitRoom(mm: Mm, start: u32, end: u32): bool {
  return vmaRoom(<u32>cutsInside(mm, start) + <u32>cutsInside(mm, end));
}

function cutsInside(mm: Mm, page: u32): bool {
  const vma = vmaFind(mm, page);
  return vma ? vma.start != page : false;
}

/** Hangs a filled-in record into the tree; no other may start where it does. */
export function vmaLink(mm: Mm, vma: Vma): void {
  const start = vma.start;
  let parent = none<Vma>();
  let link = vmaSlot(mm);
  for (let node = rbAt<Vma>(link); node; node = rbAt<Vma>(link)) {
    parent = node;
    link = rbLink(node, start < node.start);
  }
  rbInsert(vma, parent, link);
  mm.vmaCount++;
}

/**
 * A new vma over a free range. `object` is none, or the shared object behind it. `domain`: the number of its own, plus one, or 0.
 * None if the arena is full.
 */
export function vmaInsert(mm: Mm, start: u32, end: u32, flags: u32, object: Mm, objectPage: u32, domain: u32): Vma {
  const vma = recordAt<Vma>(arenaTake(freeVmas, header.vmas, VMA_BYTES, header.vmaLimit, LIMIT_VMAS));
  if (!vma) return vma;
  vma.start = start;
  vma.end = end;
  vma.flags = flags;
  vma.object = object;
  vma.objectPage = objectPage;
  vma.domain = domain;
  if (object) object.refs++;
  vmaLink(mm, vma);
  vma.mm = mm;
  if (!ASC_NO_ASSERT) expectVma(mm, vma);
  return vma;
}

/** The vma is one of `mm`, not empty, and ends before the next begins. */
function expectVma(mm: Mm, vma: Vma): void {
  const next = vmaNext(vma);
  assert(isLocked());
  assert(vma.mm == mm);
  assert(mm.vmaCount > 0);
  assert(vma.start < vma.end);
  assert(vma.end <= MM_PAGES);
  assert(!next || next.start >= vma.end);
  assert(!vma.object || vma.object.refs > 0);
}

/** Takes a vma away. Returns the shared object that nobody maps any more, or none. */
export function vmaRemove(mm: Mm, vma: Vma): Mm {
  const object = vma.object;
  if (!ASC_NO_ASSERT) {
    assert(vma.mm == mm);
    assert(mm.vmaCount > 0);
    assert(!object || object.refs > 0);
  }
  vma.mm = none<Mm>();
  rbErase(vma);
  mm.vmaCache = none<Vma>();
  arenaGive(freeVmas, vma);
  mm.vmaCount--;
  if (!object) return object;
  object.refs--;
  return object.refs == 0 ? object : none<Mm>();
}

/** Makes `page` a border between vmas if it lies inside one. There must be room (vmaSplitRoom). */
export function vmaSplit(mm: Mm, page: u32): void {
  const vma = vmaFind(mm, page);
  if (!vma || vma.start == page) return;
  const end = vma.end;
  const objectPage = vma.objectPage + (page - vma.start);
  vmaInsert(mm, page, end, vma.flags, vma.object, objectPage, vma.domain);
  step();
  vma.end = page; // last, so that a death in between leaves no page without a vma
  if (!ASC_NO_ASSERT) {
    expectVma(mm, vma);
    assert(vmaNext(vma).start == page);
    assert(vmaNext(vma).end == end);
    assert(vmaNext(vma).domain == vma.domain);
  }
}

/** Changes flags of one vma: those of `clear` off, those of `set` on. */
export function vmaChange(vma: Vma, clear: u32, set: u32): void {
  vma.flags = (vma.flags & ~clear) | set;
}

function alike(low: Vma, high: Vma): bool {
  if (low.end != high.start || ((low.flags ^ high.flags) & ~VM_ANON) != 0) return false;
  const object = low.object;
  if (object != high.object || low.domain != high.domain) return false;
  const pages = low.end - low.start;
  return !object || low.objectPage + pages == high.objectPage;
}

/** Merges alike neighbours from the vma before `start` to the one behind `end`. */
export function vmaMergeAround(mm: Mm, start: u32, end: u32): void {
  let vma = vmaAtOrAbove(mm, start == 0 ? 0 : start - 1);
  while (vma && vma.start <= end) {
    const next = vmaNext(vma);
    if (!next) return;
    if (!alike(vma, next)) {
      vma = next;
      continue;
    }
    const nextEnd = next.end;
    vmaChange(vma, 0, next.flags & VM_ANON);
    vma.end = nextEnd; // first, so that a death in between leaves no page without a vma
    step();
    vmaRemove(mm, next);
    if (!ASC_NO_ASSERT) expectVma(mm, vma);
  }
}

/** Start of the lowest free range of `pages` pages at or above page 1, or 0 if none is below `limit`. */
export function vmaGap(mm: Mm, pages: u32, limit: u32): u32 {
  let start: u32 = 1;
  for (let vma = vmaFirst(mm); vma; vma = vmaNext(vma)) {
    if (vma.start >= start + pages) return start;
    if (vma.end > start) start = vma.end;
  }
  return start + pages <= limit ? start : 0;
}

/** True if [start, end) holds a page that is in no vma. */
export function vmaHasHole(mm: Mm, start: u32, end: u32): bool {
  while (start < end) {
    const vma = vmaFind(mm, start);
    if (!vma) return true;
    start = vma.end;
  }
  return false;
}

/** Forgets which limit was hit, at the start of a call that may hit one. */
export function limitForget(): void {
  header.limitHit = LIMIT_NONE;
}

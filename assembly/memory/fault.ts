/**
 * Page faults: what happens when a guest reads or writes a page, when it gets a frame of its own again, and when a pte goes.
 *
 * The rules are Linux's for anonymous memory: an untouched page reads as the shared zero frame and gets a frame of its own
 * at the first write; a write to a frame that is kept, held by others or mapped more than once goes to a copy; a frame that only
 * this pte maps is written in place. A kept frame is never written in place, not even by its last user.
 *
 * Functions that can fail return -errno in place of a frame (base/error).
 */

import { isError } from '../base/error';
import { step } from '../base/step';
import { isAccessed, isConcurrent } from '../concurrent/workers';
import {
  ACCESS_READ,
  ACCESS_WRITE,
  EFAULT,
  ENOMEM,
  FAULT_AROUND_PAGES,
  PTE_DIRTY,
  PTE_READ_ONLY,
  PTE_SHARED,
  PTE_WRITABLE,
  TABLE_ENTRIES,
  VM_ANON,
  VM_FILE,
  VM_HUGEPAGE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  ZERO_FRAME,
} from '../layout';
import { pageCopy } from '../page/page';
import { Mm, Vma } from '../records/mm';
import { expectEntryOf, expectFresh } from './expect';
import { folioAlloc, frameAlloc, frameGet, frameIsExclusive, framePut } from './frames';
import { frameIsKept } from './kept';
import { countKeptCopy, countMergedZero } from './merged';
import { isDmaPinned } from './pins';
import {
  frameOfPte,
  isDenied,
  isDirty,
  isMergedZero,
  isPresent,
  isShared,
  isWritable,
  mapsZero,
  pteReadable,
  pteTo,
  rightsKept,
} from './pte';
import { entryFind, entryMake, entryMm, leafDrop, leafHold, pteOf, pteSet } from './tables';
import { vmaChange, vmaFind } from './vmas';

/** The frame that a read of `page` sees, or -errno. */
export function readFault(mm: Mm, page: u32): u32 {
  const vma = vmaFind(mm, page);
  if (!vma || (vma.flags & VM_READ) == 0) return -EFAULT;
  const entry = entryFind(mm, page);
  const pte = entry == 0 ? 0 : pteOf(entry);
  if (isDenied(pte)) pteSet(entry, pteReadable(pte));
  if (isPresent(pte)) return frameOfPte(pte);
  if (vma.flags & (VM_SHARED | VM_FILE)) {
    mapAround(mm, page, vma);
    return mapObject(mm, page, vma);
  }
  const made = entryMake(mm, page);
  if (made == 0) return -ENOMEM;
  leafHold(made);
  pteSet(made, pteTo(ZERO_FRAME, PTE_READ_ONLY));
  return ZERO_FRAME;
}

/** The frame that a write to `page` may go to, or -errno; after a failure the page is as it was. */
export function writeFault(mm: Mm, page: u32): u32 {
  const entry = entryFind(mm, page);
  const pte = entry == 0 ? 0 : pteOf(entry);
  if (isWritable(pte)) {
    if (!isDirty(pte)) pteSet(entry, pte | PTE_DIRTY);
    return frameOfPte(pte);
  }
  const vma = vmaFind(mm, page);
  if (!vma || (vma.flags & VM_WRITE) == 0) return -EFAULT;
  if (vma.flags & VM_SHARED) return mapObject(mm, page, vma);
  vmaChange(vma, 0, VM_ANON);
  if (isPresent(pte)) return writePresent(mm, entry);
  if (vma.flags & VM_FILE) {
    const frame = mapObject(mm, page, vma);
    return isError(frame) ? frame : writePresent(mm, entryFind(mm, page));
  }
  const made = entryMake(mm, page);
  if (made == 0) return -ENOMEM;
  if (vma.flags & VM_HUGEPAGE && mapHuge(mm, page, vma)) return frameOfPte(pteOf(made));
  const frame = frameAlloc(mm.nid, true);
  if (frame == 0) return -ENOMEM;
  leafHold(made);
  pteSet(made, pteTo(frame, PTE_WRITABLE | PTE_DIRTY));
  if (!ASC_NO_ASSERT) expectEntryOf(mm, page, made);
  return frame;
}

/**
 * A write to a present page that is not writable: in place if nobody else refers to its frame, else to a copy. What is pinned for DMA is
 * the process's own, and the page stays where the device looks for it.
 */
function writePresent(mm: Mm, entry: u32): u32 {
  const pte = pteOf(entry);
  const present = frameOfPte(pte);
  if (!ASC_NO_ASSERT) assert(isPresent(pte));
  const isOwn = !isShared(pte) && (frameIsExclusive(present) || isDmaPinned(present)) && !isReadElsewhere(present);
  const frame = isOwn ? present : ownCopy(mm, entry);
  if (isError(frame)) return frame;
  pteSet(entry, pteTo(frame, PTE_WRITABLE | PTE_DIRTY));
  return frame;
}

/** Beside other threads: a process that mapped the frame until just now may still be reading it, and must not see what is written. */
function isReadElsewhere(frame: u32): bool {
  return isConcurrent() && isAccessed(frame, ACCESS_READ | ACCESS_WRITE);
}

/** Gives `entry` a frame of its own with the same bytes, mapped read-only. -ENOMEM if no frame is left. */
export function ownCopy(mm: Mm, entry: u32): u32 {
  if (!ASC_NO_ASSERT) assert(isPresent(pteOf(entry)));
  const wasZero = mapsZero(pteOf(entry));
  const copy = frameAlloc(mm.nid, wasZero);
  if (copy == 0) return -ENOMEM;
  const pte = pteOf(entry); // the allocation may have put the zero frame there
  const shared = frameOfPte(pte);
  step();
  if (!wasZero) pageCopy(copy, shared);
  pteSet(entry, pteTo(copy, rightsKept(pte) | PTE_DIRTY)); // dirty to the scanner: the item's checksum is not of this frame
  if (isMergedZero(pte)) countMergedZero(mm, -1);
  if (shared != ZERO_FRAME) {
    if (frameIsKept(shared)) countKeptCopy();
    framePut(shared);
  }
  if (!ASC_NO_ASSERT) expectFresh(copy);
  return copy;
}

/**
 * Maps a large folio over the 2 MiB around `page`, if they lie in `vma` and nothing is mapped there yet. False, and nothing done, if that
 * is not so or no run of frames is left.
 */
function mapHuge(mm: Mm, page: u32, vma: Vma): bool {
  const start = page & ~(TABLE_ENTRIES - 1);
  if (start < vma.start || start + TABLE_ENTRIES > vma.end) return false;
  const first = entryMake(mm, start);
  for (let entry = first; entry < first + TABLE_ENTRIES; entry++) {
    if (isPresent(pteOf(entry))) return false;
  }
  let frame = folioAlloc(mm.nid);
  if (frame == 0) return false;
  for (let entry = first; entry < first + TABLE_ENTRIES; entry++, frame++) {
    leafHold(entry);
    pteSet(entry, pteTo(frame, PTE_WRITABLE | PTE_DIRTY));
  }
  return true;
}

/** Maps those pages of a shared object or a file that are there already, in a window around a page that is read. */
function mapAround(mm: Mm, page: u32, vma: Vma): void {
  const object = vma.object;
  const toObject = vma.objectPage - vma.start;
  if (!isMapped(object, page + toObject)) return;
  const tableEnd = (page | (TABLE_ENTRIES - 1)) + 1;
  const start = max(page & ~(FAULT_AROUND_PAGES - 1), vma.start);
  const end = min(min(start + FAULT_AROUND_PAGES, vma.end), tableEnd);
  for (let near = start; near < end; near++) {
    if (isMapped(object, near + toObject) && !isMapped(mm, near)) mapObject(mm, near, vma);
  }
}

function isMapped(mm: Mm, page: u32): bool {
  const entry = entryFind(mm, page);
  return entry != 0 && isPresent(pteOf(entry));
}

/** Maps the page of the shared object or file behind `vma`, making it if this is the first touch anywhere. */
function mapObject(mm: Mm, page: u32, vma: Vma): u32 {
  const object = vma.object;
  if (!ASC_NO_ASSERT) assert(object);
  const own = entryMake(mm, page);
  const backing = entryMake(object, vma.objectPage + (page - vma.start));
  if (own == 0 || backing == 0) return -ENOMEM;
  if (!isPresent(pteOf(backing))) {
    const fresh = frameAlloc(mm.nid, true);
    if (fresh == 0) return -ENOMEM;
    leafHold(backing);
    pteSet(backing, pteTo(fresh, PTE_READ_ONLY | PTE_SHARED));
  }
  const frame = frameOfPte(pteOf(backing));
  if (!isPresent(pteOf(own))) {
    leafHold(own);
    frameGet(frame);
  }
  const isWritten = (vma.flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED);
  pteSet(own, pteTo(frame, PTE_SHARED | (isWritten ? PTE_WRITABLE | PTE_DIRTY : PTE_READ_ONLY)));
  return frame;
}

/** Takes the mapping away, as munmap, DONTNEED and exit do. The rmap item stays for the scanner to find. */
export function zap(mm: Mm, entry: u32): void {
  const pte = pteOf(entry);
  if (!ASC_NO_ASSERT) assert(entryMm(entry) == mm);
  if (!isPresent(pte)) return;
  pteSet(entry, 0);
  leafDrop(entry);
  if (isMergedZero(pte)) countMergedZero(mm, -1);
  if (!mapsZero(pte)) framePut(frameOfPte(pte));
}

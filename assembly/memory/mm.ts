/**
 * Address spaces as a whole: making, copying, emptying and freeing them. Nothing here knows of KSM's lists; what an mm's end
 * or copy means to the scanner is the business of syscall/.
 */
import {
  EAGAIN,
  ENOMEM,
  H_FREE_MMS,
  H_KSM_ZERO_PAGES,
  H_MM_LIMIT,
  H_MMS,
  LIMIT_PROCESSES,
  LOCK,
  MM_BYTES,
  MM_FLAGS,
  MM_ID,
  MM_IN_USE,
  MM_MAKER,
  MM_NID,
  MM_PAGES,
  MM_PGD,
  MM_REPLACES,
  MM_SHARED_OBJECT,
  MM_VMA_COUNT,
  MM_ZERO_PAGES,
  PAGE_SIZE,
  PTE_DIRTY,
  PTE_FRAME,
  PTE_KSM_ZERO,
  PTE_MERGED,
  PTE_NONE,
  PTE_PRESENT,
  PTE_SHARED,
  PTE_WRITABLE,
  TABLE_BITS,
  VM_ANON,
  VM_INHERITED,
  VM_LOCKED,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  VMA_OBJECT,
  VMA_OBJECT_PAGE,
} from '../layout';
import { step } from '../step';
import { arenaGive, arenaTake } from './arena';
import { zap } from './fault';
import { frameAlloc, frameGet, zeroFrame } from './frames';
import { isCopiedAtFork } from './pins';
import { writeProtectPatiently } from './protect';
import {
  entryFind,
  entryMake,
  leafHold,
  leafTrim,
  nextMappedPage,
  pteOf,
  pteSet,
  tableAlloc,
  tablesFree,
} from './tables';
import { vmaEnd, vmaFirst, vmaFlags, vmaInsert, vmaNext, vmaRemove, vmaRoom, vmaStart } from './vmas';

/** An empty address space that prefers frames of NUMA node `nid`; 0 where a limit is reached. */
export function mmCreate(nid: u32, flags: u32): usize {
  const mm = arenaTake(H_FREE_MMS, load<u32>(H_MMS), MM_BYTES, load<u32>(H_MM_LIMIT), LIMIT_PROCESSES);
  if (mm == 0) return 0;
  const pgd = tableAlloc();
  if (pgd == 0) {
    arenaGive(H_FREE_MMS, mm);
    return 0;
  }
  store<u32>(mm, <u32>pgd, MM_PGD);
  store<u32>(mm, nid, MM_NID);
  store<u32>(mm, 0, MM_ID);
  store<u32>(mm, flags & MM_SHARED_OBJECT ? 0 : load<u32>(LOCK), MM_MAKER);
  store<u32>(mm, 0, MM_REPLACES);
  step();
  store<u32>(mm, MM_IN_USE | flags, MM_FLAGS);
  return mm;
}

/** Frees an mm that holds no mapping, no pte and no rmap item any more. */
export function mmFree(mm: usize): void {
  store<u32>(mm, 0, MM_FLAGS);
  tablesFree(mm);
  arenaGive(H_FREE_MMS, mm);
}

/** Takes every pte in [start, end) away, and the leaves that are empty then. */
export function zapRange(mm: usize, start: u32, end: u32): void {
  let page = nextMappedPage(mm, start, end);
  while (page < end) {
    const leafEnd = ((page >> TABLE_BITS) + 1) << TABLE_BITS;
    const stop = leafEnd < end ? leafEnd : end;
    for (let entry = entryFind(mm, page), left = stop - page; left != 0; left--, entry++) zap(mm, entry);
    leafTrim(mm, page);
    page = nextMappedPage(mm, stop, end);
  }
}

/** Takes every mapping of `mm` away, and the shared objects that nobody maps any more. */
export function mmEmpty(mm: usize): void {
  for (let vma = vmaFirst(mm); vma != 0; vma = vmaFirst(mm)) {
    zapRange(mm, vmaStart(vma), vmaEnd(vma));
    objectRelease(vmaRemove(mm, vma));
  }
}

/** A shared object: an mm that nobody runs in and whose ptes hold the object's frames. 0 where a limit is reached. */
export function objectCreate(nid: u32): usize {
  return mmCreate(nid, MM_SHARED_OBJECT);
}

/** Frees a shared object after its last vma went (`object` as vmaRemove returned it: may be 0). */
export function objectRelease(object: usize): void {
  if (object == 0) return;
  zapRange(object, 0, MM_PAGES);
  mmFree(object);
}

/**
 * Makes `child` (empty) a copy-on-write copy of `parent`. Shared mappings are copied as mappings only, and so are private ones
 * that were never written: a fault brings their pages in, as on Linux. A child's memory is not locked; of pages that are pinned for
 * DMA it gets copies. Returns 0 or an errno; after
 * an errno the child is incomplete and the parent unharmed. EAGAIN: somebody does not stop writing to a page of the parent.
 */
export function mmCopy(parent: usize, child: usize): u32 {
  if (!vmaRoom(load<u32>(parent, MM_VMA_COUNT))) return ENOMEM;
  for (let vma = vmaFirst(parent); vma != 0; vma = vmaNext(vma)) {
    const flags = vmaFlags(vma);
    const object: usize = load<u32>(vma, VMA_OBJECT);
    const inherited = flags & VM_ANON ? VM_INHERITED : 0;
    vmaInsert(
      child,
      vmaStart(vma),
      vmaEnd(vma),
      (flags & ~VM_LOCKED) | inherited,
      object,
      load<u32>(vma, VMA_OBJECT_PAGE),
    );
    if (flags & VM_SHARED || !(flags & VM_ANON)) continue;
    const failed = copyRange(parent, child, vma);
    if (failed) return failed;
  }
  return 0;
}

function copyRange(parent: usize, child: usize, vma: usize): u32 {
  const start = vmaStart(vma);
  const end = vmaEnd(vma);
  for (let page = nextMappedPage(parent, start, end); page < end; page = nextMappedPage(parent, page + 1, end)) {
    const source = entryFind(parent, page);
    const pte = pteOf(source);
    if (!(pte & PTE_PRESENT)) continue;
    const copy = entryMake(child, page);
    if (copy == 0) return ENOMEM;
    const frame: usize = pte & PTE_FRAME;
    if (!(pte & PTE_SHARED) && frame != zeroFrame() && isCopiedAtFork(frame)) {
      if (!copyPinned(child, copy, frame, vma)) return ENOMEM;
      continue;
    }
    if (pte & PTE_WRITABLE && !writeProtectPatiently(source, frame)) return EAGAIN;
    if (frame != zeroFrame()) frameGet(frame);
    if (pte & PTE_KSM_ZERO) {
      store<u32>(H_KSM_ZERO_PAGES, load<u32>(H_KSM_ZERO_PAGES) + 1);
      store<u32>(child, load<u32>(child, MM_ZERO_PAGES) + 1, MM_ZERO_PAGES);
    }
    pteSet(copy, pte & ~(PTE_WRITABLE | PTE_MERGED));
    leafHold(copy);
  }
  return 0;
}

/** A page that somebody has pinned stays the parent's alone: `entry` of the child gets a copy. False where no frame is left. */
function copyPinned(child: usize, entry: u32, frame: usize, vma: usize): bool {
  const copy = frameAlloc(load<u32>(child, MM_NID), false);
  if (copy == 0) return false;
  memory.copy(copy, frame, PAGE_SIZE);
  const access = vmaFlags(vma) & VM_WRITE ? PTE_WRITABLE : vmaFlags(vma) & VM_READ ? 0 : PTE_NONE;
  pteSet(entry, <u32>copy | PTE_PRESENT | PTE_DIRTY | access);
  leafHold(entry);
  return true;
}

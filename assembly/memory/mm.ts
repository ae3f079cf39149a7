/**
 * Address spaces as a whole: making, copying, emptying and freeing them. Nothing here knows of KSM's lists; what an mm's end
 * or copy means to the scanner is the business of syscall/.
 */
import { arenaGive, arenaTake } from '../base/arena';
import { step } from '../base/step';
import {
  EAGAIN,
  ENOMEM,
  LIMIT_PROCESSES,
  LOCK,
  MM_BYTES,
  MM_IN_USE,
  MM_PAGES,
  MM_SHARED_OBJECT,
  PTE_DENIED,
  PTE_DIRTY,
  PTE_READ_ONLY,
  PTE_WRITABLE,
  TABLE_BITS,
  VM_ANON,
  VM_INHERITED,
  VM_LOCKED,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  ZERO_FRAME,
} from '../layout';
import { pageCopy } from '../page/page';
import { freeMms } from '../records/free-list';
import { header } from '../records/header';
import { Mm, Vma } from '../records/mm';
import { none, recordAt } from '../records/record';
import { zap } from './fault';
import { frameAlloc, frameGet } from './frames';
import { countMergedZero } from './merged';
import { isCopiedAtFork } from './pins';
import { writeProtectPatiently } from './protect';
import { frameOfPte, isMergedZero, isPresent, isShared, isWritable, pteProtected, pteTo, pteUnmerged } from './pte';
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
import { vmaFirst, vmaInsert, vmaNext, vmaRemove, vmaRoom } from './vmas';

/** An empty address space that prefers frames of NUMA node `nid`; none if a limit is reached. */
export function mmCreate(nid: u32, flags: u32): Mm {
  const mm = recordAt<Mm>(arenaTake(freeMms, header.mms, MM_BYTES, header.mmLimit, LIMIT_PROCESSES));
  if (!mm) return mm;
  const pgd = tableAlloc();
  if (pgd == 0) {
    arenaGive(freeMms, mm);
    return none<Mm>();
  }
  mm.pgd = pgd;
  mm.nid = nid;
  mm.id = 0;
  mm.maker = flags & MM_SHARED_OBJECT ? 0 : load<u32>(LOCK);
  mm.replaces = none<Mm>();
  step();
  mm.flags = MM_IN_USE | flags;
  return mm;
}

/** Frees an mm that holds no mapping, no pte and no rmap item any more. */
export function mmFree(mm: Mm): void {
  if (!ASC_NO_ASSERT) expectEnded(mm);
  mm.flags = 0;
  tablesFree(mm);
  arenaGive(freeMms, mm);
}

/** Nothing is left of what `mm` held. */
function expectEnded(mm: Mm): void {
  assert(mm.flags & MM_IN_USE);
  assert(!mm.vmas);
  assert(mm.vmaCount == 0);
  assert(mm.rmapItems == 0);
  assert(mm.mergingPages == 0);
  assert(mm.zeroPages == 0);
  assert(mm.refs == 0);
}

/** Takes every pte in [start, end) away, and the leaves that are empty then. */
export function zapRange(mm: Mm, start: u32, end: u32): void {
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
export function mmEmpty(mm: Mm): void {
  for (let vma = vmaFirst(mm); vma; vma = vmaFirst(mm)) {
    zapRange(mm, vma.start, vma.end);
    objectRelease(vmaRemove(mm, vma));
  }
}

/** A shared object: an mm that nobody runs in and whose ptes hold the object's frames. None if a limit is reached. */
export function objectCreate(nid: u32): Mm {
  return mmCreate(nid, MM_SHARED_OBJECT);
}

/** Frees a shared object after its last vma went (`object` as vmaRemove returned it: may be none). */
export function objectRelease(object: Mm): void {
  if (!object) return;
  zapRange(object, 0, MM_PAGES);
  mmFree(object);
}

/**
 * Makes `child` (empty) a copy-on-write copy of `parent`. Shared mappings are copied as mappings only, and so are private ones
 * that were never written: a fault brings their pages in, as on Linux. A child's memory is not locked. It gets copies of pages that are
 * pinned for DMA. Returns 0 or -errno; after a failure the child is incomplete and the parent unharmed. EAGAIN if somebody does not stop
 * writing to a page of the parent.
 */
export function mmCopy(parent: Mm, child: Mm): u32 {
  if (!ASC_NO_ASSERT) {
    assert(parent != child);
    assert(!child.vmas);
    assert(child.domain == parent.domain);
  }
  if (!vmaRoom(parent.vmaCount)) return -ENOMEM;
  for (let vma = vmaFirst(parent); vma; vma = vmaNext(vma)) {
    const flags = vma.flags;
    const object = vma.object;
    const inherited = flags & VM_ANON ? VM_INHERITED : 0;
    vmaInsert(child, vma.start, vma.end, (flags & ~VM_LOCKED) | inherited, object, vma.objectPage, vma.domain);
    if (flags & VM_SHARED || !(flags & VM_ANON)) continue;
    const failed = copyRange(parent, child, vma);
    if (failed) return failed;
  }
  return 0;
}

function copyRange(parent: Mm, child: Mm, vma: Vma): u32 {
  const start = vma.start;
  const end = vma.end;
  for (let page = nextMappedPage(parent, start, end); page < end; page = nextMappedPage(parent, page + 1, end)) {
    const source = entryFind(parent, page);
    const pte = pteOf(source);
    if (!isPresent(pte)) continue;
    const copy = entryMake(child, page);
    if (copy == 0) return -ENOMEM;
    const frame = frameOfPte(pte);
    if (!isShared(pte) && frame != ZERO_FRAME && isCopiedAtFork(frame)) {
      if (!copyPinned(child, copy, frame, vma)) return -ENOMEM;
      continue;
    }
    if (isWritable(pte) && !writeProtectPatiently(source, frame)) return -EAGAIN;
    if (frame != ZERO_FRAME) frameGet(frame);
    if (isMergedZero(pte)) countMergedZero(child, 1);
    pteSet(copy, pteUnmerged(pteProtected(pte)));
    leafHold(copy);
  }
  return 0;
}

/** A page that somebody has pinned stays the parent's alone: `entry` of the child gets a copy. False if no frame is left. */
function copyPinned(child: Mm, entry: u32, frame: u32, vma: Vma): bool {
  const copy = frameAlloc(child.nid, false);
  if (copy == 0) return false;
  pageCopy(copy, frame);
  const access = vma.flags & VM_WRITE ? PTE_WRITABLE : vma.flags & VM_READ ? PTE_READ_ONLY : PTE_DENIED;
  pteSet(entry, pteTo(copy, PTE_DIRTY | access));
  leafHold(entry);
  return true;
}

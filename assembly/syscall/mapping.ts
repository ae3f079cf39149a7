/** mmap, munmap, mprotect, madvise: ranges are in pages, [page, page + pages). All return 0 or -errno. */
import { isError } from '../base/error';
import {
  EAGAIN,
  EEXIST,
  EINVAL,
  ENOMEM,
  MADV_DONTNEED,
  MADV_MERGEABLE,
  MADV_UNMERGEABLE,
  MAP_FILE,
  MAP_FIXED_NOREPLACE,
  MAP_HUGEPAGE,
  MAP_NONE,
  MAP_READ_ONLY,
  MAP_SHARED,
  MAP_SPECIAL,
  MM_MERGE_ANY,
  MM_PAGES,
  VM_ANON,
  VM_FILE,
  VM_HUGEPAGE,
  VM_LOCKED,
  VM_MERGEABLE,
  VM_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_UNCHARGED,
  VM_WRITE,
} from '../layout';
import { readFault, writeFault } from '../memory/fault';
import { objectCreate, objectRelease, zapRange } from '../memory/mm';
import { isPresent, pteDenied, pteProtected } from '../memory/pte';
import { entryFind, nextMappedPage, pteOf, pteSet } from '../memory/tables';
import {
  limitForget,
  vmaAtOrAbove,
  vmaChange,
  vmaFind,
  vmaFirst,
  vmaHasHole,
  vmaInsert,
  vmaMergeAround,
  vmaNext,
  vmaRemove,
  vmaRoom,
  vmaSplit,
  vmaSplitRoom,
} from '../memory/vmas';
import { expectInNoTree, itemsForget } from '../merge/checksum';
import { unmergeRange } from '../merge/unmerge';
import { slotEnter } from '../policy/linux/slots';
import { Mm } from '../records/mm';
import { none } from '../records/record';

/** May KSM take pages of a vma with these flags? */
function isEligible(flags: u32): bool {
  return (flags & (VM_SHARED | VM_SPECIAL)) == 0;
}

function isInRange(page: u32, pages: u32): bool {
  return page <= MM_PAGES && pages <= MM_PAGES - page;
}

/** Maps anonymous memory; what was mapped there goes first, unless MAP_FIXED_NOREPLACE forbids (EEXIST). */
export function mmap(mm: Mm, page: u32, pages: u32, how: u32): u32 {
  limitForget();
  if (pages == 0) return -EINVAL;
  if (!isInRange(page, pages)) return -ENOMEM;
  const end = page + pages;
  const met = vmaAtOrAbove(mm, page);
  const replaces = met ? met.start < end : false;
  if (replaces && how & MAP_FIXED_NOREPLACE) return -EEXIST;
  if (!vmaRoom(replaces ? 3 : 1)) return -ENOMEM;
  let flags: u32 = how & MAP_NONE ? 0 : how & MAP_READ_ONLY ? VM_READ : VM_READ | VM_WRITE;
  if (how & MAP_SPECIAL) flags |= VM_SPECIAL;
  if (how & MAP_HUGEPAGE) flags |= VM_HUGEPAGE;
  if (!(flags & VM_WRITE) && !(how & MAP_SHARED)) flags |= VM_UNCHARGED;
  let object = none<Mm>();
  if (how & (MAP_SHARED | MAP_FILE)) {
    flags |= how & MAP_SHARED ? VM_SHARED : VM_FILE;
    object = objectCreate(mm.nid);
    if (!object) return -ENOMEM;
  }
  if (replaces && munmap(mm, page, pages)) {
    objectRelease(object);
    return -ENOMEM;
  }
  if (mm.flags & MM_MERGE_ANY && isEligible(flags)) {
    slotEnter(mm);
    flags |= VM_MERGEABLE;
  }
  vmaInsert(mm, page, end, flags, object, 0, 0);
  vmaMergeAround(mm, page, end);
  return 0;
}

export function munmap(mm: Mm, page: u32, pages: u32): u32 {
  limitForget();
  if (pages == 0 || !isInRange(page, pages)) return -EINVAL;
  const end = page + pages;
  if (!vmaSplitRoom(mm, page, end)) return -ENOMEM;
  vmaSplit(mm, page);
  vmaSplit(mm, end);
  for (let vma = vmaAtOrAbove(mm, page); vma && vma.start < end; vma = vmaAtOrAbove(mm, page)) {
    zapRange(mm, vma.start, vma.end);
    if (vma.domain) itemsForget(mm, vma.start, vma.end); // what is mapped there next will be of another
    if (!ASC_NO_ASSERT) expectInNoTree(mm, vma);
    objectRelease(vmaRemove(mm, vma));
  }
  return 0;
}

/**
 * `access`: VM_READ and VM_WRITE bits. Stops with ENOMEM at the first hole; what lies before it is changed. Locked memory that may
 * be written from now on is write-faulted at once, which breaks KSM's sharing.
 */
export function mprotect(mm: Mm, page: u32, pages: u32, access: u32): u32 {
  limitForget();
  if (pages == 0) return 0;
  if (!isInRange(page, pages)) return -ENOMEM;
  const end = page + pages;
  if (!vmaSplitRoom(mm, page, end)) return -ENOMEM;
  vmaSplit(mm, page);
  vmaSplit(mm, end);
  let at = page;
  while (at < end) {
    const vma = vmaFind(mm, at);
    if (!vma) break;
    const untouched = (vma.flags & (VM_ANON | VM_SHARED | VM_FILE)) == 0;
    const uncharged = access & VM_WRITE ? 0 : untouched ? VM_UNCHARGED : vma.flags & VM_UNCHARGED;
    const isOpened = (vma.flags & (VM_LOCKED | VM_WRITE | VM_SHARED)) == VM_LOCKED && (access & VM_WRITE) != 0;
    at = vma.end;
    if (!(access & VM_WRITE)) withdrawRange(mm, vma.start, at, access); // first, so that a death in between leaves no right too many
    vmaChange(vma, VM_READ | VM_WRITE | VM_UNCHARGED, access | uncharged);
    if (isOpened) populate(mm, vma.start, at); // as far as there are frames: Linux does not tell
  }
  vmaMergeAround(mm, page, end);
  return at < end ? -ENOMEM : 0;
}

/** Takes the right to write from all pages in [start, end), and the right to read too unless `access` has it. */
function withdrawRange(mm: Mm, start: u32, end: u32, access: u32): void {
  for (let page = nextMappedPage(mm, start, end); page < end; page = nextMappedPage(mm, page + 1, end)) {
    const entry = entryFind(mm, page);
    const pte = pteOf(entry);
    if (isPresent(pte)) pteSet(entry, access & VM_READ ? pteProtected(pte) : pteDenied(pte));
  }
}

/** Linux's madvise: holes give ENOMEM after the mapped parts were done; a limit of KSM's own gives EAGAIN. */
export function madvise(mm: Mm, page: u32, pages: u32, advice: u32): u32 {
  limitForget();
  if (advice != MADV_DONTNEED && advice != MADV_MERGEABLE && advice != MADV_UNMERGEABLE) return -EINVAL;
  if (pages == 0) return 0;
  if (!isInRange(page, pages)) return -ENOMEM;
  const end = page + pages;
  if (advice == MADV_DONTNEED) {
    for (let vma = vmaAtOrAbove(mm, page); vma && vma.start < end; vma = vmaNext(vma)) {
      if (vma.flags & (VM_LOCKED | VM_SPECIAL)) return -EINVAL; // what lies before it is gone
      zapRange(mm, max(page, vma.start), min(end, vma.end));
    }
  } else {
    const failed = setMergeable(mm, page, end, advice == MADV_MERGEABLE);
    if (failed) return -EAGAIN;
  }
  return vmaHasHole(mm, page, end) ? -ENOMEM : 0;
}

/** Marks the eligible parts of [start, end) mergeable, or unmerges and unmarks them. 0, or -errno at which it stopped. */
function setMergeable(mm: Mm, start: u32, end: u32, mergeable: bool): u32 {
  let failed: u32 = 0;
  for (let vma = vmaAtOrAbove(mm, start); vma && vma.start < end; vma = vmaNext(vma)) {
    const flags = vma.flags;
    if (mergeable ? flags & VM_MERGEABLE || !isEligible(flags) : !(flags & VM_MERGEABLE)) continue;
    const from = max(start, vma.start);
    const to = min(end, vma.end);
    failed = vmaSplitRoom(mm, from, to) ? 0 : -ENOMEM;
    if (!failed && mergeable) slotEnter(mm);
    else if (!failed) failed = unmergeRange(mm, from, to);
    if (failed) break;
    vmaSplit(mm, from);
    vmaSplit(mm, to);
    vma = vmaFind(mm, from);
    vmaChange(vma, VM_MERGEABLE, mergeable ? VM_MERGEABLE : 0);
  }
  vmaMergeAround(mm, start, end);
  return failed;
}

/** prctl(PR_SET_MEMORY_MERGE): every eligible mapping, now and later, is mergeable; off unmerges all. 0 or -errno. */
export function mergeAnySet(mm: Mm, on: bool): u32 {
  limitForget();
  const flags = mm.flags;
  if (((flags & MM_MERGE_ANY) != 0) == on) return 0;
  if (on) {
    slotEnter(mm);
    mm.flags = mm.flags | MM_MERGE_ANY;
    setMergeable(mm, 0, MM_PAGES, true);
    return 0;
  }
  const failed = setMergeable(mm, 0, MM_PAGES, false);
  if (failed) {
    setMergeable(mm, 0, MM_PAGES, true);
    return failed;
  }
  mm.flags = mm.flags & ~MM_MERGE_ANY;
  return 0;
}

/**
 * Every page of the range becomes present; a page that may be written is write-faulted, which breaks KSM's sharing. ENOMEM if there is a
 * hole: what lies before it is locked, but not made present. ENOMEM if memory may not be accessed, or if frames run out: all is locked, and
 * what lies before that is present.
 */
export function mlock(mm: Mm, page: u32, pages: u32): u32 {
  const failed = setLocked(mm, page, pages, true);
  return failed ? failed : populate(mm, page, page + pages);
}

/** ENOMEM if there is a hole: what lies before it is unlocked. */
export function munlock(mm: Mm, page: u32, pages: u32): u32 {
  return setLocked(mm, page, pages, false);
}

function setLocked(mm: Mm, page: u32, pages: u32, locked: bool): u32 {
  limitForget();
  if (pages == 0) return 0;
  if (!isInRange(page, pages)) return -ENOMEM;
  const end = page + pages;
  if (!vmaSplitRoom(mm, page, end)) return -ENOMEM;
  vmaSplit(mm, page);
  vmaSplit(mm, end);
  let at = page;
  for (let vma = vmaFind(mm, at); vma && at < end; vma = vmaFind(mm, at)) {
    vmaChange(vma, VM_LOCKED, locked ? VM_LOCKED : 0);
    at = vma.end;
  }
  vmaMergeAround(mm, page, end);
  return at < end ? -ENOMEM : 0;
}

/**
 * Makes the pages of [start, end) present; all of them are mapped. Private ones that may be written become so as by a write, so that no
 * fault is left to come, others as by a read.
 */
function populate(mm: Mm, start: u32, end: u32): u32 {
  for (let page = start; page < end; page++) {
    const flags = vmaFind(mm, page).flags;
    if (!(flags & (VM_READ | VM_WRITE))) return -ENOMEM;
    const isWritten = (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
    const frame = isWritten ? writeFault(mm, page) : readFault(mm, page);
    if (isError(frame)) return frame;
  }
  return 0;
}

/** Is at least one mapping mergeable? */
export function hasMergeable(mm: Mm): bool {
  for (let vma = vmaFirst(mm); vma; vma = vmaNext(vma)) {
    if (vma.flags & VM_MERGEABLE) return true;
  }
  return false;
}

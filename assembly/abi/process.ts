/**
 * The calls of processes: system calls, faults, and what page tables say. A process is named by the address of its mm and its id. If
 * no process of that name lives, a call gives ESRCH. Ranges are in pages.
 */
import {
  EFAULT,
  EINVAL,
  ENOMEM,
  ESRCH,
  MAP_FLAGS,
  MAP_NONE,
  MAP_READ_ONLY,
  MM_PAGES,
  PIN_WRITE,
  VM_READ,
  VM_WRITE,
} from '../layout';
import * as faults from '../memory/fault';
import { frameOfPte, isPresent } from '../memory/pte';
import * as tables from '../memory/tables';
import * as vmas from '../memory/vmas';
import { Mm } from '../records/mm';
import { addressOf } from '../records/record';
import * as mapping from '../syscall/mapping';
import * as pins from '../syscall/pin';
import * as processes from '../syscall/process';
import { isNode, isPage, isProcess } from './check';

/** Address of the mm of a new, empty process that prefers frames of NUMA node `nid`, or -errno. */
export function spawn(nid: u32): u32 {
  if (!isNode(nid)) return -EINVAL;
  const mm = processes.spawn(nid);
  return mm ? addressOf(mm) : -ENOMEM;
}

/** Address of the mm of a child, or -errno. */
export function fork(mm: Mm, id: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  return <u32>processes.fork(mm);
}

/** Address of the mm in which the process goes on, or -errno. */
export function exec(mm: Mm, id: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  const next = processes.exec(mm);
  return next ? addressOf(next) : -ENOMEM;
}

export function exit(mm: Mm, id: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  processes.exit(mm);
  return 0;
}

/** `how`: MAP_* bits. */
export function mmap(mm: Mm, id: u32, page: u32, pages: u32, how: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  const access = how & (MAP_READ_ONLY | MAP_NONE);
  if (how & ~MAP_FLAGS || access == (MAP_READ_ONLY | MAP_NONE)) return -EINVAL;
  return mapping.mmap(mm, page, pages, how);
}

export function munmap(mm: Mm, id: u32, page: u32, pages: u32): u32 {
  return isProcess(mm, id) ? mapping.munmap(mm, page, pages) : -ESRCH;
}

/** `access`: 0, VM_READ, or VM_READ and VM_WRITE. */
export function mprotect(mm: Mm, id: u32, page: u32, pages: u32, access: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  if (access != 0 && access != VM_READ && access != (VM_READ | VM_WRITE)) return -EINVAL;
  return mapping.mprotect(mm, page, pages, access);
}

/** `advice`: one of MADV_*. */
export function madvise(mm: Mm, id: u32, page: u32, pages: u32, advice: u32): u32 {
  return isProcess(mm, id) ? mapping.madvise(mm, page, pages, advice) : -ESRCH;
}

export function mlock(mm: Mm, id: u32, page: u32, pages: u32): u32 {
  return isProcess(mm, id) ? mapping.mlock(mm, page, pages) : -ESRCH;
}

export function munlock(mm: Mm, id: u32, page: u32, pages: u32): u32 {
  return isProcess(mm, id) ? mapping.munlock(mm, page, pages) : -ESRCH;
}

/** prctl(PR_SET_MEMORY_MERGE). */
export function mergeAnySet(mm: Mm, id: u32, on: u32): u32 {
  return isProcess(mm, id) ? mapping.mergeAnySet(mm, on != 0) : -ESRCH;
}

/** Is at least one mapping of the process mergeable? */
export function hasMergeable(mm: Mm, id: u32): bool {
  return isProcess(mm, id) && mapping.hasMergeable(mm);
}

/** The first page of the lowest free range of `pages` pages; 0 if there is none. */
export function vmaGap(mm: Mm, id: u32, pages: u32): u32 {
  return isProcess(mm, id) && pages <= MM_PAGES ? vmas.vmaGap(mm, pages, MM_PAGES) : 0;
}

/** The frame that a read of `page` sees, or -errno. */
export function readFault(mm: Mm, id: u32, page: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  return isPage(page) ? faults.readFault(mm, page) : -EFAULT;
}

/** The frame that a write to `page` may go to, or -errno. */
export function writeFault(mm: Mm, id: u32, page: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  return isPage(page) ? faults.writeFault(mm, page) : -EFAULT;
}

/** The frame of `page`, which has one more reference then, or -errno. `how`: one of PIN_*. */
export function pinPage(mm: Mm, id: u32, page: u32, how: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  if (how > PIN_WRITE) return -EINVAL;
  return isPage(page) ? pins.pinPage(mm, page, how) : -EFAULT;
}

/** The frame that `page` maps, or -errno: EFAULT if it maps none. */
export function frameAt(mm: Mm, id: u32, page: u32): u32 {
  if (!isProcess(mm, id)) return -ESRCH;
  if (!isPage(page)) return -EFAULT;
  const entry = tables.entryFind(mm, page);
  const pte = entry == 0 ? 0 : tables.pteOf(entry);
  return isPresent(pte) ? frameOfPte(pte) : -EFAULT;
}

/** The entry of `page`; 0 if no page table has it. */
export function entryFind(mm: Mm, id: u32, page: u32): u32 {
  return isProcess(mm, id) && isPage(page) ? tables.entryFind(mm, page) : 0;
}

/** The first page from `page` on that a page table has; `end` if there is none before it. */
export function nextMappedPage(mm: Mm, id: u32, page: u32, end: u32): u32 {
  return isProcess(mm, id) && isPage(page) && end <= MM_PAGES ? tables.nextMappedPage(mm, page, end) : end;
}

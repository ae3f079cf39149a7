/// <reference path="../u32.d.ts" preserve="true" />
/** What calls of the engine take and return: errnos, limits, flags, advice. */
import {
  REGION_DOMAINS,
  REGION_FRAMES,
  REGION_LEAVES,
  REGION_MMS,
  REGION_NODES,
  REGION_PINCOUNTS,
  REGION_ROOTS,
  REGION_TABLES,
  REGION_VMAS,
} from './regions.ts';

/** Errnos of Linux on x86-64, as calls return them. */
export const EPERM: u32 = 1;
export const ESRCH: u32 = 3;
export const EAGAIN: u32 = 11;
export const ENOMEM: u32 = 12;
export const EFAULT: u32 = 14;
export const EBUSY: u32 = 16;
export const EEXIST: u32 = 17;
export const EINVAL: u32 = 22;

/** A call that fails gives -errno, which is above this: as a number of 32 bits no address and no frame is. */
export const ERRORS_ABOVE: u32 = 0xfffff000;

/** mmap flags of this engine. */
export const MAP_SHARED: u32 = 1;
/** Refuse instead of replacing what is mapped there. */
export const MAP_FIXED_NOREPLACE: u32 = 2;
export const MAP_READ_ONLY: u32 = 4;
export const MAP_SPECIAL: u32 = 8;
export const MAP_NONE: u32 = 16;
export const MAP_FILE: u32 = 32;
export const MAP_HUGEPAGE: u32 = 64;
export const MAP_FLAGS: u32 = 127;

/** How pinPage takes hold: a plain reference, a pin for reading, a pin for writing. */
export const PIN_GET: u32 = 0;
export const PIN_READ: u32 = 1;
export const PIN_WRITE: u32 = 2;

/** madvise advice, by Linux's numbers. */
export const MADV_DONTNEED: u32 = 4;
export const MADV_MERGEABLE: u32 = 12;
export const MADV_UNMERGEABLE: u32 = 13;

/** What accessBegin says: the translation is out of date, is right, or this worker may do nothing any more. */
export const ACCESS_STALE: u32 = 0;
export const ACCESS_BEGUN: u32 = 1;
export const ACCESS_REFUSED: u32 = 2;

/** Result of scanBatch: pages processed, with SCAN_PASS_ENDED if the batch ended a pass; SCAN_BUSY: another is under way. */
export const SCAN_PASS_ENDED: u32 = 0x80000000;
export const SCAN_BUSY: u32 = 0x40000000;
/** A batch has fewer pages than that. */
export const SCAN_PAGES_MAX: u32 = 0x3fffffff;

/** What the simulation build tells its scheduler at each step (base/step). */
export const STEP_ON: u32 = 0;
/** It waits for somebody else to do something. */
export const STEP_WAIT: u32 = 1;
/** It allocates; the scheduler may refuse. */
export const STEP_ALLOCATE: u32 = 2;

/** Which limit refused a call that failed with ENOMEM (H_LIMIT_HIT): the region that is full, by its number plus one. */
export const LIMIT_NONE: u32 = 0;
export const LIMIT_PROCESSES: u32 = REGION_MMS + 1;
export const LIMIT_VMAS: u32 = REGION_VMAS + 1;
export const LIMIT_TABLES: u32 = REGION_TABLES + 1;
export const LIMIT_PAGES: u32 = REGION_LEAVES + 1;
export const LIMIT_DOMAINS: u32 = REGION_DOMAINS + 1;
export const LIMIT_ROOTS: u32 = REGION_ROOTS + 1;
export const LIMIT_NODES: u32 = REGION_NODES + 1;
/** A word there is full. */
export const LIMIT_PINS: u32 = REGION_PINCOUNTS + 1;
export const LIMIT_FRAMES: u32 = REGION_FRAMES + 1;

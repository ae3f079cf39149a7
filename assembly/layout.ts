/// <reference path="./u32.d.ts" preserve="true" />
/**
 * Where everything lies in the one linear memory: every offset, size, flag and limit, and nothing else.
 *
 * This file is compiled by asc into the engine and imported by src/, so no number in it is written twice. It may hold
 * only `u32` constants and expressions of them. An address is a byte offset from the start of the memory; address 0
 * means "none". Nothing is ever stored below HEADER (the compiler may assume that the first 1024 bytes are unused).
 *
 *   0         HEADER          regions, whose bases and sizes depend on the limits chosen at creation      end - 4096
 *   | unused  | header, key,  | mms | vmas | tables | leaves | ptes | states | items | dirty bitmap | roots  | reserved |
 *   |         | scanners      | folios | nodes | rooms | frame words | pin counts | frames (4096 bytes each)    | page     |
 */

/** Raised whenever a field moves or changes meaning; whoever attaches to a memory compares it first. */
export const LAYOUT_VERSION: u32 = 5;
/** "KSMw", little-endian. */
export const MAGIC: u32 = 0x774d534b;

export const PAGE_SIZE: u32 = 4096;
export const PAGE_SHIFT: u32 = 12;

// ---- header: one u32 a field unless said ----------------------------------------------------------------------------

export const HEADER: u32 = 1024;
export const H_MAGIC: u32 = HEADER;
export const H_VERSION: u32 = HEADER + 4;
/** Size of the linear memory in 64 KiB pages. */
export const H_MEMORY_PAGES: u32 = HEADER + 12;

/** Limits: how many records each region has room for. */
export const H_MM_LIMIT: u32 = HEADER + 16;
export const H_VMA_LIMIT: u32 = HEADER + 20;
export const H_TABLE_LIMIT: u32 = HEADER + 24;
export const H_LEAF_LIMIT: u32 = HEADER + 28;
export const H_NODE_LIMIT: u32 = HEADER + 32;
export const H_FRAME_LIMIT: u32 = HEADER + 36;
/** Roots of one tree: a power of two; 1 in content order. */
export const H_ROOT_COUNT: u32 = HEADER + 40;
/** NUMA nodes of this host. */
export const H_NID_COUNT: u32 = HEADER + 44;

/** Bases of the regions, as addresses. */
export const H_MMS: u32 = HEADER + 48;
export const H_VMAS: u32 = HEADER + 52;
export const H_TABLES: u32 = HEADER + 56;
export const H_LEAVES: u32 = HEADER + 60;
export const H_PTES: u32 = HEADER + 64;
export const H_STATES: u32 = HEADER + 68;
export const H_ITEMS: u32 = HEADER + 72;
export const H_NODES: u32 = HEADER + 76;
export const H_FRAME_WORDS: u32 = HEADER + 80;
export const H_DIRTY: u32 = HEADER + 84;
/** Tree roots, nid-major. */
export const H_ROOTS: u32 = HEADER + 88;
/** One room record for each record of a stable node. */
export const H_ROOMS: u32 = HEADER + 184;
/** Extra references to frames: one u32 a frame (PINS_*). */
export const H_PINCOUNTS: u32 = HEADER + 92;
/** Address of the first frame, which is the shared zero frame. */
export const H_FRAMES: u32 = HEADER + 96;
/** End of the last frame. */
export const H_FRAMES_END: u32 = HEADER + 100;

/** Free lists of the arenas: {first free record, records never used yet start here, records in use}. */
export const H_FREE_MMS: u32 = HEADER + 104;
export const H_FREE_VMAS: u32 = HEADER + 116;
export const H_FREE_TABLES: u32 = HEADER + 128;
export const H_FREE_LEAVES: u32 = HEADER + 140;
export const H_FREE_NODES: u32 = HEADER + 152;
export const FREE_FIRST: u32 = 0;
export const FREE_FRESH: u32 = 4;
export const FREE_USED: u32 = 8;
/** Which limit refused the last call that failed with ENOMEM: one of LIMIT_*. */
export const H_LIMIT_HIT: u32 = HEADER + 164;
export const LIMIT_NONE: u32 = 0;
export const LIMIT_FRAMES: u32 = 1;
export const LIMIT_PAGES: u32 = 2;
export const LIMIT_PROCESSES: u32 = 3;
export const LIMIT_VMAS: u32 = 4;
export const LIMIT_TABLES: u32 = 5;
export const LIMIT_NODES: u32 = 6;
export const LIMIT_PINS: u32 = 7;
/** Frames in use, all NUMA nodes together. */
export const H_FRAMES_USED: u32 = HEADER + 168;

/** Modes chosen at creation. */
export const H_INDEX: u32 = HEADER + 172;
export const INDEX_CONTENT: u32 = 0;
export const INDEX_HASH: u32 = 1;
export const H_CHECKSUM: u32 = HEADER + 176;
export const CHECKSUM_XXH64: u32 = 0;
export const CHECKSUM_KEYED: u32 = 1;
/** Checksum of the zero page in the chosen hash. */
export const H_ZERO_CHECKSUM: u32 = HEADER + 180;

/** Settings, by their names under /sys/kernel/mm/ksm. */
export const H_RUN: u32 = HEADER + 192;
export const H_PAGES_TO_SCAN: u32 = HEADER + 196;
export const H_SLEEP_MILLISECS: u32 = HEADER + 200;
export const H_MERGE_ACROSS_NODES: u32 = HEADER + 204;
export const H_MAX_PAGE_SHARING: u32 = HEADER + 208;
export const H_USE_ZERO_PAGES: u32 = HEADER + 212;
export const H_SMART_SCAN: u32 = HEADER + 216;
export const H_STABLE_NODE_CHAINS_PRUNE_MILLISECS: u32 = HEADER + 220;
export const H_ADVISOR_MODE: u32 = HEADER + 224;
export const H_ADVISOR_MAX_CPU: u32 = HEADER + 228;
/** u64 each. */
export const H_ADVISOR_MIN_PAGES_TO_SCAN: u32 = HEADER + 232;
export const H_ADVISOR_MAX_PAGES_TO_SCAN: u32 = HEADER + 240;
export const H_ADVISOR_TARGET_SCAN_TIME: u32 = HEADER + 248;
/** The advisor's memory between passes, u64 each: pass start (ms), scan time (s), change (%), CPU time (ns). */
export const H_ADVISOR_START_SCAN: u32 = HEADER + 256;
export const H_ADVISOR_SCAN_TIME: u32 = HEADER + 264;
export const H_ADVISOR_CHANGE: u32 = HEADER + 272;
export const H_ADVISOR_CPU_TIME: u32 = HEADER + 280;

/** Sentinel of the circular list of mm slots, laid out so that MM_SLOT_NEXT/PREV work on it. ksmd's cursor is on it between passes. */
export const SLOTS: u32 = HEADER + 296;
/** Head of the list of stable nodes whose frame moved to another NUMA node. */
export const H_MIGRATE_NODES: u32 = HEADER + 312;

/** Counters, u32 each. */
export const H_PAGES_SHARED: u32 = HEADER + 320;
export const H_PAGES_SHARING: u32 = HEADER + 324;
export const H_PAGES_UNSHARED: u32 = HEADER + 328;
export const H_RMAP_ITEMS: u32 = HEADER + 332;
export const H_KSM_ZERO_PAGES: u32 = HEADER + 336;
export const H_STABLE_NODE_CHAINS: u32 = HEADER + 340;
export const H_STABLE_NODE_DUPS: u32 = HEADER + 344;
/** Counters, u64 each. */
export const H_PAGES_SCANNED: u32 = HEADER + 352;
export const H_PAGES_SKIPPED: u32 = HEADER + 360;
export const H_FULL_SCANS: u32 = HEADER + 368;
export const H_COW_KSM: u32 = HEADER + 376;
export const H_KSM_SWPIN_COPY: u32 = HEADER + 384;
/** Milliseconds of the caller's clock, modulo 2^32, at the start of the running batch. */
export const H_NOW: u32 = HEADER + 392;

/** Is a page that nobody wrote since it was hashed read again? One of DIRTY_*. A setting of this engine's own. */
export const H_DIRTY_TRACKING: u32 = HEADER + 400;
/** Every page is read in every pass, as Linux does. */
export const DIRTY_OFF: u32 = 0;
/** A page that is not marked dirty is not read. */
export const DIRTY_ON: u32 = 1;
/** As DIRTY_ON, but each page is read in every DIRTY_PERIOD-th pass all the same. */
export const DIRTY_ADVISORY: u32 = 2;
export const DIRTY_PERIOD: u32 = 8;
/** Which of Linux's pathologies are cured: CURE_* bits. Settings of this engine's own. */
export const H_CURES: u32 = HEADER + 428;
/** Smart scan skips by the number of the pass, so that equal pages are looked at in the same pass sooner or later. */
export const CURE_SMART_SCAN_PHASE: u32 = 1;
/** The scan-time advisor keeps to advisor_min_pages_to_scan, and may use less than 10 % CPU. */
export const CURE_ADVISOR_FLOOR: u32 = 2;
/** The worker that is ksmd; 0: none. While one is being started, the one that starts it. */
export const H_KSMD: u32 = HEADER + 424;
/** Dups that searches and changes of dups have looked at, u64: what chains cost. */
export const H_DUPS_SEEN: u32 = HEADER + 504;
/** Pins for DMA, of all frames. */
export const H_DMA_PINS: u32 = HEADER + 188;
/** Base of one more region. */
export const H_FOLIOS: u32 = HEADER + 436;
/** How many workers' records were ever used. */
export const H_WORKERS: u32 = HEADER + 440;
/** Do several threads use this memory? Else nobody takes the lock or looks at workers' records. */
export const H_CONCURRENT: u32 = HEADER + 456;
/** The id that the next process gets. */
export const H_NEXT_ID: u32 = HEADER + 460;
/** Rung when ksmd may have got work, or a setting changed. */
export const H_KSMD_BELL: u32 = HEADER + 464;
/** Frames that nobody maps any more, but that an access under way names: index of the first, plus one. */
export const H_LIMBO: u32 = HEADER + 444;

/** Free lists of frames, one row a NUMA node: {first free, first never used, end, in use}. */
export const H_FRAME_LISTS: u32 = HEADER + 512;
export const FRAME_LIST_FREE: u32 = 0;
export const FRAME_LIST_FRESH: u32 = 4;
export const FRAME_LIST_END: u32 = 8;
export const FRAME_LIST_USED: u32 = 12;
export const FRAME_LIST_BYTES: u32 = 16;
export const NID_LIMIT: u32 = 16;

/** Key of the keyed page hash. */
export const HASH_KEY: u32 = HEADER + 1024;
export const HASH_KEY_BYTES: u32 = 4096 + 256;

// ---- scanner: one that looks at many pages in turn, fast ---------------------------------------------------------------
// Its whole state is one record; each policy that scans has one of its own (SCANNERS). Offsets are from the start of the record.
//
//   0      64    128                                                notes             recent
//   | head | job | window 0: head, turns, checksums | window 1 | 2 u32 a turn | frames read last |

/** The cursor: the mm that it is on, and the next page number to look at. */
export const SCANNER_SLOT: u32 = 0;
export const SCANNER_PAGE: u32 = SCANNER_SLOT + 4;
/** The worker that runs a batch with this scanner, plus one, and SCANNER_CUT; 0: none does. No other may start meanwhile. */
export const SCANNER_BUSY: u32 = SCANNER_PAGE + 4;
/** In SCANNER_BUSY: the cursor was taken away from that batch. */
export const SCANNER_CUT: u32 = 0x80000000;
/** Threads that compute checksums, the caller's included; 0 means 1. */
export const SCANNER_THREADS: u32 = SCANNER_BUSY + 4;
/** Written by look-ahead and read by nobody, so that the compiler leaves its loads alone. */
export const SCANNER_SINK: u32 = SCANNER_THREADS + 4;

// ---- job: the checksums of one window, shared among threads; on a cache line of its own, because all of them write to it ---------

/** One word, so that a claim is one atomic addition: next chunk (10 bits), chunks (10 bits), which window (1 bit), number of the job. */
export const SCANNER_JOB: u32 = 64;
export const JOB_CHUNKS_SHIFT: u32 = 10;
export const JOB_CHUNKS_MASK: u32 = 0x3ff;
export const JOB_WINDOW_SHIFT: u32 = 20;
export const JOB_NUMBER_SHIFT: u32 = 21;
/** Chunks that are done, with the number of the job. */
export const SCANNER_JOB_DONE: u32 = SCANNER_JOB + 4;
/** Rings at each job. */
export const SCANNER_JOB_BELL: u32 = SCANNER_JOB_DONE + 4;
/** A helper died: its chunks of the job will never be done. */
export const SCANNER_JOB_LOST: u32 = SCANNER_JOB_BELL + 4;
/** Pages of one chunk. */
export const JOB_CHUNK_PAGES: u32 = 32;

// ---- windows: what the walk has selected -----------------------------------------------------------------------------
// There are two, so that one can be fingerprinted by other threads while the other is decided on. WINDOW_PAGES is how many turns one
// thread takes at a time, WINDOW_PAGES_MAX how many there are at most; both earned by bench/scan. Offsets are from the window's start.

export const SCANNER_WINDOWS: u32 = SCANNER_JOB + 64;
export const WINDOW_PAGES: u32 = 128;
export const WINDOW_PAGES_MAX: u32 = 2048;
/** Turns in the window. */
export const WINDOW_COUNT: u32 = 0;
/** Pages that count towards the batch, settled ones too. */
export const WINDOW_TAKEN: u32 = WINDOW_COUNT + 4;
/** How many turns and how many pages it may have. */
export const WINDOW_ROOM: u32 = WINDOW_TAKEN + 4;
export const WINDOW_BUDGET: u32 = WINDOW_ROOM + 4;
/** Turns in the other window that come before those in this one. */
export const WINDOW_BEFORE: u32 = WINDOW_BUDGET + 4;
/** A turn is what has to be decided on: an entry, with its kind in the upper two bits. */
export const WINDOW_TURNS: u32 = 64;
/** One a turn; only those of TURN_ORDINARY mean anything. */
export const WINDOW_CHECKSUMS: u32 = WINDOW_TURNS + WINDOW_PAGES_MAX * 4;
export const WINDOW_BYTES: u32 = WINDOW_CHECKSUMS + WINDOW_PAGES_MAX * 4;
/** An ordinary page of one mapping: its checksum is wanted. */
export const TURN_ORDINARY: u32 = 0;
/** The same, known to be unchanged since it was last hashed. */
export const TURN_CLEAN: u32 = 0x40000000;
/** A page whose treatment may depend on what happens to those before it. */
export const TURN_ANY: u32 = 0x80000000;
/** An item in the stable tree whose page is gone. */
export const TURN_GONE: u32 = 0xc0000000;
export const TURN_KIND: u32 = 0xc0000000;

// ---- look-ahead ------------------------------------------------------------------------------------------------------

/** What look-ahead notes of the window at hand: two u32 for each turn in it. */
export const SCANNER_NOTES: u32 = SCANNER_WINDOWS + 2 * WINDOW_BYTES;
export const NOTE_BYTES: u32 = 8;
/** Which frames it has read last; a power of two of them, which together fit a first-level cache. */
export const SCANNER_RECENT: u32 = SCANNER_NOTES + WINDOW_PAGES_MAX * NOTE_BYTES;
export const RECENT_FRAMES: u32 = 8;

export const SCANNER_BYTES: u32 = (SCANNER_RECENT + RECENT_FRAMES * 4 + 63) & ~63;

/**
 * What threads share while guests run beside the scanner (docs/protocol.md), each on a cache line of its own: the lock, the epoch
 * of translations, and a record for each worker. The lock holds the worker that has it, 0: nobody.
 *
 * A worker is named by a number that no other ever had: bits 0 to 5 are which record it has, the others count the workers that had
 * it before, from 1. A record whose count is used up stays unused.
 */
export const LOCK: u32 = (HASH_KEY + HASH_KEY_BYTES + 63) & ~63;
export const EPOCH: u32 = LOCK + 64;
export const WORKERS: u32 = EPOCH + 64;
export const WORKER_BYTES: u32 = 64;
export const WORKER_LIMIT: u32 = 64;
export const WORKER_INDEX_BITS: u32 = 6;
export const WORKER_INDEX_MASK: u32 = 63;
export const WORKER_GENERATIONS: u32 = (1 << 24) - 1;
/** What its guest is accessing: 0, or ACCESS_WALK, or the address of a frame with ACCESS_READ or ACCESS_WRITE. */
export const WORKER_ACCESS: u32 = 0;
/** The worker whose record this is; 0: nobody's. Beside WORKER_ACCESS, so that both are compared and exchanged together. */
export const WORKER_NUMBER: u32 = 4;
/** In WORKER_NUMBER: it is taken for dead, and may do nothing any more. The record is free once the memory is recovered. */
export const WORKER_EXPELLED: u32 = 0x80000000;
// The flags below hold the number of the worker that they are true of: where that is not the record's, it is what another left behind.
/** It waits for the lock. */
export const WORKER_WAITS: u32 = 8;
/** A helper of the scanner that is computing checksums of a window; with WORKER_READS, the scanner that does so without the lock. */
export const WORKER_BUSY: u32 = 12;
export const WORKER_READS: u32 = 0x40000000;
/** A helper of the scanner that is to end. */
export const WORKER_END: u32 = 16;
/** It may not sleep: the main thread of a browser. */
export const WORKER_SLEEPLESS: u32 = 20;
/** How many workers have had the record. */
export const WORKER_GENERATION: u32 = 24;
/** A thread uses the number (as those above); else it is kept for one that is about to. */
export const WORKER_ATTACHED: u32 = 28;
export const ACCESS_READ: u32 = 1;
export const ACCESS_WRITE: u32 = 2;
/** It is looking its page up: no page table may be used for anything else. */
export const ACCESS_WALK: u32 = 4;
export const WORKERS_END: u32 = WORKERS + WORKER_LIMIT * WORKER_BYTES;
/** The records of the scanners, one for each policy that scans (layout/scanner). */
export const SCANNERS: u32 = (WORKERS_END + 63) & ~63;
export const SCANNER_LIMIT: u32 = 1;
/** ksmd's, and those of its words that others than the engine's threads use. */
export const LINUX_SCANNER: u32 = SCANNERS;
export const LINUX_SLOT: u32 = LINUX_SCANNER + SCANNER_SLOT;
export const LINUX_PAGE: u32 = LINUX_SCANNER + SCANNER_PAGE;
export const LINUX_BUSY: u32 = LINUX_SCANNER + SCANNER_BUSY;
export const LINUX_THREADS: u32 = LINUX_SCANNER + SCANNER_THREADS;
export const LINUX_JOB: u32 = LINUX_SCANNER + SCANNER_JOB;
export const LINUX_JOB_DONE: u32 = LINUX_SCANNER + SCANNER_JOB_DONE;
export const LINUX_JOB_BELL: u32 = LINUX_SCANNER + SCANNER_JOB_BELL;
export const LINUX_JOB_LOST: u32 = LINUX_SCANNER + SCANNER_JOB_LOST;
export const LINUX_WINDOWS: u32 = LINUX_SCANNER + SCANNER_WINDOWS;
export const SCANNERS_END: u32 = SCANNERS + SCANNER_LIMIT * SCANNER_BYTES;
/** First byte behind the fixed part; the regions follow. */
export const REGIONS: u32 = (SCANNERS_END + 65535) & ~65535;

// ---- mm: one address space, and with it its slot on ksmd's list ---------------------------------------------------------

export const MM_BYTES: u32 = 64;
export const MM_FLAGS: u32 = 0;
/** Root page table. */
export const MM_PGD: u32 = 4;
/** The slot list, in the order in which ksmd visits. */
export const MM_SLOT_NEXT: u32 = 8;
export const MM_SLOT_PREV: u32 = 12;
/** Root of the vma tree, and the vma found last. */
export const MM_VMAS: u32 = 16;
export const MM_VMA_CACHE: u32 = 20;
export const MM_MERGING_PAGES: u32 = 24;
export const MM_RMAP_ITEMS: u32 = 28;
export const MM_ZERO_PAGES: u32 = 32;
/** NUMA node whose frames it prefers. */
export const MM_NID: u32 = 36;
/** vmas that map a shared object (such an object is an mm that nobody runs in). */
export const MM_REFS: u32 = 40;
/** Number of vmas. */
export const MM_VMA_COUNT: u32 = 44;
/** The process's id, which exec keeps. */
export const MM_ID: u32 = 48;
/** Worker that has made it and has told nobody of it yet, or 0. If that worker dies the mm goes. */
export const MM_MAKER: u32 = 52;
/** During exec: the mm in whose place it comes once that one has ended, or 0. */
export const MM_REPLACES: u32 = 56;

export const MM_IN_USE: u32 = 1;
/** Ended: page tables are gone, the slot waits for ksmd. */
export const MM_EXITED: u32 = 2;
/** Has a slot on the list. */
export const MM_MERGEABLE: u32 = 4;
/** prctl(PR_SET_MEMORY_MERGE) is on. */
export const MM_MERGE_ANY: u32 = 8;
/** Backs shared anonymous memory. */
export const MM_SHARED_OBJECT: u32 = 16;
/** A fork is still making it: nobody has a handle to it yet. */
export const MM_UNBORN: u32 = 32;

// ---- vma: one mapping range with uniform flags; a node of its mm's tree, keyed by its first page ---------------------------

export const VMA_BYTES: u32 = 40;
export const VMA_START: u32 = 0;
/** One past the last page. */
export const VMA_END: u32 = 16;
export const VMA_FLAGS: u32 = 20;
/** Shared object behind it, and which page of the object its first page is. */
export const VMA_OBJECT: u32 = 24;
export const VMA_OBJECT_PAGE: u32 = 28;

/** The mm it belongs to; 0: not in use. Written last when a vma comes, first when it goes. */
export const VMA_MM: u32 = 32;

export const VM_READ: u32 = 1;
export const VM_WRITE: u32 = 2;
export const VM_SHARED: u32 = 4;
export const VM_MERGEABLE: u32 = 8;
/** Device or otherwise special memory, which KSM refuses. */
export const VM_SPECIAL: u32 = 16;
/** Was written once, so fork copies its ptes (Linux: it has an anon_vma). */
export const VM_ANON: u32 = 32;
/** Private mapping of a file: pages are the file's until they are written. */
export const VM_FILE: u32 = 64;
/** mlocked: DONTNEED is refused. */
export const VM_LOCKED: u32 = 128;
/** Gets huge pages where 2 MiB of it are aligned and untouched. */
export const VM_HUGEPAGE: u32 = 256;
/** Came written from a parent (Linux: its anon_vma is not its own), so it joins no mapping that did not. */
export const VM_INHERITED: u32 = 512;
/** Private memory that may not be written and never was (Linux: not VM_ACCOUNT), so it joins none that was. */
export const VM_UNCHARGED: u32 = 1024;

// ---- page tables ------------------------------------------------------------------------------------------------------
// A page number has 27 bits: 9 for the root table, 9 for the middle table, 9 for the leaf. A table is 512 u32: the root
// holds addresses of middle tables, a middle table holds leaf numbers. Leaf n owns entries n * 512 .. n * 512 + 511 of
// the three parallel arrays below; "entry" (e) is that global index and names one virtual page of one mm for as long
// as its leaf lives. Leaf 0 is never used, so that leaf 0 and entry 0 mean "none".

export const TABLE_BITS: u32 = 9;
export const TABLE_ENTRIES: u32 = 512;
export const TABLE_BYTES: u32 = 2048;
/** A read fault on a page of a shared object or a file also maps its neighbours in a window of so many pages. */
export const FAULT_AROUND_PAGES: u32 = 16;
/** Pages of an address space. */
export const MM_PAGES: u32 = 1 << 27;

/** Leaf record: {mm, page number of entry 0, present ptes plus rmap items}. */
export const LEAF_BYTES: u32 = 16;
export const LEAF_MM: u32 = 0;
export const LEAF_PAGE: u32 = 4;
export const LEAF_USED: u32 = 8;
/** Only while recovering: it is reachable. */
export const LEAF_MARK: u32 = 12;

/** PTES[e]: address of the frame in the upper 20 bits, flags below. 0: nothing mapped. Public ABI. */
export const PTE_FRAME: u32 = 0xfffff000;
export const PTE_PRESENT: u32 = 1;
/** A store may go straight to the frame. */
export const PTE_WRITABLE: u32 = 2;
/** Maps the zero frame because KSM put it there. */
export const PTE_KSM_ZERO: u32 = 4;
/** Settled: maps the frame of the stable node that its rmap item hangs on. */
export const PTE_MERGED: u32 = 8;
/** Access is denied (mprotect), also to reads. One that stays where it is allowed again goes at the next fault. Never with WRITABLE. */
export const PTE_NONE: u32 = 16;
export const PTE_DIRTY: u32 = 32;
/** Frame of a shared object or a file: not anonymous. */
export const PTE_SHARED: u32 = 64;

/** STATES[e]: the rmap item's small fields. */
export const STATE_SEQ: u32 = 0xff;
export const STATE_AGE_SHIFT: u32 = 8;
export const STATE_SKIPS_SHIFT: u32 = 16;
export const STATE_BYTE: u32 = 0xff;
/** Bits of the state word. There is an rmap item for this page. */
export const STATE_ITEM: u32 = 1 << 24;
export const STATE_UNSTABLE: u32 = 1 << 25;
export const STATE_STABLE: u32 = 1 << 26;
/** Never hashed: ITEM_CHECKSUM says nothing yet. */
export const STATE_FRESH: u32 = 1 << 27;
/** UNSTABLE, but no tree node any more: another page of the same content took its place (hash order), or the pass was given up. */
export const STATE_DISPLACED: u32 = 1 << 28;
/** UNSTABLE, but has to search again at its next turn: its content may have come to the stable tree, or its tree is another. */
export const STATE_MUST_SEARCH: u32 = 1 << 29;

/** ITEMS[e]: what links the rmap item. A tree node while UNSTABLE, a list entry of its stable node while STABLE. */
export const ITEM_BYTES: u32 = 16;
export const ITEM_SHIFT: u32 = 4;
/** oldchecksum; also the tree key in hash order. */
export const ITEM_CHECKSUM: u32 = 0;
export const ITEM_NODE: u32 = 4;
export const ITEM_NEXT: u32 = 8;
export const ITEM_PREV: u32 = 12;

// ---- red-black tree node: the first 16 bytes of an rmap item, a stable node or a vma ---------------------------------------

export const RB_KEY: u32 = 0;
export const RB_LEFT: u32 = 4;
export const RB_RIGHT: u32 = 8;
/** Address of the parent, or of the root slot with RB_IS_ROOT; RB_BLACK in bit 0. */
export const RB_PARENT: u32 = 12;
export const RB_BLACK: u32 = 1;
export const RB_IS_ROOT: u32 = 2;

// ---- roots of the trees: one record for each root number; a search looks at both, so they share a cache line ----------------

export const ROOT_BYTES: u32 = 8;
export const ROOT_STABLE: u32 = 0;
export const ROOT_UNSTABLE: u32 = 4;

// ---- stable node: regular node, chain, or dup of a chain --------------------------------------------------------------------
// | field          | regular node         | chain                  | dup                      |
// | 0..15          | tree node            | tree node              | key, next, prev, chain   |
// | NODE_FRAME     | its frame, 0: stale  | time of the last prune | its frame, 0: stale      |
// | NODE_HEAD      | first rmap item      | first dup              | first rmap item          |
// | NODE_LEN       | rmap items           | 0                      | rmap items               |
// | NODE_MAPS      | references to it     | 0                      | references to it         |
// References are ptes and pins. In a stale node NODE_MAPS holds the address of the frame that it had.

export const NODE_BYTES: u32 = 32;
export const NODE_KEY: u32 = 0;
export const NODE_DUP_NEXT: u32 = 4;
export const NODE_DUP_PREV: u32 = 8;
export const NODE_CHAIN: u32 = 12;
export const NODE_FRAME: u32 = 16;
export const NODE_PRUNE_TIME: u32 = 16;
export const NODE_HEAD: u32 = 20;
/** Upper 4 bits: NUMA node of the tree it is linked in; 4 flag bits; the rest counts the rmap items. */
export const NODE_LEN: u32 = 24;
export const NODE_MAPS: u32 = 28;
export const NODE_NID_SHIFT: u32 = 28;
export const NODE_IS_CHAIN: u32 = 1 << 27;
export const NODE_IS_DUP: u32 = 1 << 26;
export const NODE_MIGRATING: u32 = 1 << 25;
/** In no tree: its frame became KSM's for a merge that then failed. */
export const NODE_ORPHAN: u32 = 1 << 24;
export const NODE_LEN_MASK: u32 = (1 << 24) - 1;

// ---- room: ROOMS[stable node number], what only chains and their dups have: trees by which a chain finds the dups that matter ------
// A chain has the roots. A dup is a node of WITH_ROOM and FULLEST, or of STALE, or of none, where it is full or has no items; the
// parent field of one that is in no tree is 0. Places fall along the list of dups; the words of other nodes mean nothing.

export const ROOM_BYTES: u32 = NODE_BYTES;
/** Of a chain: dups that take another page, by place and by items; stale dups by place. */
export const ROOM_WITH_ROOM: u32 = 0;
export const ROOM_FULLEST: u32 = 4;
export const ROOM_STALE: u32 = 8;
/** Of a dup: its place, which is the key of a tree node here; and where the tree node by items begins. */
export const ROOM_PLACE: u32 = 0;
export const ROOM_BY_ITEMS: u32 = 16;
export const ROOM_PLACE_MAX: u32 = 0xffffffff;

// ---- frame word: FRAME_WORDS[frame number - first], one u32 a frame -------------------------------------------------------
// free:  FRAME_FREE | index of the next free frame + 1; FRAME_OFFLINE: taken out of use
// limbo: FRAME_FREE | FRAME_LIMBO | index of the next frame in limbo + 1
// KSM:   FRAME_KSM | address of its stable node >> 5 (the count of ptes is in the node)
// other: count of ptes (and of the shared object that holds it), and whether extra references pin it (FRAME_PINNED);
//        0: held, a part of a large folio to which nobody refers any more
// There are at most 2^27 ptes, so that no count reaches the flags.

export const FRAME_FREE: u32 = 0x40000000;
export const FRAME_OFFLINE: u32 = 0x7fffffff;
/** Together with FRAME_FREE: in limbo. */
export const FRAME_LIMBO: u32 = 0x20000000;
export const FRAME_KSM: u32 = 0x80000000;
export const FRAME_NODE_SHIFT: u32 = 5;
export const FRAME_NODE_MASK: u32 = 0x07ffffff;
export const FRAME_COUNT_MASK: u32 = 0x1fffffff;
/** Without FRAME_FREE: the frame has extra references. */
export const FRAME_PINNED: u32 = 0x20000000;

// ---- extra references: PINCOUNTS[frame number - first], one u32 a frame, KSM frames too ---------------------------------------
// Lower half: all of them; upper half: those among them that are pins for DMA (memory/pins). One more than fits is refused.

export const PINS_MASK: u32 = 0xffff;
export const PINS_DMA_SHIFT: u32 = 16;

// ---- large folio: FOLIOS[n] is about frames n * 512 to n * 512 + 511, counted from the first ---------------------------------
// 0: they are single frames. Else they are the parts of one large folio, and the word counts those that are not held.
// Part k is mapped by entry k of a leaf, and by no other.

export const FOLIO_BITS: u32 = TABLE_BITS;
export const FOLIO_FRAMES: u32 = TABLE_ENTRIES;

// ---- status of a call --------------------------------------------------------------------------------------------------

/** Errnos of Linux on x86-64, as calls return them. */
export const EPERM: u32 = 1;
export const ESRCH: u32 = 3;
export const EAGAIN: u32 = 11;
export const ENOMEM: u32 = 12;
export const EFAULT: u32 = 14;
export const EBUSY: u32 = 16;
export const EEXIST: u32 = 17;
export const EINVAL: u32 = 22;

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

/** Result of scanBatch: pages processed, with SCAN_PASS_ENDED where the batch ended a pass; SCAN_BUSY: another is under way. */
export const SCAN_PASS_ENDED: u32 = 0x80000000;
export const SCAN_BUSY: u32 = 0x40000000;
/** A batch has fewer pages than that. */
export const SCAN_PAGES_MAX: u32 = 0x3fffffff;

/** What the simulation build tells its scheduler at each step (assembly/step.ts). */
export const STEP_ON: u32 = 0;
/** It waits for somebody else to do something. */
export const STEP_WAIT: u32 = 1;
/** It allocates; the scheduler may refuse. */
export const STEP_ALLOCATE: u32 = 2;

"use strict";
/// <reference path="./u32.d.ts" preserve="true" />
/**
 * Where everything lies in the one linear memory: every offset, size, flag and limit, and nothing else.
 *
 * This file is compiled by asc into the engine and imported by src/, so no number in it is written twice. It may hold
 * only `u32` constants and expressions of them. An address is a byte offset from the start of the memory; address 0
 * means "none". Nothing is ever stored below HEADER (the compiler may assume that the first 1024 bytes are unused).
 *
 *   0         HEADER          regions, whose bases and sizes depend on the limits chosen at creation      end - 4096
 *   | unused  | header, key,  | mms | vmas | tables | leaves | ptes | states | items | nodes |            | reserved |
 *   |         | scan window   | frame words | dirty bitmap | roots |        frames (4096 bytes each)      | page     |
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.INDEX_CONTENT = exports.H_INDEX = exports.H_FRAMES_USED = exports.LIMIT_NODES = exports.LIMIT_TABLES = exports.LIMIT_VMAS = exports.LIMIT_PROCESSES = exports.LIMIT_PAGES = exports.LIMIT_FRAMES = exports.LIMIT_NONE = exports.H_LIMIT_HIT = exports.FREE_USED = exports.FREE_FRESH = exports.FREE_FIRST = exports.H_FREE_NODES = exports.H_FREE_LEAVES = exports.H_FREE_TABLES = exports.H_FREE_VMAS = exports.H_FREE_MMS = exports.H_FRAMES_END = exports.H_FRAMES = exports.H_UNSTABLE_ROOTS = exports.H_STABLE_ROOTS = exports.H_DIRTY = exports.H_FRAME_WORDS = exports.H_NODES = exports.H_ITEMS = exports.H_STATES = exports.H_PTES = exports.H_LEAVES = exports.H_TABLES = exports.H_VMAS = exports.H_MMS = exports.H_NID_COUNT = exports.H_ROOT_COUNT = exports.H_FRAME_LIMIT = exports.H_NODE_LIMIT = exports.H_LEAF_LIMIT = exports.H_TABLE_LIMIT = exports.H_VMA_LIMIT = exports.H_MM_LIMIT = exports.H_MEMORY_PAGES = exports.H_BUILD = exports.H_VERSION = exports.H_MAGIC = exports.HEADER = exports.PAGE_SHIFT = exports.PAGE_SIZE = exports.MAGIC = exports.LAYOUT_VERSION = void 0;
exports.HASH_KEY_BYTES = exports.HASH_KEY = exports.NID_LIMIT = exports.FRAME_LIST_BYTES = exports.FRAME_LIST_USED = exports.FRAME_LIST_END = exports.FRAME_LIST_FRESH = exports.FRAME_LIST_FREE = exports.H_FRAME_LISTS = exports.H_WINDOW_PAGES_TAKEN = exports.H_WINDOW_COUNT = exports.H_NOW = exports.H_KSM_SWPIN_COPY = exports.H_COW_KSM = exports.H_FULL_SCANS = exports.H_PAGES_SKIPPED = exports.H_PAGES_SCANNED = exports.H_STABLE_NODE_DUPS = exports.H_STABLE_NODE_CHAINS = exports.H_KSM_ZERO_PAGES = exports.H_RMAP_ITEMS = exports.H_PAGES_UNSHARED = exports.H_PAGES_SHARING = exports.H_PAGES_SHARED = exports.H_MIGRATE_NODES = exports.SLOTS = exports.H_CURSOR_PAGE = exports.H_CURSOR_SLOT = exports.H_ADVISOR_CPU_TIME = exports.H_ADVISOR_CHANGE = exports.H_ADVISOR_SCAN_TIME = exports.H_ADVISOR_START_SCAN = exports.H_ADVISOR_TARGET_SCAN_TIME = exports.H_ADVISOR_MAX_PAGES_TO_SCAN = exports.H_ADVISOR_MIN_PAGES_TO_SCAN = exports.H_ADVISOR_MAX_CPU = exports.H_ADVISOR_MODE = exports.H_STABLE_NODE_CHAINS_PRUNE_MILLISECS = exports.H_SMART_SCAN = exports.H_USE_ZERO_PAGES = exports.H_MAX_PAGE_SHARING = exports.H_MERGE_ACROSS_NODES = exports.H_SLEEP_MILLISECS = exports.H_PAGES_TO_SCAN = exports.H_RUN = exports.H_ZERO_CHECKSUM = exports.CHECKSUM_KEYED = exports.CHECKSUM_XXH64 = exports.H_CHECKSUM = exports.INDEX_HASH = void 0;
exports.PTE_WRITABLE = exports.PTE_PRESENT = exports.PTE_FRAME = exports.LEAF_USED = exports.LEAF_PAGE = exports.LEAF_MM = exports.LEAF_BYTES = exports.MM_PAGES = exports.TABLE_BYTES = exports.TABLE_ENTRIES = exports.TABLE_BITS = exports.VM_ANON = exports.VM_SPECIAL = exports.VM_MERGEABLE = exports.VM_SHARED = exports.VM_WRITE = exports.VM_READ = exports.VMA_OBJECT_PAGE = exports.VMA_OBJECT = exports.VMA_FLAGS = exports.VMA_END = exports.VMA_START = exports.VMA_BYTES = exports.MM_SHARED_OBJECT = exports.MM_MERGE_ANY = exports.MM_MERGEABLE = exports.MM_EXITED = exports.MM_IN_USE = exports.MM_VMA_COUNT = exports.MM_REFS = exports.MM_NID = exports.MM_ZERO_PAGES = exports.MM_RMAP_ITEMS = exports.MM_MERGING_PAGES = exports.MM_VMA_CACHE = exports.MM_VMAS = exports.MM_SLOT_PREV = exports.MM_SLOT_NEXT = exports.MM_PGD = exports.MM_FLAGS = exports.MM_BYTES = exports.REGIONS = exports.WINDOW_END = exports.WINDOW_HASHES = exports.WINDOW_PAGES = exports.WINDOW_KIND = exports.WINDOW_GONE = exports.WINDOW_ANY = exports.WINDOW_ORDINARY = exports.WINDOW = void 0;
exports.EAGAIN = exports.EPERM = exports.FRAME_PINS_MASK = exports.FRAME_PIN = exports.FRAME_COUNT_MASK = exports.FRAME_NODE_MASK = exports.FRAME_NODE_SHIFT = exports.FRAME_KSM = exports.FRAME_FREE = exports.NODE_LEN_MASK = exports.NODE_ORPHAN = exports.NODE_MIGRATING = exports.NODE_IS_DUP = exports.NODE_IS_CHAIN = exports.NODE_NID_SHIFT = exports.NODE_MAPS = exports.NODE_LEN = exports.NODE_HEAD = exports.NODE_PRUNE_TIME = exports.NODE_FRAME = exports.NODE_CHAIN = exports.NODE_DUP_PREV = exports.NODE_DUP_NEXT = exports.NODE_KEY = exports.NODE_BYTES = exports.RB_IS_ROOT = exports.RB_BLACK = exports.RB_PARENT = exports.RB_RIGHT = exports.RB_LEFT = exports.RB_KEY = exports.ITEM_PREV = exports.ITEM_NEXT = exports.ITEM_NODE = exports.ITEM_CHECKSUM = exports.ITEM_SHIFT = exports.ITEM_BYTES = exports.STATE_STABLE = exports.STATE_UNSTABLE = exports.STATE_ITEM = exports.STATE_BYTE = exports.STATE_SKIPS_SHIFT = exports.STATE_AGE_SHIFT = exports.STATE_SEQ = exports.PTE_HUGE = exports.PTE_SHARED = exports.PTE_DIRTY = exports.PTE_ACCESSED = exports.PTE_MERGED = exports.PTE_KSM_ZERO = void 0;
exports.SCAN_PASS_ENDED = exports.MADV_UNMERGEABLE = exports.MADV_MERGEABLE = exports.MADV_DONTNEED = exports.MAP_NONE = exports.MAP_SPECIAL = exports.MAP_READ_ONLY = exports.MAP_FIXED_NOREPLACE = exports.MAP_SHARED = exports.EINVAL = exports.EEXIST = exports.EBUSY = exports.EFAULT = exports.ENOMEM = void 0;
/** Raised whenever a field moves or changes meaning; whoever attaches to a memory compares it first. */
exports.LAYOUT_VERSION = 1;
/** "KSMw", little-endian. */
exports.MAGIC = 0x774d534b;
exports.PAGE_SIZE = 4096;
exports.PAGE_SHIFT = 12;
// ---- header: one u32 a field unless said ----------------------------------------------------------------------------
exports.HEADER = 1024;
exports.H_MAGIC = exports.HEADER;
exports.H_VERSION = exports.HEADER + 4;
/** Stamp of the engine binary that laid this memory out. */
exports.H_BUILD = exports.HEADER + 8;
/** Size of the linear memory in 64 KiB pages. */
exports.H_MEMORY_PAGES = exports.HEADER + 12;
/** Limits: how many records each region has room for. */
exports.H_MM_LIMIT = exports.HEADER + 16;
exports.H_VMA_LIMIT = exports.HEADER + 20;
exports.H_TABLE_LIMIT = exports.HEADER + 24;
exports.H_LEAF_LIMIT = exports.HEADER + 28;
exports.H_NODE_LIMIT = exports.HEADER + 32;
exports.H_FRAME_LIMIT = exports.HEADER + 36;
/** Roots of one tree: a power of two; 1 in content order. */
exports.H_ROOT_COUNT = exports.HEADER + 40;
/** NUMA nodes of this host. */
exports.H_NID_COUNT = exports.HEADER + 44;
/** Bases of the regions, as addresses. */
exports.H_MMS = exports.HEADER + 48;
exports.H_VMAS = exports.HEADER + 52;
exports.H_TABLES = exports.HEADER + 56;
exports.H_LEAVES = exports.HEADER + 60;
exports.H_PTES = exports.HEADER + 64;
exports.H_STATES = exports.HEADER + 68;
exports.H_ITEMS = exports.HEADER + 72;
exports.H_NODES = exports.HEADER + 76;
exports.H_FRAME_WORDS = exports.HEADER + 80;
exports.H_DIRTY = exports.HEADER + 84;
exports.H_STABLE_ROOTS = exports.HEADER + 88;
exports.H_UNSTABLE_ROOTS = exports.HEADER + 92;
/** Address of the first frame, which is the shared zero frame. */
exports.H_FRAMES = exports.HEADER + 96;
/** End of the last frame. */
exports.H_FRAMES_END = exports.HEADER + 100;
/** Free lists of the arenas: {first free record, records never used yet start here, records in use}. */
exports.H_FREE_MMS = exports.HEADER + 104;
exports.H_FREE_VMAS = exports.HEADER + 116;
exports.H_FREE_TABLES = exports.HEADER + 128;
exports.H_FREE_LEAVES = exports.HEADER + 140;
exports.H_FREE_NODES = exports.HEADER + 152;
exports.FREE_FIRST = 0;
exports.FREE_FRESH = 4;
exports.FREE_USED = 8;
/** Which limit refused the last call that failed with ENOMEM: one of LIMIT_*. */
exports.H_LIMIT_HIT = exports.HEADER + 164;
exports.LIMIT_NONE = 0;
exports.LIMIT_FRAMES = 1;
exports.LIMIT_PAGES = 2;
exports.LIMIT_PROCESSES = 3;
exports.LIMIT_VMAS = 4;
exports.LIMIT_TABLES = 5;
exports.LIMIT_NODES = 6;
/** Frames in use, all NUMA nodes together. */
exports.H_FRAMES_USED = exports.HEADER + 168;
/** Modes chosen at creation. */
exports.H_INDEX = exports.HEADER + 172;
exports.INDEX_CONTENT = 0;
exports.INDEX_HASH = 1;
exports.H_CHECKSUM = exports.HEADER + 176;
exports.CHECKSUM_XXH64 = 0;
exports.CHECKSUM_KEYED = 1;
/** Checksum of the zero page in the chosen hash. */
exports.H_ZERO_CHECKSUM = exports.HEADER + 180;
/** Settings, by their names under /sys/kernel/mm/ksm. */
exports.H_RUN = exports.HEADER + 192;
exports.H_PAGES_TO_SCAN = exports.HEADER + 196;
exports.H_SLEEP_MILLISECS = exports.HEADER + 200;
exports.H_MERGE_ACROSS_NODES = exports.HEADER + 204;
exports.H_MAX_PAGE_SHARING = exports.HEADER + 208;
exports.H_USE_ZERO_PAGES = exports.HEADER + 212;
exports.H_SMART_SCAN = exports.HEADER + 216;
exports.H_STABLE_NODE_CHAINS_PRUNE_MILLISECS = exports.HEADER + 220;
exports.H_ADVISOR_MODE = exports.HEADER + 224;
exports.H_ADVISOR_MAX_CPU = exports.HEADER + 228;
/** u64 each. */
exports.H_ADVISOR_MIN_PAGES_TO_SCAN = exports.HEADER + 232;
exports.H_ADVISOR_MAX_PAGES_TO_SCAN = exports.HEADER + 240;
exports.H_ADVISOR_TARGET_SCAN_TIME = exports.HEADER + 248;
/** The advisor's memory between passes, u64 each: pass start (ms), scan time (s), change (%), CPU time (ns). */
exports.H_ADVISOR_START_SCAN = exports.HEADER + 256;
exports.H_ADVISOR_SCAN_TIME = exports.HEADER + 264;
exports.H_ADVISOR_CHANGE = exports.HEADER + 272;
exports.H_ADVISOR_CPU_TIME = exports.HEADER + 280;
/** The scan cursor: the mm whose slot it is on (SLOTS is "between passes") and the next page number to look at. */
exports.H_CURSOR_SLOT = exports.HEADER + 288;
exports.H_CURSOR_PAGE = exports.HEADER + 292;
/** Sentinel of the circular list of mm slots, laid out so that MM_SLOT_NEXT/PREV work on it. */
exports.SLOTS = exports.HEADER + 296;
/** Head of the list of stable nodes whose frame moved to another NUMA node. */
exports.H_MIGRATE_NODES = exports.HEADER + 312;
/** Counters, u32 each. */
exports.H_PAGES_SHARED = exports.HEADER + 320;
exports.H_PAGES_SHARING = exports.HEADER + 324;
exports.H_PAGES_UNSHARED = exports.HEADER + 328;
exports.H_RMAP_ITEMS = exports.HEADER + 332;
exports.H_KSM_ZERO_PAGES = exports.HEADER + 336;
exports.H_STABLE_NODE_CHAINS = exports.HEADER + 340;
exports.H_STABLE_NODE_DUPS = exports.HEADER + 344;
/** Counters, u64 each. */
exports.H_PAGES_SCANNED = exports.HEADER + 352;
exports.H_PAGES_SKIPPED = exports.HEADER + 360;
exports.H_FULL_SCANS = exports.HEADER + 368;
exports.H_COW_KSM = exports.HEADER + 376;
exports.H_KSM_SWPIN_COPY = exports.HEADER + 384;
/** Milliseconds of the caller's clock, modulo 2^32, at the start of the running batch. */
exports.H_NOW = exports.HEADER + 392;
/** What the walk over one window found: things in the window, and pages that count towards the batch (settled ones too). */
exports.H_WINDOW_COUNT = exports.HEADER + 400;
exports.H_WINDOW_PAGES_TAKEN = exports.HEADER + 404;
/** Free lists of frames, one row a NUMA node: {first free, first never used, end, in use}. */
exports.H_FRAME_LISTS = exports.HEADER + 512;
exports.FRAME_LIST_FREE = 0;
exports.FRAME_LIST_FRESH = 4;
exports.FRAME_LIST_END = 8;
exports.FRAME_LIST_USED = 12;
exports.FRAME_LIST_BYTES = 16;
exports.NID_LIMIT = 16;
/** Key of the keyed page hash. */
exports.HASH_KEY = exports.HEADER + 1024;
exports.HASH_KEY_BYTES = 4096 + 64;
/**
 * The scan window: what the walk has selected (an entry, with a WINDOW_* kind in the upper two bits), and the 64-bit hashes of
 * its ordinary pages. Its size is earned by bench/scan.
 */
exports.WINDOW = exports.HASH_KEY + exports.HASH_KEY_BYTES;
/** An ordinary page of one mapping: only its hash is wanted. */
exports.WINDOW_ORDINARY = 0;
/** A page whose treatment may depend on what happens to those before it. */
exports.WINDOW_ANY = 1 << 30;
/** An item in the stable tree whose page is gone. */
exports.WINDOW_GONE = 2 << 30;
exports.WINDOW_KIND = 3 << 30;
exports.WINDOW_PAGES = 256;
exports.WINDOW_HASHES = exports.WINDOW + exports.WINDOW_PAGES * 4;
exports.WINDOW_END = exports.WINDOW_HASHES + exports.WINDOW_PAGES * 8;
/** First byte behind the fixed part; the regions follow. */
exports.REGIONS = 16384;
// ---- mm: one address space, and with it its slot on ksmd's list ---------------------------------------------------------
exports.MM_BYTES = 64;
exports.MM_FLAGS = 0;
/** Root page table. */
exports.MM_PGD = 4;
/** The slot list, in the order in which ksmd visits. */
exports.MM_SLOT_NEXT = 8;
exports.MM_SLOT_PREV = 12;
/** Root of the vma tree, and the vma found last. */
exports.MM_VMAS = 16;
exports.MM_VMA_CACHE = 20;
exports.MM_MERGING_PAGES = 24;
exports.MM_RMAP_ITEMS = 28;
exports.MM_ZERO_PAGES = 32;
/** NUMA node whose frames it prefers. */
exports.MM_NID = 36;
/** vmas that map a shared object (such an object is an mm that nobody runs in). */
exports.MM_REFS = 40;
/** Number of vmas. */
exports.MM_VMA_COUNT = 44;
exports.MM_IN_USE = 1;
/** Ended: page tables are gone, the slot waits for ksmd. */
exports.MM_EXITED = 2;
/** Has a slot on the list. */
exports.MM_MERGEABLE = 4;
/** prctl(PR_SET_MEMORY_MERGE) is on. */
exports.MM_MERGE_ANY = 8;
/** Backs shared anonymous memory. */
exports.MM_SHARED_OBJECT = 16;
// ---- vma: one mapping range with uniform flags; a node of its mm's tree, keyed by its first page ---------------------------
exports.VMA_BYTES = 32;
exports.VMA_START = 0;
/** One past the last page. */
exports.VMA_END = 16;
exports.VMA_FLAGS = 20;
/** Shared object behind it, and which page of the object its first page is. */
exports.VMA_OBJECT = 24;
exports.VMA_OBJECT_PAGE = 28;
exports.VM_READ = 1;
exports.VM_WRITE = 2;
exports.VM_SHARED = 4;
exports.VM_MERGEABLE = 8;
/** Device or otherwise special memory, which KSM refuses. */
exports.VM_SPECIAL = 16;
/** Was written once, so fork copies its ptes (Linux: it has an anon_vma). */
exports.VM_ANON = 32;
// ---- page tables ------------------------------------------------------------------------------------------------------
// A page number has 27 bits: 9 for the root table, 9 for the middle table, 9 for the leaf. A table is 512 u32: the root
// holds addresses of middle tables, a middle table holds leaf numbers. Leaf n owns entries n * 512 .. n * 512 + 511 of
// the three parallel arrays below; "entry" (e) is that global index and names one virtual page of one mm for as long
// as its leaf lives. Leaf 0 is never used, so that leaf 0 and entry 0 mean "none".
exports.TABLE_BITS = 9;
exports.TABLE_ENTRIES = 512;
exports.TABLE_BYTES = 2048;
/** Pages of an address space. */
exports.MM_PAGES = 1 << 27;
/** Leaf record: {mm, page number of entry 0, present ptes plus rmap items}. */
exports.LEAF_BYTES = 16;
exports.LEAF_MM = 0;
exports.LEAF_PAGE = 4;
exports.LEAF_USED = 8;
/** PTES[e]: address of the frame in the upper 20 bits, flags below. 0: nothing mapped. Public ABI. */
exports.PTE_FRAME = 0xfffff000;
exports.PTE_PRESENT = 1;
/** A store may go straight to the frame. */
exports.PTE_WRITABLE = 2;
/** Maps the zero frame because KSM put it there. */
exports.PTE_KSM_ZERO = 4;
/** Settled: maps the frame of the stable node that its rmap item hangs on. */
exports.PTE_MERGED = 8;
exports.PTE_ACCESSED = 16;
exports.PTE_DIRTY = 32;
/** Frame of a shared object: never anonymous. */
exports.PTE_SHARED = 64;
/** Part of a huge page. */
exports.PTE_HUGE = 128;
/** STATES[e]: the rmap item's small fields. */
exports.STATE_SEQ = 0xff;
exports.STATE_AGE_SHIFT = 8;
exports.STATE_SKIPS_SHIFT = 16;
exports.STATE_BYTE = 0xff;
/** There is an rmap item for this page. */
exports.STATE_ITEM = 1 << 24;
exports.STATE_UNSTABLE = 1 << 25;
exports.STATE_STABLE = 1 << 26;
/** ITEMS[e]: what links the rmap item. A tree node while UNSTABLE, a list entry of its stable node while STABLE. */
exports.ITEM_BYTES = 16;
exports.ITEM_SHIFT = 4;
/** oldchecksum; also the tree key in hash order. */
exports.ITEM_CHECKSUM = 0;
exports.ITEM_NODE = 4;
exports.ITEM_NEXT = 8;
exports.ITEM_PREV = 12;
// ---- red-black tree node: the first 16 bytes of an rmap item, a stable node or a vma ---------------------------------------
exports.RB_KEY = 0;
exports.RB_LEFT = 4;
exports.RB_RIGHT = 8;
/** Address of the parent, or of the root slot with RB_IS_ROOT; RB_BLACK in bit 0. */
exports.RB_PARENT = 12;
exports.RB_BLACK = 1;
exports.RB_IS_ROOT = 2;
// ---- stable node: regular node, chain, or dup of a chain --------------------------------------------------------------------
// | field          | regular node         | chain                  | dup                      |
// | 0..15          | tree node            | tree node              | key, next, prev, chain   |
// | NODE_FRAME     | its frame, 0: stale  | time of the last prune | its frame, 0: stale      |
// | NODE_HEAD      | first rmap item      | first dup              | first rmap item          |
// | NODE_LEN       | rmap items           | 0                      | rmap items               |
// | NODE_MAPS      | ptes of the frame    | 0                      | ptes of the frame        |
exports.NODE_BYTES = 32;
exports.NODE_KEY = 0;
exports.NODE_DUP_NEXT = 4;
exports.NODE_DUP_PREV = 8;
exports.NODE_CHAIN = 12;
exports.NODE_FRAME = 16;
exports.NODE_PRUNE_TIME = 16;
exports.NODE_HEAD = 20;
/** Upper 4 bits: NUMA node of the tree it is linked in; 4 flag bits; the rest counts the rmap items. */
exports.NODE_LEN = 24;
exports.NODE_MAPS = 28;
exports.NODE_NID_SHIFT = 28;
exports.NODE_IS_CHAIN = 1 << 27;
exports.NODE_IS_DUP = 1 << 26;
exports.NODE_MIGRATING = 1 << 25;
/** In no tree: its frame became KSM's for a merge that then failed. */
exports.NODE_ORPHAN = 1 << 24;
exports.NODE_LEN_MASK = (1 << 24) - 1;
// ---- frame word: FRAME_WORDS[frame number - first], one u32 a frame -------------------------------------------------------
// free:  FRAME_FREE | index of the next free frame + 1
// KSM:   FRAME_KSM | address of its stable node >> 5 (the count of ptes is in the node)
// other: count of ptes (and of the shared object that holds it), and how many extra references pin it
exports.FRAME_FREE = 0x40000000;
exports.FRAME_KSM = 0x80000000;
exports.FRAME_NODE_SHIFT = 5;
exports.FRAME_NODE_MASK = 0x07ffffff;
exports.FRAME_COUNT_MASK = 0x000fffff;
exports.FRAME_PIN = 0x00100000;
exports.FRAME_PINS_MASK = 0x3ff00000;
// ---- status of a call --------------------------------------------------------------------------------------------------
/** Errnos of Linux on x86-64; calls return them negated. */
exports.EPERM = 1;
exports.EAGAIN = 11;
exports.ENOMEM = 12;
exports.EFAULT = 14;
exports.EBUSY = 16;
exports.EEXIST = 17;
exports.EINVAL = 22;
/** mmap flags of this engine. */
exports.MAP_SHARED = 1;
/** Refuse instead of replacing what is mapped there. */
exports.MAP_FIXED_NOREPLACE = 2;
exports.MAP_READ_ONLY = 4;
exports.MAP_SPECIAL = 8;
exports.MAP_NONE = 16;
/** madvise advice, by Linux's numbers. */
exports.MADV_DONTNEED = 4;
exports.MADV_MERGEABLE = 12;
exports.MADV_UNMERGEABLE = 13;
/** Result of scanBatch: pages processed, with SCAN_PASS_ENDED where the batch ended a pass. */
exports.SCAN_PASS_ENDED = 0x80000000;

/// <reference path="../u32.d.ts" preserve="true" />
/**
 * The records of the regions: their fields, one after the other, and their sizes. Each offset is that of the field before plus its width,
 * one u32 unless said. The engine reads them through the classes of assembly/records, which are compared with these when it is compiled.
 */

/** Bytes of a field. */
const U32: u32 = 4;

// ---- page tables ------------------------------------------------------------------------------------------------------
// A page number has 27 bits: 9 for the root table, 9 for the middle table, 9 for the leaf. A table is 512 u32: the root
// holds addresses of middle tables, a middle table holds leaf numbers. Leaf n owns entries n * 512 .. n * 512 + 511 of
// the parallel arrays of ptes, states and items; "entry" is that global index and names one virtual page of one mm for as
// long as its leaf lives. Leaf 0 is never used, so that leaf 0 and entry 0 mean "none".

export const PAGE_SIZE: u32 = 4096;
export const PAGE_SHIFT: u32 = 12;
export const TABLE_BITS: u32 = 9;
export const TABLE_ENTRIES: u32 = 1 << TABLE_BITS;
export const TABLE_BYTES: u32 = TABLE_ENTRIES * U32;
/** A read fault on a page of a shared object or a file also maps its neighbours in a window of so many pages. */
export const FAULT_AROUND_PAGES: u32 = 16;
/** Pages of an address space. */
export const MM_PAGES: u32 = 1 << (3 * TABLE_BITS);

// ---- leaf: 512 entries in a row of one mm ---------------------------------------------------------------------------------

export const LEAF_MM: u32 = 0;
/** Page number of its first entry. */
export const LEAF_PAGE: u32 = LEAF_MM + U32;
/** Present ptes plus rmap items. */
export const LEAF_USED: u32 = LEAF_PAGE + U32;
/** Only while recovering: it is reachable. */
export const LEAF_MARK: u32 = LEAF_USED + U32;
export const LEAF_BYTES: u32 = LEAF_MARK + U32;

// ---- mm: one address space, and with it its slot on ksmd's list ---------------------------------------------------------

export const MM_FLAGS: u32 = 0;
/** Root page table. */
export const MM_PGD: u32 = MM_FLAGS + U32;
/** The slot list, in the order in which ksmd visits. */
export const MM_SLOT_NEXT: u32 = MM_PGD + U32;
export const MM_SLOT_PREV: u32 = MM_SLOT_NEXT + U32;
/** Root of the vma tree, and the vma found last. */
export const MM_VMAS: u32 = MM_SLOT_PREV + U32;
export const MM_VMA_CACHE: u32 = MM_VMAS + U32;
export const MM_MERGING_PAGES: u32 = MM_VMA_CACHE + U32;
export const MM_RMAP_ITEMS: u32 = MM_MERGING_PAGES + U32;
export const MM_ZERO_PAGES: u32 = MM_RMAP_ITEMS + U32;
/** NUMA node whose frames it prefers. */
export const MM_NID: u32 = MM_ZERO_PAGES + U32;
/** vmas that map a shared object (such an object is an mm that nobody runs in). */
export const MM_REFS: u32 = MM_NID + U32;
/** Number of vmas. */
export const MM_VMA_COUNT: u32 = MM_REFS + U32;
/** The process's id, which exec keeps. */
export const MM_ID: u32 = MM_VMA_COUNT + U32;
/** Worker that has made it and has told nobody of it yet, or 0. If that worker dies the mm goes. */
export const MM_MAKER: u32 = MM_ID + U32;
/** During exec: the mm in whose place it comes once that one has ended, or 0. */
export const MM_REPLACES: u32 = MM_MAKER + U32;
/** Number of the domain of those of its mappings that have none of their own. */
export const MM_DOMAIN: u32 = MM_REPLACES + U32;
/** With room for what comes: words.ts has the budget. */
export const MM_BYTES: u32 = 128;

// ---- red-black tree node: the first 16 bytes of an rmap item, a stable node, a room or a vma -------------------------------

export const RB_KEY: u32 = 0;
export const RB_LEFT: u32 = RB_KEY + U32;
export const RB_RIGHT: u32 = RB_LEFT + U32;
/** Address of the parent, or of the root slot with RB_IS_ROOT; RB_BLACK in bit 0. */
export const RB_PARENT: u32 = RB_RIGHT + U32;
export const RB_BYTES: u32 = RB_PARENT + U32;

// ---- vma: one mapping range with uniform flags; a node of its mm's tree, keyed by its first page ---------------------------

export const VMA_START: u32 = RB_KEY;
/** One past the last page. */
export const VMA_END: u32 = RB_BYTES;
export const VMA_FLAGS: u32 = VMA_END + U32;
/** Shared object behind it, and which page of the object its first page is. */
export const VMA_OBJECT: u32 = VMA_FLAGS + U32;
export const VMA_OBJECT_PAGE: u32 = VMA_OBJECT + U32;
/** The mm it belongs to; 0: not in use. Written last when a vma comes, first when it goes. */
export const VMA_MM: u32 = VMA_OBJECT_PAGE + U32;
/** The domain of its own, as its number plus one; 0: that of its mm. */
export const VMA_DOMAIN: u32 = VMA_MM + U32;
/** With room for what comes: words.ts has the budget. */
export const VMA_BYTES: u32 = 64;

// ---- rmap item: what links it. A tree node while UNSTABLE, an entry in the list of its stable node while STABLE -------------

/** oldchecksum; also the tree key in hash order. */
export const ITEM_CHECKSUM: u32 = RB_KEY;
export const ITEM_NODE: u32 = ITEM_CHECKSUM + U32;
export const ITEM_NEXT: u32 = ITEM_NODE + U32;
export const ITEM_PREV: u32 = ITEM_NEXT + U32;
export const ITEM_SHIFT: u32 = 4;
export const ITEM_BYTES: u32 = 1 << ITEM_SHIFT;

// ---- domain: whose pages may share frames; the trees of one are apart from those of all others ------------------------------

/** Address of its first root record. It has so many for each NUMA node, a power of two; 0: not in use. Written last when it comes. */
export const DOMAIN_ROOTS: u32 = 0;
export const DOMAIN_ROOT_COUNT: u32 = DOMAIN_ROOTS + U32;
/** By which the places of keys in its trees differ from those in others (treeKey). 0 in content order. */
export const DOMAIN_SALT: u32 = DOMAIN_ROOT_COUNT + U32;
export const DOMAIN_BYTES: u32 = 16;
/** More than that no memory has room for. */
export const DOMAIN_LIMIT: u32 = 1 << 12;

/** In hash order: by what a node with this checksum is sorted into the trees of a domain. The checksum itself is never salted. */
export function treeKey(salt: u32, checksum: u32): u32 {
  return (checksum ^ salt) >>> 0;
}

// ---- roots of the trees: one record for each root number; a search looks at both, so they share a cache line ----------------

export const ROOT_STABLE: u32 = 0;
export const ROOT_UNSTABLE: u32 = ROOT_STABLE + U32;
export const ROOT_BYTES: u32 = ROOT_UNSTABLE + U32;

// ---- stable node: regular node, chain, or dup of a chain --------------------------------------------------------------------
// | field          | regular node         | chain                  | dup                      |
// | 0..15          | tree node            | tree node              | key, next, prev, chain   |
// | NODE_FRAME     | its frame, 0: stale  | time of the last prune | its frame, 0: stale      |
// | NODE_MAPS      | references to it     | 0                      | references to it         |
// | NODE_HEAD      | first rmap item      | first dup              | first rmap item          |
// | NODE_LEN       | rmap items           | 0                      | rmap items               |
// References are ptes and pins. In a stale node NODE_MAPS holds the number of the frame that it had.

export const NODE_KEY: u32 = RB_KEY;
export const NODE_DUP_NEXT: u32 = NODE_KEY + U32;
export const NODE_DUP_PREV: u32 = NODE_DUP_NEXT + U32;
export const NODE_CHAIN: u32 = NODE_DUP_PREV + U32;
export const NODE_FRAME: u32 = RB_BYTES;
export const NODE_PRUNE_TIME: u32 = NODE_FRAME;
export const NODE_MAPS: u32 = NODE_FRAME + U32;
/** NUMA node of the tree it is in, and flags (NODE_*). */
export const NODE_FLAGS: u32 = NODE_MAPS + U32;
export const NODE_HEAD: u32 = NODE_FLAGS + U32;
export const NODE_LEN: u32 = NODE_HEAD + U32;
/** Number of the domain whose trees it is in. */
export const NODE_DOMAIN: u32 = NODE_LEN + U32;
export const NODE_BYTES: u32 = NODE_DOMAIN + U32;

// ---- room: ROOMS[stable node number], what only chains and their dups have: trees by which a chain finds the dups that matter ------
// A chain has the roots. A dup that takes another page is in WITH_ROOM and in FULLEST, a stale one in STALE, one that is full or has no
// items in none; the parent field of a node that is in no tree is 0. Places fall along the list of dups. Rooms of other nodes mean nothing.

/** Of a chain: dups that take another page, by place and by items; stale dups by place. */
export const ROOM_WITH_ROOM: u32 = 0;
export const ROOM_FULLEST: u32 = ROOM_WITH_ROOM + U32;
export const ROOM_STALE: u32 = ROOM_FULLEST + U32;
/** Of a dup: its place, which is the key of a tree node here; and where the tree node by items begins. */
export const ROOM_PLACE: u32 = RB_KEY;
export const ROOM_BY_ITEMS: u32 = RB_BYTES;
/** Of a lost node, an orphan too: the next one in the list of those (H_LOST). */
export const ROOM_LOST_NEXT: u32 = ROOM_BY_ITEMS + RB_BYTES;
/** As long as a node: the room of a node has the place in its region that the node has in its own. */
export const ROOM_BYTES: u32 = NODE_BYTES;
export const ROOM_PLACE_MAX: u32 = 0xffffffff;

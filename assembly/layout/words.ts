/// <reference path="../u32.d.ts" preserve="true" />
/**
 * What the bits of a word mean: of ptes, states, frame words, counts of pins, and the flags of mms, vmas and stable nodes.
 *
 * The budget: what is used, and what is kept for what comes. Whoever needs a bit takes it here first.
 *
 * | word         | bits used                           | kept free for                                                                  |
 * | pte          | 25 frame, 2 access, 3 flags         | 5: accessed, 6: sealed; without access 30 bits, for where it was swapped to    |
 * | state        | 8 pass, 8 age, 8 skips, 6 flags     | 30, 31: what only a scanner wants to know of a page                            |
 * | item         | all 4 words                         | nothing: what is rare and belongs to a page is a column (a region of its own)  |
 * | frame word   | KSM: 1 kind, 29 node                | 29, 30: must stay 0                                                            |
 * |              | free: 1 kind, 1 limbo, 29 link      | links and counts have more than the 25 bits of a frame number, and than the    |
 * |              | else: 1 pinned, 29 ptes             | 2^27 ptes that fit into a memory                                               |
 * | pins         | 16 all, 16 for DMA                  | nothing: a pin is a call of somebody's, not a page, so half a word is plenty;  |
 * |              |                                     | one more is refused (LIMIT_PINS)                                               |
 * | folio        | 10 parts held                       | 10-31                                                                          |
 * | node, flags  | 4 NUMA node, 4 flags                | 4-27                                                                           |
 * | node, counts | 32 items, 32 references, 32 domain  | nothing                                                                        |
 * | mm           | 16 of 32 words, 6 flags             | memory policy, costs, who may merge                                            |
 * | vma          | 10 of 16 words, 11 flags            | memory policy, costs, sealed                                                   |
 * | domain       | 3 of 4 words                        | what it may share with others, sums of its own                                 |
 */
import { TABLE_BITS, TABLE_ENTRIES } from './records.ts';

// ---- pte ---------------------------------------------------------------------------------------------------------------

/**
 * PTES[e]: number of the frame in the upper 25 bits, flags below. 0: nothing mapped. Public ABI.
 *
 *   31                              7   6      5        4      3       2      1    0
 *   | number of the frame            | sealed accessed shared merged dirty | access |
 *
 * Without access the other bits are nobody's yet: they have room for where a page was swapped to.
 */
export const PTE_FRAME_SHIFT: u32 = 7;
export const PTE_FRAME: u32 = 0xffffff80;
/** What may be done: 0, nothing is mapped; else one of the next three. Bit 0 says whether the page may be read. */
export const PTE_ACCESS: u32 = 3;
export const PTE_READ_ONLY: u32 = 1;
/** Denied (mprotect), also to reads. If the mapping allows reads again, the next fault takes the denial away. */
export const PTE_DENIED: u32 = 2;
/** A store may go straight to the frame. */
export const PTE_WRITABLE: u32 = 3;
export const PTE_DIRTY: u32 = 4;
/** Settled: maps the frame of the stable node that its rmap item hangs on. On the zero frame: KSM put it there. */
export const PTE_MERGED: u32 = 8;
/** Frame of a shared object or a file: not anonymous. */
export const PTE_SHARED: u32 = 16;
// 32, accessed since somebody asked; 64, sealed (copied at every access): reserved.

/** Number of the shared zero frame: never counted, never freed, never written. */
export const ZERO_FRAME: u32 = 0;

// ---- state of an rmap item ------------------------------------------------------------------------------------------------

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

// ---- stable node -----------------------------------------------------------------------------------------------------------

/** In NODE_FLAGS: bits 31 to 28 are the NUMA node of the tree that it is in. */
export const NODE_NID_SHIFT: u32 = 28;
export const NODE_NID: u32 = 0xf0000000;
export const NODE_IS_CHAIN: u32 = 1;
export const NODE_IS_DUP: u32 = 2;
/** Its frame moved to another NUMA node: it waits to be sorted in anew. */
export const NODE_MIGRATING: u32 = 4;
/** In no tree: its frame became KSM's for a merge that then failed. */
export const NODE_ORPHAN: u32 = 8;
/** Merging is told when the frame of one with any of these goes (H_LOST). */
export const KEEPER_TOLD: u32 = NODE_IS_DUP | NODE_ORPHAN;

// ---- red-black tree: in RB_PARENT ------------------------------------------------------------------------------------------

export const RB_BLACK: u32 = 1;
export const RB_IS_ROOT: u32 = 2;

// ---- frame word: FRAME_WORDS[frame], one u32 a frame, by its number -------------------------------------------------------
// free:  FRAME_FREE | index of the next free frame + 1; FRAME_OFFLINE: taken out of use
// limbo: FRAME_FREE | FRAME_LIMBO | index of the next frame in limbo + 1
// kept:  FRAME_KEPT | address of its keeper >> 3: of the stable node that counts the references to it
// other: count of ptes (and of the shared object that holds it), and whether extra references pin it (FRAME_PINNED);
//        0: held, a part of a large folio to which nobody refers any more
// There are at most 2^27 ptes, so that no count reaches the flags.

export const FRAME_FREE: u32 = 0x40000000;
export const FRAME_OFFLINE: u32 = 0x7fffffff;
/** Together with FRAME_FREE: in limbo. */
export const FRAME_LIMBO: u32 = 0x20000000;
export const FRAME_KEPT: u32 = 0x80000000;
export const FRAME_KEEPER_SHIFT: u32 = 3;
export const FRAME_KEEPER_MASK: u32 = 0x1fffffff;
export const FRAME_COUNT_MASK: u32 = 0x1fffffff;
/** Without FRAME_FREE: the frame has extra references. */
export const FRAME_PINNED: u32 = 0x20000000;

// ---- extra references: PINCOUNTS[frame], one u32 a frame, KSM frames too --------------------------------------------------
// Lower half: all of them; upper half: those among them that are pins for DMA (memory/pins). One more than fits is refused.

export const PINS_MASK: u32 = 0xffff;
export const PINS_DMA_SHIFT: u32 = 16;

// ---- large folio: FOLIOS[n] is about frames n * 512 to n * 512 + 511 ---------------------------------------------------------
// 0: they are single frames. Else they are the parts of one large folio, and the word counts those that are not held.
// Part k is mapped by entry k of a leaf, and by no other.

export const FOLIO_BITS: u32 = TABLE_BITS;
export const FOLIO_FRAMES: u32 = TABLE_ENTRIES;

// ---- mm --------------------------------------------------------------------------------------------------------------------

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

// ---- vma -------------------------------------------------------------------------------------------------------------------

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
/** Gets huge pages: each aligned and untouched 2 MiB of it. */
export const VM_HUGEPAGE: u32 = 256;
/** Came written from a parent (Linux: its anon_vma is not its own), so it joins no mapping that did not. */
export const VM_INHERITED: u32 = 512;
/** Private memory that may not be written and never was (Linux: not VM_ACCOUNT), so it joins none that was. */
export const VM_UNCHARGED: u32 = 1024;

/// <reference path="../u32.d.ts" preserve="true" />
/**
 * The fixed part of the memory: the header, the lists of frames, the key of the hash, and what threads share. Each word begins
 * where the one before it ends and is one u32 unless said; so a word is added in one line, and the next one follows it.
 */

import { MM_SLOT_PREV } from './records.ts';
import {
  DIRECTORY_BYTES,
  DIRECTORY_RECORDS,
  REGION_COUNT,
  REGION_DIRTY,
  REGION_DOMAINS,
  REGION_FOLIOS,
  REGION_FRAME_WORDS,
  REGION_FRAMES,
  REGION_ITEMS,
  REGION_LEAVES,
  REGION_MMS,
  REGION_NODES,
  REGION_PINCOUNTS,
  REGION_PTES,
  REGION_ROOMS,
  REGION_ROOTS,
  REGION_STATES,
  REGION_TABLES,
  REGION_VMAS,
} from './regions.ts';

/** Raised whenever a field moves or changes meaning; whoever attaches to a memory compares it first. */
export const LAYOUT_VERSION: u32 = 8;
/** "KSMw", little-endian. */
export const MAGIC: u32 = 0x774d534b;

/** Bytes of a word. */
const U32: u32 = 4;
const U64: u32 = 8;

// ---- what was chosen at creation --------------------------------------------------------------------------------------------

export const HEADER: u32 = 1024;
export const H_MAGIC: u32 = HEADER;
export const H_VERSION: u32 = H_MAGIC + U32;
/** Size of the linear memory in 64 KiB pages. */
export const H_MEMORY_PAGES: u32 = H_VERSION + U32;

/** Roots of one tree of domain 0: a power of two; 1 in content order. */
export const H_ROOT_COUNT: u32 = H_MEMORY_PAGES + U32;
/** NUMA nodes of this host. */
export const H_NID_COUNT: u32 = H_ROOT_COUNT + U32;
/** Which columns there are: their bits (columnBit). */
export const H_COLUMNS: u32 = H_NID_COUNT + U32;

/** Modes. */
export const H_INDEX: u32 = H_COLUMNS + U32;
export const INDEX_CONTENT: u32 = 0;
export const INDEX_HASH: u32 = 1;
export const H_CHECKSUM: u32 = H_INDEX + U32;
export const CHECKSUM_XXH64: u32 = 0;
export const CHECKSUM_KEYED: u32 = 1;
/** Checksum of the zero page in the chosen hash. */
export const H_ZERO_CHECKSUM: u32 = H_CHECKSUM + U32;

/** What a frame holds: 4096 bytes, or a name of 64 bits. Written by the engine, which is built for one of them. */
export const H_PAGE_KIND: u32 = H_ZERO_CHECKSUM + U32;
export const PAGE_BYTES_KIND: u32 = 0;
export const PAGE_NAMES_KIND: u32 = 1;

/** The directory of the regions (layout/regions): for each its base, as an address, and how many records it has. */
export const H_REGIONS: u32 = H_PAGE_KIND + U32;
export const H_MMS: u32 = H_REGIONS + REGION_MMS * DIRECTORY_BYTES;
export const H_VMAS: u32 = H_REGIONS + REGION_VMAS * DIRECTORY_BYTES;
export const H_TABLES: u32 = H_REGIONS + REGION_TABLES * DIRECTORY_BYTES;
export const H_LEAVES: u32 = H_REGIONS + REGION_LEAVES * DIRECTORY_BYTES;
export const H_PTES: u32 = H_REGIONS + REGION_PTES * DIRECTORY_BYTES;
export const H_STATES: u32 = H_REGIONS + REGION_STATES * DIRECTORY_BYTES;
export const H_ITEMS: u32 = H_REGIONS + REGION_ITEMS * DIRECTORY_BYTES;
export const H_DIRTY: u32 = H_REGIONS + REGION_DIRTY * DIRECTORY_BYTES;
export const H_DOMAINS: u32 = H_REGIONS + REGION_DOMAINS * DIRECTORY_BYTES;
export const H_ROOTS: u32 = H_REGIONS + REGION_ROOTS * DIRECTORY_BYTES;
export const H_NODES: u32 = H_REGIONS + REGION_NODES * DIRECTORY_BYTES;
export const H_ROOMS: u32 = H_REGIONS + REGION_ROOMS * DIRECTORY_BYTES;
export const H_FRAME_WORDS: u32 = H_REGIONS + REGION_FRAME_WORDS * DIRECTORY_BYTES;
export const H_PINCOUNTS: u32 = H_REGIONS + REGION_PINCOUNTS * DIRECTORY_BYTES;
export const H_FOLIOS: u32 = H_REGIONS + REGION_FOLIOS * DIRECTORY_BYTES;
/** The first frame is the shared zero frame. */
export const H_FRAMES: u32 = H_REGIONS + REGION_FRAMES * DIRECTORY_BYTES;
/** Those counts that are limits. */
export const H_MM_LIMIT: u32 = H_MMS + DIRECTORY_RECORDS;
export const H_VMA_LIMIT: u32 = H_VMAS + DIRECTORY_RECORDS;
export const H_TABLE_LIMIT: u32 = H_TABLES + DIRECTORY_RECORDS;
export const H_LEAF_LIMIT: u32 = H_LEAVES + DIRECTORY_RECORDS;
export const H_DOMAIN_LIMIT: u32 = H_DOMAINS + DIRECTORY_RECORDS;
export const H_ROOT_LIMIT: u32 = H_ROOTS + DIRECTORY_RECORDS;
export const H_NODE_LIMIT: u32 = H_NODES + DIRECTORY_RECORDS;
export const H_FRAME_LIMIT: u32 = H_FRAMES + DIRECTORY_RECORDS;
/** End of the last frame. */
export const H_FRAMES_END: u32 = H_REGIONS + REGION_COUNT * DIRECTORY_BYTES;

// ---- what is in use ---------------------------------------------------------------------------------------------------------

/** Frames in use, all NUMA nodes together. */
export const H_FRAMES_USED: u32 = H_FRAMES_END + U32;
/** Frames that nobody maps any more, but that an access under way names: index of the first, plus one. */
export const H_LIMBO: u32 = H_FRAMES_USED + U32;
/** The id that the next process gets. */
export const H_NEXT_ID: u32 = H_LIMBO + U32;
/** Which limit refused the last call that failed with ENOMEM: one of LIMIT_*. */
export const H_LIMIT_HIT: u32 = H_NEXT_ID + U32;
/** Head of the list of stable nodes whose frame moved to another NUMA node. */
export const H_MIGRATE_NODES: u32 = H_LIMIT_HIT + U32;
/** Milliseconds of the caller's clock, modulo 2^32, at the start of the running batch. */
export const H_NOW: u32 = H_MIGRATE_NODES + U32;

// ---- threads ----------------------------------------------------------------------------------------------------------------

/** Do several threads use this memory? Else nobody takes the lock or looks at workers' records. */
export const H_CONCURRENT: u32 = H_NOW + U32;
/** How many workers' records were ever used. */
export const H_WORKERS: u32 = H_CONCURRENT + U32;
/** The worker that is ksmd; 0: none. While one is being started, the one that starts it. */
export const H_KSMD: u32 = H_WORKERS + U32;
/** Rung when ksmd may have got work, or a setting changed. */
export const H_KSMD_BELL: u32 = H_KSMD + U32;

/** First of the nodes whose frame went and of whom merging has not heard yet (KEEPER_TOLD), in a list by ROOM_LOST_NEXT. */
export const H_LOST: u32 = H_KSMD_BELL + U32;

// ---- free list of an arena ---------------------------------------------------------------------------------------------------

/** First free record, number of the first record that was never used, records in use. */
export const FREE_FIRST: u32 = 0;
export const FREE_FRESH: u32 = FREE_FIRST + U32;
export const FREE_USED: u32 = FREE_FRESH + U32;
export const FREE_BYTES: u32 = FREE_USED + U32;
export const H_FREE_MMS: u32 = H_LOST + U32;
export const H_FREE_VMAS: u32 = H_FREE_MMS + FREE_BYTES;
export const H_FREE_TABLES: u32 = H_FREE_VMAS + FREE_BYTES;
export const H_FREE_LEAVES: u32 = H_FREE_TABLES + FREE_BYTES;
export const H_FREE_NODES: u32 = H_FREE_LEAVES + FREE_BYTES;

/** What is free of the records of a region; 0: they are not handed out one by one, but go with those of the region that it follows. */
export function regionFreeList(region: u32): u32 {
  switch (region) {
    case REGION_MMS:
      return H_FREE_MMS;
    case REGION_VMAS:
      return H_FREE_VMAS;
    case REGION_TABLES:
      return H_FREE_TABLES;
    case REGION_LEAVES:
      return H_FREE_LEAVES;
    case REGION_NODES:
      return H_FREE_NODES;
    default:
      return 0;
  }
}

// ---- ksmd's list ------------------------------------------------------------------------------------------------------------

/** Sentinel of the circular list of mm slots, laid out so that MM_SLOT_NEXT/PREV work on it. ksmd's cursor is on it between passes. */
export const SLOTS: u32 = H_FREE_NODES + FREE_BYTES;
export const SLOTS_END: u32 = SLOTS + MM_SLOT_PREV + U32;

// ---- the advisor's memory between passes --------------------------------------------------------------------------------------

/** u64 each: pass start (ms), scan time (s), change (%), CPU time (ns). */
export const H_ADVISOR_START_SCAN: u32 = (SLOTS_END + U64 - 1) & ~(U64 - 1);
export const H_ADVISOR_SCAN_TIME: u32 = H_ADVISOR_START_SCAN + U64;
export const H_ADVISOR_CHANGE: u32 = H_ADVISOR_SCAN_TIME + U64;
export const H_ADVISOR_CPU_TIME: u32 = H_ADVISOR_CHANGE + U64;
export const ADVISOR_END: u32 = H_ADVISOR_CPU_TIME + U64;

// ---- free lists of frames, one row a NUMA node: {first free, first never used, end, in use} ---------------------------------

export const FRAME_LIST_FREE: u32 = 0;
export const FRAME_LIST_FRESH: u32 = FRAME_LIST_FREE + U32;
export const FRAME_LIST_END: u32 = FRAME_LIST_FRESH + U32;
export const FRAME_LIST_USED: u32 = FRAME_LIST_END + U32;
export const FRAME_LIST_BYTES: u32 = FRAME_LIST_USED + U32;
export const NID_LIMIT: u32 = 16;
export const H_FRAME_LISTS: u32 = (ADVISOR_END + 15) & ~15;
export const FRAME_LISTS_END: u32 = H_FRAME_LISTS + NID_LIMIT * FRAME_LIST_BYTES;

// ---- key of the keyed page hash ---------------------------------------------------------------------------------------------

export const HASH_KEY: u32 = (FRAME_LISTS_END + 63) & ~63;
export const HASH_KEY_BYTES: u32 = 4096 + 256;

// ---- what threads share while guests run beside the scanner (docs/protocol.md), each on a cache line of its own -------------
// The lock, the epoch of translations, and a record for each worker. The lock holds the worker that has it, 0: nobody.
// A worker is named by a number that no other ever had: bits 0 to 5 are which record it has, the others count the workers that had
// it before, from 1. A record whose count is used up stays unused.

const LINE: u32 = 64;
export const LOCK: u32 = (HASH_KEY + HASH_KEY_BYTES + LINE - 1) & ~(LINE - 1);
export const EPOCH: u32 = LOCK + LINE;
export const WORKERS: u32 = EPOCH + LINE;
/** What its guest is accessing: 0, or ACCESS_WALK, or a frame's number, where a pte has it, with ACCESS_READ or ACCESS_WRITE. */
export const WORKER_ACCESS: u32 = 0;
/** The worker whose record this is; 0: nobody's. Beside WORKER_ACCESS, so that both are compared and exchanged together. */
export const WORKER_NUMBER: u32 = WORKER_ACCESS + U32;
/** In WORKER_NUMBER: it is taken for dead, and may do nothing any more. The record is free once the memory is recovered. */
export const WORKER_EXPELLED: u32 = 0x80000000;
// A flag below holds the number of the worker of which it is true. Another number than the record's was left behind by another worker.
/** It waits for the lock. */
export const WORKER_WAITS: u32 = WORKER_NUMBER + U32;
/** A helper of the scanner that is computing checksums of a window; with WORKER_READS, the scanner that does so without the lock. */
export const WORKER_BUSY: u32 = WORKER_WAITS + U32;
export const WORKER_READS: u32 = 0x40000000;
/** A helper of the scanner that is to end. */
export const WORKER_END: u32 = WORKER_BUSY + U32;
/** It may not sleep: the main thread of a browser. */
export const WORKER_SLEEPLESS: u32 = WORKER_END + U32;
/** How many workers have had the record. */
export const WORKER_GENERATION: u32 = WORKER_SLEEPLESS + U32;
/** A thread uses the number (as those above); else it is kept for one that is about to. */
export const WORKER_ATTACHED: u32 = WORKER_GENERATION + U32;
export const WORKER_BYTES: u32 = LINE;
export const WORKER_LIMIT: u32 = 64;
export const WORKER_INDEX_BITS: u32 = 6;
export const WORKER_INDEX_MASK: u32 = WORKER_LIMIT - 1;
export const WORKER_GENERATIONS: u32 = (1 << 24) - 1;
export const ACCESS_READ: u32 = 1;
export const ACCESS_WRITE: u32 = 2;
/** It is looking its page up: no page table may be used for anything else. */
export const ACCESS_WALK: u32 = 4;
export const WORKERS_END: u32 = WORKERS + WORKER_LIMIT * WORKER_BYTES;

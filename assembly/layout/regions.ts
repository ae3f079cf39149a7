/// <reference path="../u32.d.ts" preserve="true" />
/**
 * The regions behind the fixed part: one table of what they hold and how many records of it. setup lays them out by it; the walker,
 * snapshots and recovery read it.
 *
 * The header has a directory with one entry for each region: its base, and how many records it has. The counts of some regions are chosen
 * when the memory is laid out; the others follow from that of another region (regionFollows). A new region is a number here, a case in each
 * function, and its two words in records/header.
 */
import {
  DOMAIN_BYTES,
  ITEM_BYTES,
  LEAF_BYTES,
  MM_BYTES,
  NODE_BYTES,
  PAGE_SIZE,
  ROOM_BYTES,
  ROOT_BYTES,
  TABLE_BITS,
  TABLE_BYTES,
  VMA_BYTES,
} from './records.ts';

/** In the order in which they lie. Those that follow from the number of frames come last, from the nodes on. */
export const REGION_MMS: u32 = 0;
export const REGION_VMAS: u32 = REGION_MMS + 1;
export const REGION_TABLES: u32 = REGION_VMAS + 1;
export const REGION_LEAVES: u32 = REGION_TABLES + 1;
/** By entry. */
export const REGION_PTES: u32 = REGION_LEAVES + 1;
export const REGION_STATES: u32 = REGION_PTES + 1;
export const REGION_ITEMS: u32 = REGION_STATES + 1;
/** The bitmap of pages that an embedder has written: a u32 for 32 entries. */
export const REGION_DIRTY: u32 = REGION_ITEMS + 1;
/** By number of the domain. */
export const REGION_DOMAINS: u32 = REGION_DIRTY + 1;
/** Both roots of each root number, domain by domain, NUMA node by NUMA node. */
export const REGION_ROOTS: u32 = REGION_DOMAINS + 1;
/**
 * Columns: one word for each record of another region. Each is there only if whoever lays the memory out asks for it (H_COLUMNS); else it
 * has no records. A word of a record that is free means nothing: who takes the record sets it.
 */
export const REGION_MM_COLUMN: u32 = REGION_ROOTS + 1;
export const REGION_VMA_COLUMN: u32 = REGION_MM_COLUMN + 1;
/** By entry. */
export const REGION_ENTRY_COLUMN: u32 = REGION_VMA_COLUMN + 1;
export const REGION_NODES: u32 = REGION_ENTRY_COLUMN + 1;
/** By number of the node. */
export const REGION_ROOMS: u32 = REGION_NODES + 1;
/** By number of the frame, counted from the zero frame. */
export const REGION_FRAME_WORDS: u32 = REGION_ROOMS + 1;
export const REGION_PINCOUNTS: u32 = REGION_FRAME_WORDS + 1;
/** One word for 512 frames in a row. */
export const REGION_FOLIOS: u32 = REGION_PINCOUNTS + 1;
/** By number of the node, and of the frame. */
export const REGION_NODE_COLUMN: u32 = REGION_FOLIOS + 1;
export const REGION_FRAME_COLUMN: u32 = REGION_NODE_COLUMN + 1;
export const REGION_FRAMES: u32 = REGION_FRAME_COLUMN + 1;
export const REGION_COUNT: u32 = REGION_FRAMES + 1;

/** An entry of the directory. */
export const DIRECTORY_BASE: u32 = 0;
export const DIRECTORY_RECORDS: u32 = 4;
export const DIRECTORY_BYTES: u32 = 8;

/** Size of a record of a region. */
export function regionBytes(region: u32): u32 {
  switch (region) {
    case REGION_MMS:
      return MM_BYTES;
    case REGION_VMAS:
      return VMA_BYTES;
    case REGION_TABLES:
      return TABLE_BYTES;
    case REGION_LEAVES:
      return LEAF_BYTES;
    case REGION_ITEMS:
      return ITEM_BYTES;
    case REGION_DOMAINS:
      return DOMAIN_BYTES;
    case REGION_ROOTS:
      return ROOT_BYTES;
    case REGION_NODES:
      return NODE_BYTES;
    case REGION_ROOMS:
      return ROOM_BYTES;
    case REGION_FRAMES:
      return PAGE_SIZE;
    default:
      return 4;
  }
}

/** The region whose count says how many records it has; itself if that is chosen. */
export function regionFollows(region: u32): u32 {
  switch (region) {
    case REGION_PTES:
    case REGION_STATES:
    case REGION_ITEMS:
    case REGION_DIRTY:
    case REGION_ENTRY_COLUMN:
      return REGION_LEAVES;
    case REGION_MM_COLUMN:
      return REGION_MMS;
    case REGION_VMA_COLUMN:
      return REGION_VMAS;
    case REGION_NODES:
    case REGION_FRAME_WORDS:
    case REGION_PINCOUNTS:
    case REGION_FOLIOS:
    case REGION_FRAME_COLUMN:
      return REGION_FRAMES;
    case REGION_ROOMS:
    case REGION_NODE_COLUMN:
      return REGION_NODES;
    default:
      return region;
  }
}

/** Its bit in H_COLUMNS; 0 for a region that is always there. */
export function columnBit(region: u32): u32 {
  switch (region) {
    case REGION_MM_COLUMN:
      return 1;
    case REGION_VMA_COLUMN:
      return 2;
    case REGION_ENTRY_COLUMN:
      return 4;
    case REGION_NODE_COLUMN:
      return 8;
    case REGION_FRAME_COLUMN:
      return 16;
    default:
      return 0;
  }
}

/** Is it there, if `columns` (H_COLUMNS) were asked for? */
export function regionIsThere(region: u32, columns: u32): boolean {
  const bit = columnBit(region);
  return bit == 0 || (columns & bit) != 0;
}

/** How many records it has, if it is there and the region that it follows has `count`. */
export function regionRecords(region: u32, count: u32): u32 {
  switch (region) {
    case REGION_PTES:
    case REGION_STATES:
    case REGION_ITEMS:
    case REGION_ENTRY_COLUMN:
      return count * (1 << TABLE_BITS);
    case REGION_DIRTY:
      return count * (1 << (TABLE_BITS - 5));
    case REGION_NODES:
      return count + (count >> 3) + 64; // one a frame, and more for chains and stale ones
    case REGION_FOLIOS:
      return (count >> TABLE_BITS) + 1;
    default:
      return count;
  }
}

/** What a base is a multiple of. */
export function regionAlignment(region: u32): u32 {
  return region == REGION_FRAMES ? PAGE_SIZE : 64;
}

/** For messages; asc compiles no function that the engine does not call. */
export function regionName(region: u32): string {
  switch (region) {
    case REGION_MMS:
      return 'mms';
    case REGION_VMAS:
      return 'vmas';
    case REGION_TABLES:
      return 'tables';
    case REGION_LEAVES:
      return 'leaves';
    case REGION_PTES:
      return 'ptes';
    case REGION_STATES:
      return 'states';
    case REGION_ITEMS:
      return 'items';
    case REGION_DIRTY:
      return 'dirty bitmap';
    case REGION_DOMAINS:
      return 'domains';
    case REGION_ROOTS:
      return 'roots';
    case REGION_MM_COLUMN:
      return 'mm column';
    case REGION_VMA_COLUMN:
      return 'vma column';
    case REGION_ENTRY_COLUMN:
      return 'entry column';
    case REGION_NODES:
      return 'nodes';
    case REGION_ROOMS:
      return 'rooms';
    case REGION_FRAME_WORDS:
      return 'frame words';
    case REGION_PINCOUNTS:
      return 'pin counts';
    case REGION_FOLIOS:
      return 'folios';
    case REGION_NODE_COLUMN:
      return 'node column';
    case REGION_FRAME_COLUMN:
      return 'frame column';
    default:
      return 'frames';
  }
}

/**
 * Lays out a fresh memory: from the limits to the bases of the regions. Everything else is zero already and means "empty".
 */
import {
  FOLIO_FRAMES,
  H_DIRTY,
  H_FOLIOS,
  H_FRAME_WORDS,
  H_ITEMS,
  H_LEAVES,
  H_MMS,
  H_NODES,
  H_PINCOUNTS,
  H_PTES,
  H_ROOMS,
  H_ROOTS,
  H_STATES,
  H_TABLES,
  H_VMAS,
  ITEM_BYTES,
  LEAF_BYTES,
  MM_BYTES,
  NODE_BYTES,
  PAGE_SHIFT,
  PAGE_SIZE,
  REGIONS,
  ROOM_BYTES,
  ROOT_BYTES,
  TABLE_BYTES,
  TABLE_ENTRIES,
  VMA_BYTES,
} from '../layout';
import { expectRecords } from '../records/check';
import { frameList, freeLeaves } from '../records/free-list';
import { header } from '../records/header';

/** Reserves `count` records behind address `at`, noting the base. Returns the end, aligned; ends beyond 4 GiB are caught by it. */
function region(at: u64, baseField: usize, count: u32, bytes: u32): u64 {
  store<u32>(baseField, <u32>at);
  return (at + <u64>count * bytes + 63) & ~63;
}

/**
 * Reads the limits from the header (the driver has put them there) and fills in the rest of it. Frames get all the memory that
 * the other regions leave, except the last page, which is never used: loops over it could wrap at 4 GiB. Returns the
 * number of frames, 0 where the memory is too small for the limits.
 */
export function setup(): u32 {
  expectRecords();
  const leaves = header.leafLimit;
  const entries = leaves * TABLE_ENTRIES;
  const roots = header.rootCount * header.nidCount;
  let at: u64 = REGIONS;
  at = region(at, H_MMS, header.mmLimit, MM_BYTES);
  at = region(at, H_VMAS, header.vmaLimit, VMA_BYTES);
  at = region(at, H_TABLES, header.tableLimit, TABLE_BYTES);
  at = region(at, H_LEAVES, leaves, LEAF_BYTES);
  at = region(at, H_PTES, entries, 4);
  at = region(at, H_STATES, entries, 4);
  at = region(at, H_ITEMS, entries, ITEM_BYTES);
  at = region(at, H_DIRTY, entries / 8, 1);
  at = region(at, H_ROOTS, roots, ROOT_BYTES);
  at = region(at, H_FOLIOS, (header.memoryPages << (16 - PAGE_SHIFT)) / FOLIO_FRAMES + 1, 4);
  // Each frame also wants its word, its count of pins and its share of stable nodes and their rooms: one a frame and an eighth
  // more for chains and stale ones.
  const end = ((<u64>header.memoryPages) << 16) - PAGE_SIZE;
  const nodeBytes: u64 = NODE_BYTES + ROOM_BYTES;
  const perFrame = PAGE_SIZE + 4 + 4 + nodeBytes + nodeBytes / 8;
  const slack = PAGE_SIZE + 64 * nodeBytes + 256;
  if (at + slack + 2 * perFrame > end) return 0;
  const frames = <u32>((end - at - slack) / perFrame);
  header.nodeLimit = frames + frames / 8 + 64;
  at = region(at, H_NODES, frames + frames / 8 + 64, NODE_BYTES);
  at = region(at, H_ROOMS, frames + frames / 8 + 64, ROOM_BYTES);
  at = region(at, H_FRAME_WORDS, frames, 4);
  at = region(at, H_PINCOUNTS, frames, 4);
  at = (at + PAGE_SIZE - 1) & ~(<u64>PAGE_SIZE - 1);
  header.frames = <u32>at;
  header.framesEnd = <u32>at + (frames << PAGE_SHIFT);
  header.frameLimit = frames;
  if (frames < 2 * header.nidCount) return 0;
  shareOut(frames);
  freeLeaves.fresh = 1; // leaf 0 means "none"
  return frames;
}

/** Gives each NUMA node an equal run of frames. Frame 0 is the shared zero frame: its count stays 0 and nobody gets it. */
function shareOut(frames: u32): void {
  const nids = header.nidCount;
  for (let nid: u32 = 0; nid < nids; nid++) {
    const list = frameList(nid);
    list.fresh = nid == 0 ? 1 : <u32>((<u64>frames * nid) / nids);
    list.end = <u32>((<u64>frames * (nid + 1)) / nids);
  }
}

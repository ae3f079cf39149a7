/**
 * Lays out a fresh memory: from the limits to the bases of the regions. Everything else is zero already and means "empty".
 */
import {
  FOLIO_FRAMES,
  FRAME_LIST_BYTES,
  FRAME_LIST_END,
  FRAME_LIST_FRESH,
  FREE_FRESH,
  H_DIRTY,
  H_FOLIOS,
  H_FRAME_LIMIT,
  H_FRAME_LISTS,
  H_FRAME_WORDS,
  H_FRAMES,
  H_FRAMES_END,
  H_FREE_LEAVES,
  H_ITEMS,
  H_LEAF_LIMIT,
  H_LEAVES,
  H_MEMORY_PAGES,
  H_MM_LIMIT,
  H_MMS,
  H_NID_COUNT,
  H_NODE_LIMIT,
  H_NODES,
  H_PINCOUNTS,
  H_PTES,
  H_ROOMS,
  H_ROOT_COUNT,
  H_ROOTS,
  H_STATES,
  H_TABLE_LIMIT,
  H_TABLES,
  H_VMA_LIMIT,
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
  const leaves = load<u32>(H_LEAF_LIMIT);
  const entries = leaves * TABLE_ENTRIES;
  const roots = load<u32>(H_ROOT_COUNT) * load<u32>(H_NID_COUNT);
  let at: u64 = REGIONS;
  at = region(at, H_MMS, load<u32>(H_MM_LIMIT), MM_BYTES);
  at = region(at, H_VMAS, load<u32>(H_VMA_LIMIT), VMA_BYTES);
  at = region(at, H_TABLES, load<u32>(H_TABLE_LIMIT), TABLE_BYTES);
  at = region(at, H_LEAVES, leaves, LEAF_BYTES);
  at = region(at, H_PTES, entries, 4);
  at = region(at, H_STATES, entries, 4);
  at = region(at, H_ITEMS, entries, ITEM_BYTES);
  at = region(at, H_DIRTY, entries / 8, 1);
  at = region(at, H_ROOTS, roots, ROOT_BYTES);
  at = region(at, H_FOLIOS, (load<u32>(H_MEMORY_PAGES) << (16 - PAGE_SHIFT)) / FOLIO_FRAMES + 1, 4);
  // Each frame also wants its word, its count of pins and its share of stable nodes and their rooms: one a frame and an eighth
  // more for chains and stale ones.
  const end = ((<u64>load<u32>(H_MEMORY_PAGES)) << 16) - PAGE_SIZE;
  const nodeBytes: u64 = NODE_BYTES + ROOM_BYTES;
  const perFrame = PAGE_SIZE + 4 + 4 + nodeBytes + nodeBytes / 8;
  const slack = PAGE_SIZE + 64 * nodeBytes + 256;
  if (at + slack + 2 * perFrame > end) return 0;
  const frames = <u32>((end - at - slack) / perFrame);
  store<u32>(H_NODE_LIMIT, frames + frames / 8 + 64);
  at = region(at, H_NODES, frames + frames / 8 + 64, NODE_BYTES);
  at = region(at, H_ROOMS, frames + frames / 8 + 64, ROOM_BYTES);
  at = region(at, H_FRAME_WORDS, frames, 4);
  at = region(at, H_PINCOUNTS, frames, 4);
  at = (at + PAGE_SIZE - 1) & ~(<u64>PAGE_SIZE - 1);
  store<u32>(H_FRAMES, <u32>at);
  store<u32>(H_FRAMES_END, <u32>at + (frames << PAGE_SHIFT));
  store<u32>(H_FRAME_LIMIT, frames);
  if (frames < 2 * load<u32>(H_NID_COUNT)) return 0;
  shareOut(frames);
  store<u32>(H_FREE_LEAVES, 1, FREE_FRESH); // leaf 0 means "none"
  return frames;
}

/** Gives each NUMA node an equal run of frames. Frame 0 is the shared zero frame: its count stays 0 and nobody gets it. */
function shareOut(frames: u32): void {
  const nids = load<u32>(H_NID_COUNT);
  for (let nid: u32 = 0; nid < nids; nid++) {
    const list: usize = H_FRAME_LISTS + nid * FRAME_LIST_BYTES;
    store<u32>(list, nid == 0 ? 1 : <u32>((<u64>frames * nid) / nids), FRAME_LIST_FRESH);
    store<u32>(list, <u32>((<u64>frames * (nid + 1)) / nids), FRAME_LIST_END);
  }
}

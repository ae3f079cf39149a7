/**
 * Lays out a fresh memory: from the limits to the bases of the regions. Everything else is zero already and means "empty".
 */
import {
  PAGE_SIZE,
  PTE_FRAME_SHIFT,
  REGION_COUNT,
  REGION_FRAME_COLUMN,
  REGION_FRAME_WORDS,
  REGION_FRAMES,
  REGION_NODE_COLUMN,
  REGION_NODES,
  REGION_PINCOUNTS,
  REGION_ROOMS,
  REGIONS,
  regionAlignment,
  regionBytes,
  regionFollows,
  regionIsThere,
  regionRecords,
} from '../layout';
import { contentBytes } from '../page/page';
import { expectRecords } from '../records/check';
import { frameList, freeLeaves } from '../records/free-list';
import { header, regionAt } from '../records/header';

/** Places the regions from `first` up to `end`, which is not among them, behind address `at`. Returns their end. */
function place(at: u64, first: u32, end: u32): u64 {
  for (let region = first; region < end; region++) {
    const alignment = regionAlignment(region);
    const entry = regionAt(region);
    at = (at + alignment - 1) & ~(<u64>alignment - 1);
    entry.base = <u32>at;
    const isThere = regionIsThere(region, header.columns);
    entry.records = isThere ? regionRecords(region, regionAt(regionFollows(region)).records) : 0;
    at += <u64>entry.records * recordBytes(region);
  }
  return at;
}

/** Size of a record of a region; that of a frame depends on what a page is. */
function recordBytes(region: u32): u32 {
  return region == REGION_FRAMES ? contentBytes() : regionBytes(region);
}

/** Size of a record of a column; 0 if that is not there. */
function columnBytes(region: u32): u32 {
  return regionIsThere(region, header.columns) ? regionBytes(region) : 0;
}

/** Bytes that each frame wants: itself, and its share of the regions that follow from the number of frames. */
function bytesPerFrame(): u64 {
  const nodes = regionBytes(REGION_NODES) + regionBytes(REGION_ROOMS) + columnBytes(REGION_NODE_COLUMN);
  const words = regionBytes(REGION_FRAME_WORDS) + regionBytes(REGION_PINCOUNTS) + columnBytes(REGION_FRAME_COLUMN);
  return contentBytes() + words + nodes + nodes / 8 + 1; // 1: for the words of large folios
}

/** As many frames as a pte can name. */
const FRAMES_MAX: u64 = 1 << (32 - PTE_FRAME_SHIFT);

/** More than alignment takes, and what regions have besides, however many frames there are. */
const SLACK: u64 = 16384;

/**
 * Reads the limits from the header (the driver has put them there) and fills in the rest of it. If no number of frames is among them (0),
 * frames get all the memory that the other regions leave, except the last page, which is never used: loops over it could wrap at 4 GiB.
 * Returns the number of frames, 0 if the memory is too small for the limits.
 */
export function setup(): u32 {
  expectRecords();
  const at = place(REGIONS, 0, REGION_NODES);
  const end = ((<u64>header.memoryPages) << 16) - PAGE_SIZE;
  if (at + SLACK + 2 * bytesPerFrame() > end) return 0;
  const room = <u32>min((end - at - SLACK) / bytesPerFrame(), FRAMES_MAX);
  const frames = header.frameLimit == 0 ? room : header.frameLimit;
  if (frames > room) return 0;
  header.frameLimit = frames;
  place(at, REGION_NODES, REGION_COUNT);
  header.framesEnd = header.frames + frames * contentBytes();
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

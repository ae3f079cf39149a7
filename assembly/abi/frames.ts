/** Calls that name frames: by their number, counted from the zero frame. Most are an administrator's. */
import {
  DOMAIN_LIMIT,
  EBUSY,
  EINVAL,
  NID_LIMIT,
  PAGE_SHIFT,
  PAGE_SIZE,
  PIN_GET,
  PIN_WRITE,
  ZERO_FRAME,
} from '../layout';
import * as migration from '../memory/migrate';
import * as pins from '../memory/pins';
import { pinDrop } from '../memory/pins';
import { setup } from '../memory/setup';
import { domainsBegin } from '../merge/domain';
import * as reading from '../page/bytes/read';
import * as pages from '../page/page';
import { linuxScanner } from '../policy/linux/scanner';
import { slotsClear } from '../policy/linux/slots';
import { header } from '../records/header';
import * as removal from '../syscall/offline';
import { isFrame, isNode } from './check';

/** Entries and roots are numbered in 32 bits. */
const LEAVES_END: u32 = 1 << 22;
const ROOTS_END: u32 = 1 << 24;

/**
 * Lays out a fresh memory whose limits are in the header; the key of the keyed hash comes from a 64-bit seed. Returns the number of frames,
 * 0 if the limits do not fit the memory, or it was laid out before.
 */
export function layOut(seedLow: u32, seedHigh: u32): u32 {
  if (header.framesEnd != 0 || !limitsArePlausible()) return 0;
  const frames = setup();
  if (frames == 0) return 0;
  domainsBegin();
  slotsClear(linuxScanner());
  header.pageKind = pages.pageKind();
  pages.pagesRekey(seedLow, seedHigh);
  return frames;
}

/** Is the memory as large as the header says, and is nothing so large that sizes of regions would wrap? */
function limitsArePlausible(): bool {
  const nodes = header.nidCount;
  const roots = header.rootLimit;
  if (nodes == 0 || nodes > NID_LIMIT || header.domainLimit == 0 || header.domainLimit > DOMAIN_LIMIT) return false;
  const fits = header.leafLimit < LEAVES_END && roots < ROOTS_END && <u64>header.rootCount * nodes <= roots;
  return fits && <u32>memory.size() == header.memoryPages;
}

/** Drops an extra reference that pinPage has taken in the way `how`, to `frame`. EINVAL if there is none. */
export function unpinFrame(frame: u32, how: u32): u32 {
  if (how > PIN_WRITE) return -EINVAL;
  if (frame == ZERO_FRAME) return 0; // of the zero frame nothing is counted
  return isFrame(frame) && pinDrop(frame, how != PIN_GET) ? 0 : -EINVAL;
}

/** How many extra references `frame` has. */
export function pinsOf(frame: u32): u32 {
  return isFrame(frame) ? pins.pinsOf(frame) : 0;
}

/** Moves what is in `frame` to NUMA node `nid`. The new frame, or -errno. */
export function migrateFrame(frame: u32, nid: u32): u32 {
  return isNode(nid) && isFrame(frame) ? migration.migrateFrame(frame, nid) : -EINVAL;
}

/** Takes the frames [first, end) out of use. */
export function offline(first: u32, end: u32): u32 {
  if (first >= end || end > header.frameLimit) return -EINVAL;
  return isFrame(first) ? removal.offline(first, end) : -EBUSY; // the zero frame cannot go
}

/** Brings those of the frames [first, end) back that are out of use. */
export function onlineFrames(first: u32, end: u32): u32 {
  if (first >= end || end > header.frameLimit) return -EINVAL;
  migration.onlineFrames(first, end);
  return 0;
}

/** What a page is to this engine (PAGE_*_KIND): to be compared with what the memory says. */
export function pageKind(): u32 {
  return pages.pageKind();
}

/** Checksum of the page in `frame`; 0 if there is no such frame. */
export function pageChecksum(frame: u32): u32 {
  return frame < header.frameLimit ? pages.pageChecksum(frame) : 0;
}

/**
 * Reads `count` pages of memory from address `start` on, as fast as it can be read.
 * Something that depends on all of them; 0 beyond the end.
 */
export function readPages(start: u32, count: u32): u32 {
  const end = <u64>start + ((<u64>count) << PAGE_SHIFT);
  const isInside = start % PAGE_SIZE == 0 && end <= (<u64>memory.size()) << 16;
  return isInside ? reading.readPages(start, count) : 0;
}

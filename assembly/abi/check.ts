/**
 * What callers name by number, and whether there is such a thing. Every exported function asks here before it follows a number
 * anywhere, so that none can trap or do harm, whatever it is called with.
 */
import { MM_BYTES, MM_EXITED, MM_IN_USE, MM_PAGES, MM_SHARED_OBJECT, MM_UNBORN, ZERO_FRAME } from '../layout';
import { freeMms } from '../records/free-list';
import { header } from '../records/header';
import { Mm } from '../records/mm';
import { addressOf } from '../records/record';

/** Is the mm at address `mm` that of a living process, whose id is `id`? */
export function isProcess(mm: Mm, id: u32): bool {
  const offset = addressOf(mm) - <u32>header.mms;
  if (offset % MM_BYTES != 0 || offset / MM_BYTES >= freeMms.fresh) return false;
  const kind = mm.flags & (MM_IN_USE | MM_EXITED | MM_UNBORN | MM_SHARED_OBJECT);
  return kind == MM_IN_USE && mm.id == id;
}

/** Is `page` the number of a page of an address space? */
export function isPage(page: u32): bool {
  return page < MM_PAGES;
}

/** Is `frame` the number of a frame, other than the zero frame? */
export function isFrame(frame: u32): bool {
  return frame != ZERO_FRAME && frame < header.frameLimit;
}

/** Is `at` the address of a word that lies before the frames, as ptes do? */
export function isWord(at: u32): bool {
  return at % 4 == 0 && at < header.frames;
}

/** Is there a NUMA node `nid`? */
export function isNode(nid: u32): bool {
  return nid < header.nidCount;
}

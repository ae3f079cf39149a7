/**
 * What callers name by number, and whether there is such a thing. Every exported function asks here before it follows a number
 * anywhere, so that none can trap or do harm, whatever it is called with.
 */
import {
  FREE_FRESH,
  H_FRAME_LIMIT,
  H_FRAMES,
  H_FREE_MMS,
  H_MMS,
  H_NID_COUNT,
  MM_BYTES,
  MM_EXITED,
  MM_FLAGS,
  MM_ID,
  MM_IN_USE,
  MM_PAGES,
  MM_SHARED_OBJECT,
  MM_UNBORN,
  PAGE_SHIFT,
  PAGE_SIZE,
} from '../layout';

/** Is the mm at address `mm` that of a living process, whose id is `id`? */
export function isProcess(mm: u32, id: u32): bool {
  const offset = mm - load<u32>(H_MMS);
  if (offset % MM_BYTES != 0 || offset / MM_BYTES >= load<u32>(H_FREE_MMS, FREE_FRESH)) return false;
  const kind = load<u32>(mm, MM_FLAGS) & (MM_IN_USE | MM_EXITED | MM_UNBORN | MM_SHARED_OBJECT);
  return kind == MM_IN_USE && load<u32>(mm, MM_ID) == id;
}

/** Is `page` the number of a page of an address space? */
export function isPage(page: u32): bool {
  return page < MM_PAGES;
}

/** Is `frame` the address of a frame, other than the zero frame? */
export function isFrame(frame: u32): bool {
  const offset = frame - load<u32>(H_FRAMES);
  return offset % PAGE_SIZE == 0 && isFrameIndex(offset >> PAGE_SHIFT);
}

/** Is `index` that of a frame, counted from the zero frame, which is not meant? */
export function isFrameIndex(index: u32): bool {
  return index != 0 && index < load<u32>(H_FRAME_LIMIT);
}

/** Is `at` the address of a word that lies before the frames, as ptes do? */
export function isWord(at: u32): bool {
  return at % 4 == 0 && at < load<u32>(H_FRAMES);
}

/** Is there a NUMA node `nid`? */
export function isNode(nid: u32): bool {
  return nid < load<u32>(H_NID_COUNT);
}

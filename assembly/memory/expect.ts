/**
 * Assertions about frames, ptes and page tables, which several files of this folder make. Nothing of it is in an engine without assertions:
 * whoever calls these asks ASC_NO_ASSERT first.
 */
import { counted } from '../base/count';
import { isLocked } from '../concurrent/lock';
import {
  FRAME_FREE,
  FRAME_KEPT,
  H_DMA_PINS,
  LEAF_BYTES,
  MM_PAGES,
  PINS_DMA_SHIFT,
  PINS_MASK,
  TABLE_BITS,
  TABLE_ENTRIES,
  ZERO_FRAME,
} from '../layout';
import { freeLeaves } from '../records/free-list';
import { header } from '../records/header';
import { Leaf, Mm } from '../records/mm';
import { addressOf } from '../records/record';
import { wordOf } from './frame-words';
import { frameIsPinned, frameIsUsed } from './frames';
import { frameIsKept, keeperOf } from './kept';
import { pinsOf, pinWordOf } from './pins';
import { frameOfPte, isPresent, isShared, isWritable, mapsZero } from './pte';
import { entryFind, entryMm, entryPage, leafRecord } from './tables';

/** There is a leaf that has the entry. */
export function expectEntry(entry: u32): void {
  assert(entry >> TABLE_BITS != 0);
  assert(entry >> TABLE_BITS < freeLeaves.fresh);
}

/** The entry is that of `page` of `mm`, from the tables and back. */
export function expectEntryOf(mm: Mm, page: u32, entry: u32): void {
  expectEntry(entry);
  assert(page < MM_PAGES);
  assert(entryFind(mm, page) == entry);
  assert(entryMm(entry) == mm);
  assert(entryPage(entry) == page);
}

/** `pte` is about to become that of `entry`. It is 0, or maps what may be mapped so. */
export function expectPte(entry: u32, pte: u32): void {
  expectEntry(entry);
  assert(isLocked());
  if (!isPresent(pte)) {
    assert(pte == 0);
    return;
  }
  assert(frameOfPte(pte) < header.frameLimit);
  if (mapsZero(pte)) {
    assert(!isWritable(pte)); // nobody writes to the zero frame
    return;
  }
  if (!frameIsKept(frameOfPte(pte))) return;
  assert(!isWritable(pte));
  assert(!isShared(pte));
}

/** Nothing is in the leaf: no pte, no item. */
export function expectEmpty(record: Leaf): void {
  const leaf = <u32>(addressOf(record) - header.leaves) / LEAF_BYTES;
  assert(record.used == 0);
  assert(leafRecord(leaf) == record);
  const ptes: usize = header.ptes + ((<usize>leaf) << (TABLE_BITS + 2));
  const states: usize = header.states + ((<usize>leaf) << (TABLE_BITS + 2));
  let all = i32x4.splat(0);
  for (let at: usize = 0; at < TABLE_ENTRIES << 2; at += 16) {
    all = v128.or(all, v128.or(v128.load(ptes + at), v128.load(states + at)));
  }
  assert(!v128.any_true(all));
}

/** A frame that somebody refers to; not the zero frame. */
export function expectUsed(frame: u32): void {
  assert(isLocked());
  assert(frame != ZERO_FRAME);
  assert(frame < header.frameLimit);
  assert(frameIsUsed(frame));
  const keeper = keeperOf(frame);
  assert(!keeper || keeper.frame == frame);
  assert(!keeper || keeper.maps >= pinsOf(frame));
  assert(keeper || frameIsPinned(frame) == (pinsOf(frame) != 0));
}

/** One that is nobody's yet: it was just taken from its list. */
export function expectFresh(frame: u32): void {
  expectUsed(frame);
  assert(wordOf(frame) == 1);
  assert(pinWordOf(frame) == 0);
}

/** A frame to which nobody refers any more, and that is not free yet. If it was kept, its word still says so. */
export function expectReleased(frame: u32): void {
  const word = wordOf(frame);
  assert(isLocked());
  assert(frame != ZERO_FRAME);
  assert(frame < header.frameLimit);
  assert((word & (FRAME_KEPT | FRAME_FREE)) != FRAME_FREE);
  assert(pinsOf(frame) == 0);
}

/** No more of the extra references to a frame are pins for DMA than there are. */
export function expectPins(frame: u32): void {
  const word = pinWordOf(frame);
  assert(isLocked());
  assert(frame != ZERO_FRAME);
  assert(word >> PINS_DMA_SHIFT <= (word & PINS_MASK));
  assert(word >> PINS_DMA_SHIFT <= counted(H_DMA_PINS));
}

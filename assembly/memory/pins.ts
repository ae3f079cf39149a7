/**
 * Pins for DMA (Linux: FOLL_PIN): extra references of those who read or write a page behind its process's back, and so want it to
 * stay that process's own; a plain reference does not. A frame's word counts both alike (memory/frames). How many of them are pins
 * for DMA is counted here, one u32 a frame, and for all frames together in H_DMA_PINS.
 *
 * A page is made its process's own before it is pinned for DMA, and nobody shares it or makes it KSM's while it is: so such a frame
 * is an ordinary one, and if it is anonymous at most one pte maps it.
 */
import {
  FOLIO_FRAMES,
  FRAME_COUNT_MASK,
  FRAME_PIN,
  FRAME_PINS_MASK,
  H_DMA_PINS,
  H_FRAMES,
  H_PINCOUNTS,
  PAGE_SHIFT,
} from '../layout';
import { folioPart, frameIsKsm, frameIsPart, framePin, frameUnpin, wordOf } from './frames';

/** Address of the word that counts the DMA pins of `frame`. */
function pincountOf(frame: usize): usize {
  return load<u32>(H_PINCOUNTS) + (((frame - load<u32>(H_FRAMES)) >> PAGE_SHIFT) << 2);
}

function countPin(frame: usize, change: i32): void {
  store<i32>(pincountOf(frame), load<i32>(pincountOf(frame)) + change);
  store<i32>(H_DMA_PINS, load<i32>(H_DMA_PINS) + change);
}

/** Takes an extra reference. It is counted first, so that a death leaves no pin without one. */
export function pinTake(frame: usize, isForDma: bool): void {
  framePin(frame);
  if (isForDma) countPin(frame, 1);
}

/** Drops one, of the other kind where the caller is wrong about it and there is none left of this. */
export function pinDrop(frame: usize, isForDma: bool): void {
  const pins = load<u32>(pincountOf(frame));
  if (pins != 0 && (isForDma || pins == (load<u32>(wordOf(frame)) & FRAME_PINS_MASK) / FRAME_PIN)) countPin(frame, -1);
  frameUnpin(frame);
}

export function isDmaPinned(frame: usize): bool {
  return load<u32>(H_DMA_PINS) != 0 && load<u32>(pincountOf(frame)) != 0;
}

/**
 * Does a child get a copy of an anonymous page at once? It does where the page is pinned for DMA and its process's own. A large folio
 * counts as pinned as a whole: then all parts that one process alone maps are copied.
 */
export function isCopiedAtFork(frame: usize): bool {
  if (load<u32>(H_DMA_PINS) == 0 || frameIsKsm(frame)) return false;
  if (load<u32>(pincountOf(frame)) != 0) return true;
  return frameIsPart(frame) && (load<u32>(wordOf(frame)) & FRAME_COUNT_MASK) == 1 && folioIsDmaPinned(frame);
}

function folioIsDmaPinned(frame: usize): bool {
  const counts = pincountOf(frame) - ((<usize>folioPart(frame)) << 2);
  let part: usize = 0;
  while (part < FOLIO_FRAMES && load<u32>(counts + (part << 2)) == 0) part++;
  return part < FOLIO_FRAMES;
}

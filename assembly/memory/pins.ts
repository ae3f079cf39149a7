/**
 * Extra references to frames, which hold a page in its place: of direct I/O, pipes, devices. One word for each frame, ordinary or kept,
 * counts them (layout/words, PINS_*).
 *
 * Some of them are pins for DMA (Linux: FOLL_PIN). Who has one reads or writes a page behind its process's back, and so wants it to stay
 * that process's own. Who has a plain reference does not. A page is made its process's own before it is pinned for DMA, and nobody shares
 * or keeps it (memory/kept) while it is. So such a frame is an ordinary one, and if it is anonymous, at most one pte maps it. H_DMA_PINS
 * counts them for all frames together.
 */
import { count, counted } from '../base/count';
import { step } from '../base/step';
import { FOLIO_FRAMES, H_DMA_PINS, LIMIT_PINS, PINS_DMA_SHIFT, PINS_MASK } from '../layout';
import { header } from '../records/header';
import { expectPins, expectUsed } from './expect';
import { folioPart, frameCount, frameGet, frameIsPart, framePinned, framePut, frameUnpinned } from './frames';
import { frameIsKept } from './kept';

const ONE_FOR_DMA: u32 = (1 << PINS_DMA_SHIFT) + 1;

/** The word that counts the extra references to `frame`. */
export function pinWordOf(frame: u32): u32 {
  return load<u32>(header.pinCounts + ((<usize>frame) << 2));
}

export function pinWordSet(frame: u32, word: u32): void {
  store<u32>(header.pinCounts + ((<usize>frame) << 2), word);
}

/** How many extra references `frame` has. */
export function pinsOf(frame: u32): u32 {
  return pinWordOf(frame) & PINS_MASK;
}

function countForDma(change: i32): void {
  count(H_DMA_PINS, change);
}

/**
 * Takes an extra reference. It is counted first, so that a death leaves no pinned page without one. False if the page has as many as can be
 * counted.
 */
export function pinTake(frame: u32, isForDma: bool): bool {
  const pins = pinWordOf(frame);
  if (!ASC_NO_ASSERT) {
    expectUsed(frame);
    expectPins(frame);
  }
  if ((pins & PINS_MASK) == PINS_MASK) {
    header.limitHit = LIMIT_PINS;
    return false;
  }
  if (isForDma) countForDma(1);
  pinWordSet(frame, pins + (isForDma ? ONE_FOR_DMA : 1));
  step();
  if (frameIsKept(frame)) frameGet(frame);
  else framePinned(frame, true);
  if (!ASC_NO_ASSERT) {
    expectUsed(frame);
    expectPins(frame);
    assert(!isForDma || pinWordOf(frame) >> PINS_DMA_SHIFT == (pins >> PINS_DMA_SHIFT) + 1);
    assert(pinsOf(frame) == (pins & PINS_MASK) + 1);
  }
  return true;
}

/** Drops one; one of the other kind if none of this is left, because the caller is wrong about it. False if there is none at all. */
export function pinDrop(frame: u32, isForDma: bool): bool {
  const word = pinWordOf(frame);
  const pins = word & PINS_MASK;
  if (pins == 0) return false;
  if (!ASC_NO_ASSERT) {
    expectUsed(frame);
    expectPins(frame);
  }
  const forDma = word >> PINS_DMA_SHIFT;
  const dropsForDma = forDma != 0 && (isForDma || forDma == pins);
  const isLastOfOrdinary = pins == 1 && !frameIsKept(frame);
  if (isLastOfOrdinary) framePinned(frame, false);
  if (dropsForDma) countForDma(-1);
  pinWordSet(frame, word - (dropsForDma ? ONE_FOR_DMA : 1));
  if (!ASC_NO_ASSERT) assert(counted(H_DMA_PINS) >= pinWordOf(frame) >> PINS_DMA_SHIFT);
  if (isLastOfOrdinary) frameUnpinned(frame);
  else if (frameIsKept(frame)) framePut(frame);
  return true;
}

/** How many references `frame` has: ptes and extra ones, of a kept frame or an ordinary one. */
export function frameReferences(frame: u32): u32 {
  return frameCount(frame) + (frameIsKept(frame) ? 0 : pinsOf(frame));
}

export function isDmaPinned(frame: u32): bool {
  return counted(H_DMA_PINS) != 0 && pinWordOf(frame) >> PINS_DMA_SHIFT != 0;
}

/**
 * Does a child get a copy of an anonymous page at once? It does if the page is pinned for DMA and its process's own. A large folio counts
 * as pinned as a whole: then all parts that one process alone maps are copied.
 */
export function isCopiedAtFork(frame: u32): bool {
  if (counted(H_DMA_PINS) == 0 || frameIsKept(frame)) return false;
  if (isDmaPinned(frame)) return true;
  return frameIsPart(frame) && frameCount(frame) == 1 && folioIsDmaPinned(frame);
}

function folioIsDmaPinned(frame: u32): bool {
  const first = frame - folioPart(frame);
  let part: u32 = 0;
  while (part < FOLIO_FRAMES && pinWordOf(first + part) >> PINS_DMA_SHIFT == 0) part++;
  return part < FOLIO_FRAMES;
}

/**
 * A pte: which frame a page maps, and what may be done with it. Everybody asks these functions, so the bits of a pte (layout/words) are
 * known here, and to the few loops that look at many ptes at once.
 */
import {
  PTE_ACCESS,
  PTE_DENIED,
  PTE_DIRTY,
  PTE_FRAME,
  PTE_FRAME_SHIFT,
  PTE_MERGED,
  PTE_READ_ONLY,
  PTE_SHARED,
  PTE_WRITABLE,
} from '../layout';

/** A pte that maps `frame`, with these flags. */
export function pteTo(frame: u32, flags: u32): u32 {
  return (frame << PTE_FRAME_SHIFT) | flags;
}

/** The same pte, but mapping `frame`. */
export function pteWithFrame(pte: u32, frame: u32): u32 {
  return (pte & ~PTE_FRAME) | (frame << PTE_FRAME_SHIFT);
}

/** Does it map a frame? */
export function isPresent(pte: u32): bool {
  return (pte & PTE_ACCESS) != 0;
}

/** The frame that a present pte maps. */
export function frameOfPte(pte: u32): u32 {
  return pte >> PTE_FRAME_SHIFT;
}

export function mapsFrame(pte: u32, frame: u32): bool {
  return isPresent(pte) && frameOfPte(pte) == frame;
}

/** Does a present pte map the zero frame? */
export function mapsZero(pte: u32): bool {
  return pte < 1 << PTE_FRAME_SHIFT;
}

/** May a store go straight to the frame? */
export function isWritable(pte: u32): bool {
  return (pte & PTE_ACCESS) == PTE_WRITABLE;
}

/** Is it present, but every access denied? */
export function isDenied(pte: u32): bool {
  return (pte & PTE_ACCESS) == PTE_DENIED;
}

export function isDirty(pte: u32): bool {
  return (pte & PTE_DIRTY) != 0;
}

/** Does it map a frame of a shared object or a file? */
export function isShared(pte: u32): bool {
  return (pte & PTE_SHARED) != 0;
}

/** Does it map anonymous memory, the zero frame included? One comparison: present is 1 to 3 without PTE_SHARED. */
export function isAnonymous(pte: u32): bool {
  return (pte & (PTE_ACCESS | PTE_SHARED)) - 1 < PTE_ACCESS;
}

/** Settled: does it map the frame of the stable node that its rmap item hangs on? */
export function isMerged(pte: u32): bool {
  return (pte & PTE_MERGED) != 0 && !mapsZero(pte);
}

/** Does it map the zero frame that came in place of an equal frame? */
export function isMergedZero(pte: u32): bool {
  return (pte & (PTE_FRAME | PTE_MERGED)) == PTE_MERGED;
}

/** The pte of an item that hangs on a stable node no more. */
export function pteUnmerged(pte: u32): u32 {
  return mapsZero(pte) ? pte : pte & ~PTE_MERGED;
}

/** The same pte without the right to write. */
export function pteProtected(pte: u32): u32 {
  return pte & ~((pte & PTE_READ_ONLY) << 1);
}

/** What is left of the rights of a present pte if it may not be written: PTE_READ_ONLY or PTE_DENIED. */
export function rightsKept(pte: u32): u32 {
  return pteProtected(pte) & PTE_ACCESS;
}

/** The pte of a page that is denied no more: it may be read. */
export function pteReadable(pte: u32): u32 {
  return (pte & ~PTE_ACCESS) | PTE_READ_ONLY;
}

/** A present pte, but every access denied. */
export function pteDenied(pte: u32): u32 {
  return (pte & ~PTE_ACCESS) | PTE_DENIED;
}

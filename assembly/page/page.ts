/**
 * A page's content, by the number of its frame: how two compare, whether one is all zero, its checksum, a copy. Nobody else knows where
 * a content lies, or what it is made of: 4096 bytes, or a name of 64 bits that somebody outside has given it (built with PAGE_NAMES).
 * The branch that is not taken is not compiled.
 */
import * as bytes from './bytes/page';
import * as names from './names/page';

/** Bytes that the content of a frame takes in the region of frames. */
export function contentBytes(): u32 {
  return isDefined(PAGE_NAMES) ? names.CONTENT_BYTES : bytes.CONTENT_BYTES;
}

/** Which kind of page is it: PAGE_* of the layout. */
export function pageKind(): u32 {
  return isDefined(PAGE_NAMES) ? names.KIND : bytes.KIND;
}

/** A fresh memory, or another seed: draws the key of the hash, and notes the checksum of the zero page. */
export function pagesRekey(seedLow: u32, seedHigh: u32): void {
  if (isDefined(PAGE_NAMES)) names.pagesRekey();
  else bytes.pagesRekey(seedLow, seedHigh);
}

/** Order of two pages: < 0, 0 or > 0. Of bytes as memcmp has it, of names that of the numbers. */
export function comparePages(frame: u32, other: u32): i32 {
  return isDefined(PAGE_NAMES) ? names.comparePages(frame, other) : bytes.comparePages(frame, other);
}

/**
 * Order of two pages that may have one checksum, whatever their kind: 0 if they are equal, else that of their whole hashes. Of a page that
 * changes in a tree, both kinds must say the same, or a later search would miss in one of them what it finds in the other.
 */
export function compareByHash(frame: u32, other: u32): i32 {
  return isDefined(PAGE_NAMES) ? names.comparePages(frame, other) : bytes.compareByHash(frame, other);
}

export function equalPages(frame: u32, other: u32): bool {
  return isDefined(PAGE_NAMES) ? names.equalPages(frame, other) : bytes.equalPages(frame, other);
}

export function isZeroPage(frame: u32): bool {
  return isDefined(PAGE_NAMES) ? names.isZeroPage(frame) : bytes.isZeroPage(frame);
}

/** What changes when a page does, as far as 32 bits can tell. In hash order the key of the trees. */
export function pageChecksum(frame: u32): u32 {
  return isDefined(PAGE_NAMES) ? names.pageChecksum(frame) : bytes.pageChecksum(frame);
}

/** The first four bytes of a page as a number that orders pages as comparePages does, as far as it tells them apart. */
export function pagePrefix(frame: u32): u32 {
  return isDefined(PAGE_NAMES) ? names.pagePrefix(frame) : bytes.pagePrefix(frame);
}

export function pageCopy(target: u32, frame: u32): void {
  if (isDefined(PAGE_NAMES)) names.pageCopy(target, frame);
  else bytes.pageCopy(target, frame);
}

export function pageClear(frame: u32): void {
  if (isDefined(PAGE_NAMES)) names.pageClear(frame);
  else bytes.pageClear(frame);
}

/** The same for `count` frames from `first` on. */
export function pagesClear(first: u32, count: u32): void {
  if (isDefined(PAGE_NAMES)) names.pagesClear(first, count);
  else bytes.pagesClear(first, count);
}

/** Reads the first lines of a page, so that its translation is at hand. The result means nothing, but must be used. */
export function touchPage(frame: u32): u32 {
  return isDefined(PAGE_NAMES) ? names.touchPage(frame) : bytes.touchPage(frame);
}

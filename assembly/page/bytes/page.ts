/** Pages of 4096 bytes each, one behind the other. */
import { CHECKSUM_XXH64, HASH_KEY, PAGE_BYTES_KIND, PAGE_SHIFT, PAGE_SIZE, ZERO_FRAME } from '../../layout';
import { header } from '../../records/header';
import * as kernel from './compare';
import { expandKey, hashKeyed } from './hash';
import { hashXxh64 } from './xxh64';
import * as zero from './zero';

export const CONTENT_BYTES: u32 = PAGE_SIZE;
export const KIND: u32 = PAGE_BYTES_KIND;

export function pagesRekey(seedLow: u32, seedHigh: u32): void {
  expandKey(seedLow, seedHigh, HASH_KEY);
  header.zeroChecksum = pageChecksum(ZERO_FRAME);
}

/** Where the bytes of `frame` lie. */
function bytesOf(frame: u32): usize {
  return header.frames + ((<usize>frame) << PAGE_SHIFT);
}

/** Order of two pages, as memcmp has it: < 0, 0 or > 0. */
export function comparePages(frame: u32, other: u32): i32 {
  return kernel.comparePages(bytesOf(frame), bytesOf(other));
}

/** Equal pages are most of those that are asked for; of the others the hash is made anew. */
export function compareByHash(frame: u32, other: u32): i32 {
  if (equalPages(frame, other)) return 0;
  const name = nameOf(frame);
  const otherName = nameOf(other);
  return name == otherName ? comparePages(frame, other) : name < otherName ? -1 : 1;
}

export function equalPages(frame: u32, other: u32): bool {
  return kernel.equalPages(bytesOf(frame), bytesOf(other));
}

export function isZeroPage(frame: u32): bool {
  return zero.isZeroPage(bytesOf(frame));
}

/**
 * The lower half of a page's hash, by which the scanner sees whether a page has changed since the last pass. The hash was chosen at
 * creation: XXH64, which is the kernel's, or the keyed hash, which runs at the speed of memory.
 */
export function pageChecksum(frame: u32): u32 {
  return <u32>pageHash(frame);
}

function pageHash(frame: u32): u64 {
  const bytes = bytesOf(frame);
  return header.checksum == CHECKSUM_XXH64 ? hashXxh64(bytes) : hashKeyed(bytes, HASH_KEY);
}

/** What the page is called where pages are names (page/names). */
function nameOf(frame: u32): u64 {
  return isZeroPage(frame) ? 0 : pageHash(frame);
}

/** The first four bytes of a page as a number that orders pages as memcmp does, as far as it tells them apart. */
export function pagePrefix(frame: u32): u32 {
  return bswap<u32>(load<u32>(bytesOf(frame)));
}

export function pageCopy(target: u32, frame: u32): void {
  memory.copy(bytesOf(target), bytesOf(frame), PAGE_SIZE);
}

export function pageClear(frame: u32): void {
  memory.fill(bytesOf(frame), 0, PAGE_SIZE);
}

/** The same for `count` frames from `first` on. */
export function pagesClear(first: u32, count: u32): void {
  memory.fill(bytesOf(first), 0, (<usize>count) << PAGE_SHIFT);
}

/** Reads the first lines of a page, so that its translation is at hand. The result means nothing, but must be used. */
export function touchPage(frame: u32): u32 {
  const bytes = bytesOf(frame);
  return load<u32>(bytes) + load<u32>(bytes, 64) + load<u32>(bytes, 128) + load<u32>(bytes, 192);
}

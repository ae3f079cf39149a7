/**
 * Pages that are names: one u64 a frame, which somebody outside has given the content; 0 is the zero page. Equal names are believed to be
 * equal contents, and in content order names to be ordered as contents are. A guest writes a name in one step, and what is read here is
 * read in one step, so that nobody ever sees half of one.
 */
import { PAGE_NAMES_KIND } from '../../layout';
import { header } from '../../records/header';

export const CONTENT_BYTES: u32 = 8;
export const KIND: u32 = PAGE_NAMES_KIND;

/** Checksum of the zero page: not 0, which is that of an item that was never hashed. */
const ZERO_CHECKSUM: u32 = 0x9e3779b9;

function nameAt(frame: u32): usize {
  return header.frames + ((<usize>frame) << 3);
}

function nameOf(frame: u32): u64 {
  return atomic.load<u64>(nameAt(frame));
}

/** Names come from outside, and are hashes already: there is no key. */
export function pagesRekey(): void {
  header.zeroChecksum = ZERO_CHECKSUM;
}

export function comparePages(frame: u32, other: u32): i32 {
  const name = nameOf(frame);
  const otherName = nameOf(other);
  return name == otherName ? 0 : name < otherName ? -1 : 1;
}

export function equalPages(frame: u32, other: u32): bool {
  return nameOf(frame) == nameOf(other);
}

export function isZeroPage(frame: u32): bool {
  return nameOf(frame) == 0;
}

/** The lower half of the name, as the byte engine keeps the lower half of the hash. */
export function pageChecksum(frame: u32): u32 {
  const name = nameOf(frame);
  return name == 0 ? header.zeroChecksum : <u32>name;
}

/** The upper half orders names as comparePages does, as far as it tells them apart. */
export function pagePrefix(frame: u32): u32 {
  return <u32>(nameOf(frame) >> 32);
}

export function pageCopy(target: u32, frame: u32): void {
  atomic.store<u64>(nameAt(target), nameOf(frame));
}

export function pageClear(frame: u32): void {
  atomic.store<u64>(nameAt(frame), 0);
}

export function pagesClear(first: u32, count: u32): void {
  memory.fill(nameAt(first), 0, (<usize>count) << 3);
}

export function touchPage(frame: u32): u32 {
  return <u32>load<u64>(nameAt(frame));
}

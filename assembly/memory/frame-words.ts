/** The words of frames and of large folios, as they are: what they mean is in layout/words, and who changes them says why. */
import { header } from '../records/header';

/** The word of a frame: who has it (FRAME_*). */
export function wordOf(frame: u32): u32 {
  return load<u32>(header.frameWords + ((<usize>frame) << 2));
}

export function wordSet(frame: u32, word: u32): void {
  store<u32>(header.frameWords + ((<usize>frame) << 2), word);
}

/** The word of large folio number `folio`. */
export function folioAt(folio: u32): u32 {
  return load<u32>(header.folios + ((<usize>folio) << 2));
}

export function folioSetAt(folio: u32, held: u32): void {
  store<u32>(header.folios + ((<usize>folio) << 2), held);
}

/** The page hash chosen at creation: XXH64, which is the kernel's, or the keyed hash, which runs at the speed of memory. */
import { CHECKSUM_XXH64, H_CHECKSUM, HASH_KEY } from '../layout';
import { hashKeyed, hashXxh64 } from '../page/hash';

/** 64-bit hash of the page at `frame`. Its lower half is the page's checksum. */
export function pageHash(frame: usize): u64 {
  return load<u32>(H_CHECKSUM) == CHECKSUM_XXH64 ? hashXxh64(frame) : hashKeyed(frame, HASH_KEY);
}

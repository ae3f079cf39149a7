/**
 * XXH64 of one page: the checksum that 64-bit Linux keeps for ksmd (its low 32 bits), seed 0.
 *
 * Written from the xxHash specification (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). A page
 * is a whole number of 32-byte stripes, so the specification's tail handling does not exist here. Every step is
 * scalar: the four lanes need 64-bit multiplication, which WebAssembly's SIMD has only in emulated form.
 */

import { PAGE_SIZE } from '../../layout';

const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63;

/** XXH64 with seed 0 of the PAGE_SIZE bytes at `page`. */
export function hashXxh64(page: usize): u64 {
  let a: u64 = PRIME_1 + PRIME_2;
  let b: u64 = PRIME_2;
  let c: u64 = 0;
  let d: u64 = 0 - PRIME_1;
  let i: usize = 0;
  do {
    a = round(a, load<u64>(page + i));
    b = round(b, load<u64>(page + i, 8));
    c = round(c, load<u64>(page + i, 16));
    d = round(d, load<u64>(page + i, 24));
    i += 32;
  } while (i != PAGE_SIZE);
  let hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
  hash = mergeLane(hash, a);
  hash = mergeLane(hash, b);
  hash = mergeLane(hash, c);
  hash = mergeLane(hash, d);
  return avalanche(hash + PAGE_SIZE);
}

/** XXH64's last step: a bijection of 64 bits after which every bit depends on every bit. */
export function avalanche(hash: u64): u64 {
  hash = (hash ^ (hash >> 33)) * PRIME_2;
  hash = (hash ^ (hash >> 29)) * PRIME_3;
  return hash ^ (hash >> 32);
}

function round(lane: u64, word: u64): u64 {
  return rotl<u64>(lane + word * PRIME_2, 31) * PRIME_1;
}

function mergeLane(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
}

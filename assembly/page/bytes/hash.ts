/**
 * Page hashes: the kernel's XXH64, and a keyed hash that runs at the speed of reading memory.
 *
 * A scanner that orders pages by hash must not let a guest choose pages whose hashes collide. XXH64 cannot promise
 * that, and being scalar it is slower than memory. The keyed hash can. Two different pages, chosen by
 * somebody who does not know the key, collide in all 64 bits with probability at most 2^-62 + 2^-64, and in any b
 * chosen bits with probability at most 2^-62 + 2^-b. docs/page-kernels.md has the proof, what it assumes, and what
 * else was tried.
 *
 * It is a relative of NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: "UMAC: Fast and Secure Message
 * Authentication", 1999). A page is 256 vectors of eight 16-bit words. x[i] is vector i plus key vector i, word by
 * word; x[-3..-1] and x[256..258] are key alone. Products are signed, and are summed over all eight words modulo
 * 2^32:
 *
 *   near[c] = sum of x[i-1] * x[i] over i = 0..256 with i mod 2 = c
 *   far[c]  = sum of x[i-3] * x[i] over i = 0..258 with i mod 2 = c
 *
 * (products of key alone left out). So every word is multiplied by four neighbours, whose keys are independent,
 * and goes into all four sums. The sums then go through two independent multilinear hashes of 32 bits (Lemire and
 * Kaser: "Strongly Universal String Hashing is Fast", 2014) and a bijection.
 */

import { PAGE_SIZE } from '../../layout';
import { avalanche } from './xxh64';

export { hashXxh64 } from './xxh64';

/** The key: x[-3..-1], a vector for each of the page's, x[256..258], and two rows of five u64. */
const KEY_HEAD: u32 = 48;
const KEY_TAIL: u32 = KEY_HEAD + PAGE_SIZE;
const KEY_ROWS: u32 = KEY_TAIL + 48;
const ROW_BYTES: u32 = 5 * 8;
/** Bytes of key that expandKey writes and hashKeyed reads; the layout must keep as many for it. */
export const KEY_BYTES: u32 = KEY_ROWS + 2 * ROW_BYTES;

/** Keyed hash of the PAGE_SIZE bytes at `page`, with the key that expandKey left at `key`. */
export function hashKeyed(page: usize, key: usize): u64 {
  let near0 = i32x4.splat(0);
  let near1 = near0;
  let far0 = near0;
  let far1 = near0;
  let x = v128.load(key);
  let y = v128.load(key, 16);
  let z = v128.load(key, 32);
  let i: usize = 0;
  // 64 bytes a step: of a longer body V8 hoists all loads to the top and spills the sums, for a third of the speed.
  do {
    const a = i16x8.add(v128.load(page + i), v128.load(key + i, KEY_HEAD));
    const b = i16x8.add(v128.load(page + i, 16), v128.load(key + i, KEY_HEAD + 16));
    const c = i16x8.add(v128.load(page + i, 32), v128.load(key + i, KEY_HEAD + 32));
    const d = i16x8.add(v128.load(page + i, 48), v128.load(key + i, KEY_HEAD + 48));
    near0 = addProducts(addProducts(near0, z, a), b, c);
    near1 = addProducts(addProducts(near1, a, b), c, d);
    far0 = addProducts(addProducts(far0, x, a), z, c);
    far1 = addProducts(addProducts(far1, y, b), a, d);
    x = b;
    y = c;
    z = d;
    i += 64;
  } while (i != PAGE_SIZE);
  near0 = addProducts(near0, z, v128.load(key, KEY_TAIL));
  far0 = addProducts(far0, x, v128.load(key, KEY_TAIL));
  far1 = addProducts(far1, y, v128.load(key, KEY_TAIL + 16));
  far0 = addProducts(far0, z, v128.load(key, KEY_TAIL + 32));

  const sums = lanesOf(near0, near1, far0, far1);
  const near = v128.extract_lane<u64>(sums, 0);
  const far = v128.extract_lane<u64>(sums, 1);
  const low = multilinear(key + KEY_ROWS, near, far);
  const high = multilinear(key + KEY_ROWS + ROW_BYTES, near, far);
  return avalanche((high << 32) | low);
}

/**
 * Fills the KEY_BYTES at `key` from a 64-bit seed, given as two halves because a u64 is costly at the border to
 * JavaScript. The words are splitmix64's stream (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
 * Generators", 2014).
 */
export function expandKey(seedLow: u32, seedHigh: u32, key: usize): void {
  let state = ((<u64>seedHigh) << 32) | <u64>seedLow;
  let i: usize = 0;
  do {
    state += 0x9e3779b97f4a7c15;
    let word = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    store<u64>(key + i, word ^ (word >> 31));
    i += 8;
  } while (i < KEY_BYTES);
}

function addProducts(sum: v128, a: v128, b: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(a, b));
}

/** Four vectors of four u32 to one: lane n is the sum of the lanes of vector n. */
function lanesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<u32>(a, b, 0, 4, 1, 5), v128.shuffle<u32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<u32>(c, d, 0, 4, 1, 5), v128.shuffle<u32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<u64>(ab, cd, 0, 2), v128.shuffle<u64>(ab, cd, 1, 3));
}

/** Strongly universal hash of four u32, two in each argument, to 32 bits; `row` holds its five random u64. */
function multilinear(row: usize, a: u64, b: u64): u64 {
  let sum = load<u64>(row);
  sum += load<u64>(row, 8) * (a & 0xffffffff) + load<u64>(row, 16) * (a >> 32);
  sum += load<u64>(row, 24) * (b & 0xffffffff) + load<u64>(row, 32) * (b >> 32);
  return sum >> 32;
}

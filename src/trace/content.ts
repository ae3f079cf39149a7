/**
 * What a content number stands for, and the digest of what a process reads: both are made of splitmix64.
 *
 * A trace fills and digests every 64-bit word of its pages, and every BigInt operation allocates. So a word is two
 * 32-bit halves here, and BigInt appears only at the edges. The halves of the last result are left in `high` and
 * `low`, which no caller sees: JavaScript has no cheap way to return two numbers.
 *
 * Source: docs/trace-format.md.
 */
import { PAGE_SIZE } from '../memory/index.ts';

const WORDS = PAGE_SIZE / 8;

/** Pages kept by contentPage: 4 MiB. */
const CACHE_PAGES = 1024;

let high = 0;
let low = 0;

/** Upper 32 bits of the product of two unsigned 32-bit numbers, by 16-bit partial products. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (carry >>> 16);
}

/** (high, low) := (x XOR x >> shift) * m modulo 2^64, for 0 < shift < 32. */
function mix(xHigh: number, xLow: number, shift: number, mHigh: number, mLow: number): void {
  const h = xHigh ^ (xHigh >>> shift);
  const l = (xLow ^ ((xHigh << (32 - shift)) | (xLow >>> shift))) >>> 0;
  high = (multiplyHigh(l, mLow) + Math.imul(h, mLow) + Math.imul(l, mHigh)) | 0;
  low = Math.imul(l, mLow);
}

/** (high, low) := splitmix64(x). */
function splitmix64(xHigh: number, xLow: number): void {
  const sum = (xLow >>> 0) + 0x7f4a7c15;
  mix((xHigh + 0x9e3779b9 + (sum > 0xffffffff ? 1 : 0)) | 0, sum | 0, 30, 0xbf58476d, 0x1ce4e5b9);
  mix(high, low, 27, 0x94d049bb, 0x133111eb);
  low ^= (high << 1) | (low >>> 31);
  high ^= high >>> 31;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function generate(content: bigint): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE);
  if (content === 0n) return page;
  const words = view(page);
  const first = content * BigInt(WORDS);
  const firstHigh = Number(BigInt.asUintN(32, first >> 32n));
  const firstLow = Number(BigInt.asUintN(32, first));
  for (let w = 0; w < WORDS; w++) {
    splitmix64(firstHigh, firstLow + w);
    words.setInt32(w * 8, low, true);
    words.setInt32(w * 8 + 4, high, true);
  }
  return page;
}

const cache = new Map<number | bigint, Uint8Array>();

/** The 4096 bytes of a content number (an integer >= 0 of any size). Shared between calls: not to be written to. */
export function contentPage(content: number | bigint): Uint8Array {
  const known = cache.get(content);
  if (known !== undefined) return known;
  if (cache.size >= CACHE_PAGES) cache.clear();
  const page = generate(BigInt(content));
  cache.set(content, page);
  return page;
}

/**
 * Digests bytes (a multiple of 8) after what was digested before: start with `h` = 0n, and hand each result to the next
 * call. The recording prints it as 16 hexadecimal digits: digestText.
 */
export function digest(h: bigint, bytes: Uint8Array): bigint {
  const words = view(bytes);
  high = Number(BigInt.asIntN(32, h >> 32n));
  low = Number(BigInt.asIntN(32, h));
  for (let at = 0; at < bytes.length; at += 8) {
    splitmix64(high ^ words.getInt32(at + 4, true), low ^ words.getInt32(at, true));
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** A digest as recordings print it. */
export function digestText(h: bigint): string {
  return h.toString(16).padStart(16, '0');
}

/**
 * What the page benches run: each kernel over a run of pages inside one call, beside plain reads of the same bytes.
 *
 * Every loop returns something that depends on all results, so that nothing can be optimised away. Pages lie back
 * to back from `page` on; a loop over pairs takes the second pages from `other` on.
 */

import { comparePages, equalPages } from './compare';
import { expandKey, hashKeyed, hashXxh64 } from './hash';
import { readPages } from './read';

export { expandKey };

const PAGE: usize = 4096;

/** Fills pages with a reproducible stream (xorshift64*). */
export function fillPages(page: usize, pages: u32, seed: u32): void {
  // The generator must not start from 0.
  let state: u64 = <u64>seed + 0x9e3779b97f4a7c15;
  for (let left = <u64>pages * 512; left != 0; left--) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    store<u64>(page, state * 0x2545f4914f6cdd1d);
    page += 8;
  }
}

export function keyedLoop(page: usize, pages: u32, key: usize): u32 {
  let sink: u64 = 0;
  for (; pages != 0; pages--) {
    sink += hashKeyed(page, key);
    page += PAGE;
  }
  return <u32>(sink ^ (sink >> 32));
}

export function xxh64Loop(page: usize, pages: u32): u32 {
  let sink: u64 = 0;
  for (; pages != 0; pages--) {
    sink += hashXxh64(page);
    page += PAGE;
  }
  return <u32>(sink ^ (sink >> 32));
}

export function compareLoop(page: usize, other: usize, pages: u32): u32 {
  let sink: u32 = 0;
  for (; pages != 0; pages--) {
    sink += comparePages(page, other);
    page += PAGE;
    other += PAGE;
  }
  return sink;
}

export function equalLoop(page: usize, other: usize, pages: u32): u32 {
  let sink: u32 = 0;
  for (; pages != 0; pages--) {
    sink += equalPages(page, other) ? 1 : 0;
    page += PAGE;
    other += PAGE;
  }
  return sink;
}

export { readPages as readLoop } from './read';

/** The limit of comparing: reading two runs of pages side by side. */
export function readPairsLoop(page: usize, other: usize, pages: u32): u32 {
  let a = i64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; pages != 0; pages--) {
    let i: usize = 0;
    do {
      a = i64x2.add(i64x2.add(a, v128.load(page + i)), v128.load(other + i));
      b = i64x2.add(i64x2.add(b, v128.load(page + i, 16)), v128.load(other + i, 16));
      c = i64x2.add(i64x2.add(c, v128.load(page + i, 32)), v128.load(other + i, 32));
      d = i64x2.add(i64x2.add(d, v128.load(page + i, 48)), v128.load(other + i, 48));
      i += 64;
    } while (i != PAGE);
    page += PAGE;
    other += PAGE;
  }
  return fold(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)));
}

function fold(sum: v128): u32 {
  const both = v128.extract_lane<u64>(sum, 0) ^ v128.extract_lane<u64>(sum, 1);
  return <u32>(both ^ (both >> 32));
}

/** Reads the pages whose addresses are listed from `list` on, one after the other, as a merge reads its partners. */
export function readListed(list: usize, pages: u32): u32 {
  let sink: u32 = 0;
  for (let index: u32 = 0; index < pages; index++) sink += readPages(load<u32>(list + (index << 2)), 1);
  return sink;
}

/** The same with one load a line, as the scanner's look-ahead does it. */
export function fetchListed(list: usize, pages: u32): u32 {
  let sink: u32 = 0;
  for (let index: u32 = 0; index < pages; index++) {
    const page: usize = load<u32>(list + (index << 2));
    for (let i: usize = 0; i < PAGE; i += 256) {
      sink += load<u32>(page + i) + load<u32>(page + i, 64) + load<u32>(page + i, 128) + load<u32>(page + i, 192);
    }
  }
  return sink;
}

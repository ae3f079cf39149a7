/**
 * Comparing two pages: for equality before a merge, and in memcmp order for trees ordered by content.
 *
 * Both run at the speed at which memory can be read (docs/page-kernels.md), so one loop serves both. Addresses
 * count up by index and are never compared, because the end of the last page of a 4 GiB memory is 0.
 */

import { PAGE_SIZE } from '../../layout';

/** Bytes looked at between two tests for a difference: one cache line. */
const LINE: u32 = 64;

/** Order of the pages at `a` and `b` as memcmp has it, bytes unsigned: < 0, 0 or > 0. */
export function comparePages(a: usize, b: usize): i32 {
  let i = firstUnequalLine(a, b);
  if (i == PAGE_SIZE) return 0;
  let unequal = unequalBytes(a + i, b + i);
  while (unequal == 0) {
    i += 16;
    unequal = unequalBytes(a + i, b + i);
  }
  i += ctz(unequal);
  return <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
}

/** Whether the pages at `a` and `b` hold the same bytes. */
export function equalPages(a: usize, b: usize): bool {
  return firstUnequalLine(a, b) == PAGE_SIZE;
}

/** Offset of the first line in which the pages differ; PAGE_SIZE if there is none. */
function firstUnequalLine(a: usize, b: usize): usize {
  let i: usize = 0;
  do {
    const first = v128.xor(v128.load(a + i), v128.load(b + i));
    const second = v128.xor(v128.load(a + i, 16), v128.load(b + i, 16));
    const third = v128.xor(v128.load(a + i, 32), v128.load(b + i, 32));
    const fourth = v128.xor(v128.load(a + i, 48), v128.load(b + i, 48));
    if (v128.any_true(v128.or(v128.or(first, second), v128.or(third, fourth)))) return i;
    i += LINE;
  } while (i != PAGE_SIZE);
  return i;
}

/** Bit n is set where byte n of the 16 bytes at `a` and `b` differs. */
function unequalBytes(a: usize, b: usize): i32 {
  return i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) ^ 0xffff;
}

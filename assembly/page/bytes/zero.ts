/**
 * Is a page all zero? Asked of every page about to be merged while use_zero_pages is on.
 *
 * Clearing and copying pages need no kernel of their own: memory.fill and memory.copy beat SIMD loops wherever
 * pages are not touched in ascending order, which is how faults touch them (docs/page-kernels.md).
 */

import { PAGE_SIZE } from '../../layout';

/** Whether the PAGE_SIZE bytes at `page` are all zero. */
export function isZeroPage(page: usize): bool {
  let i: usize = 0;
  do {
    const low = v128.or(v128.load(page + i), v128.load(page + i, 16));
    const high = v128.or(v128.load(page + i, 32), v128.load(page + i, 48));
    if (v128.any_true(v128.or(low, high))) return false;
    i += 64;
  } while (i != PAGE_SIZE);
  return true;
}

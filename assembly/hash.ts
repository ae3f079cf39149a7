/**
 * Hashing and reading of pages, as a module of its own over any memory: for whoever names contents outside before an engine over names
 * hears of them (page/names), and without a host. The kernels are those of page/bytes.
 *
 * The caller lays its memory out. Nothing below HEADER may be used: the compiler may assume that it is not.
 */
import { PAGE_SIZE } from './layout';
import { equalPages } from './page/bytes/compare';
import { hashKeyed, hashXxh64 } from './page/bytes/hash';
import { isZeroPage } from './page/bytes/zero';

export { comparePages } from './page/bytes/compare';
export { expandKey } from './page/bytes/hash';
export { readPages } from './page/bytes/read';

/**
 * Names of `count` pages from address `page` on, one u64 each, to address `to`: 0 for a page of zeros, and for no other; else the keyed
 * hash, with the key that expandKey left at `key`.
 */
export function namePages(page: usize, count: u32, key: usize, to: usize): void {
  for (; count != 0; count--) {
    const hash = hashKeyed(page, key);
    store<u64>(to, isZeroPage(page) ? 0 : hash == 0 ? 1 : hash);
    page += PAGE_SIZE;
    to += 8;
  }
}

/**
 * How many of the `count` pages from address `page` on are equal, byte by byte, to their partners, up to the first that is not. A partner
 * is a page, and its address one of the u32 from address `partners` on; 0 is equal to everything.
 */
export function equalRun(page: usize, count: u32, partners: usize): u32 {
  for (let index: u32 = 0; index < count; index++) {
    const partner = <usize>load<u32>(partners);
    if (partner != 0 && !equalPages(page, partner)) return index;
    page += PAGE_SIZE;
    partners += 4;
  }
  return count;
}

/** XXH64 of `count` pages from address `page` on, one u64 each, to address `to`. */
export function xxh64Pages(page: usize, count: u32, to: usize): void {
  for (; count != 0; count--) {
    store<u64>(to, hashXxh64(page));
    page += PAGE_SIZE;
    to += 8;
  }
}

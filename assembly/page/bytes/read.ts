/** Reading pages and nothing else: the limit against which a scanner is measured (`ksm bench`). */
import { PAGE_SIZE } from '../../layout';

/** Sums all words of `pages` pages from address `page` on, as fast as memory gives them. */
export function readPages(page: usize, pages: u32): u32 {
  let a = i64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; pages != 0; pages--) {
    let i: usize = 0;
    do {
      a = i64x2.add(a, v128.load(page + i));
      b = i64x2.add(b, v128.load(page + i, 16));
      c = i64x2.add(c, v128.load(page + i, 32));
      d = i64x2.add(d, v128.load(page + i, 48));
      i += 64;
    } while (i != PAGE_SIZE);
    page += PAGE_SIZE;
  }
  const sum = i64x2.add(i64x2.add(a, b), i64x2.add(c, d));
  return <u32>(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
}

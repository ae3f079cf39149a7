/** A block of a stream with mapped-ram: its pages are where they would be in a raw image, and a bitmap says which of them count. */
import { Bitmap } from '../bytes/bitmap.ts';
import type { ByteSource } from '../bytes/byte-source.ts';
import { damaged } from '../bytes/fields.ts';
import type { PageSpace } from '../format.ts';
import { PAGE_BYTES } from '../source.ts';
import type { Block, Mapped } from './block.ts';

/** All pages are there: a page whose bit is not set is zeros, whatever is in its place. */
export function mappedSpace(
  bytes: ByteSource,
  { name, size, page }: Block,
  { bitmap, pages: start }: Mapped,
): PageSpace {
  const each = page / PAGE_BYTES;
  const total = Math.ceil(size / page);
  if (bitmap + Math.ceil(total / 8) > bytes.size)
    throw damaged(bytes, `the bitmap of "${name}" should be at byte ${bitmap}`);
  const bits = new Bitmap(bytes, bitmap);
  const end = firstLost(bits, Math.max(0, Math.floor((bytes.size - start) / page)), total);
  return {
    name,
    ranges: end === 0 ? [] : [{ address: 0n, pages: end * each, label: name }],
    missing: end < total ? [{ reason: 'truncated', pages: (total - end) * each }] : [],
    partial: 0,
    notes: end < total ? [`Truncated: the file ends before the pages of "${name}" do; all figures are too low.`] : [],
    read: (number, into) => {
      let done = 0;
      while (done < into.length) {
        const first = number + done / PAGE_BYTES;
        const isWritten = bits.has(Math.floor(first / each));
        // As many as are of one kind are read at a time.
        let count = 1;
        const most = (into.length - done) / PAGE_BYTES;
        while (count < most && bits.has(Math.floor((first + count) / each)) === isWritten) count++;
        const target = into.subarray(done, done + count * PAGE_BYTES);
        if (!isWritten) target.fill(0);
        else {
          const read = bytes.read(target, start + first * PAGE_BYTES);
          if (read < target.length) return (done + Math.floor(read / PAGE_BYTES) * PAGE_BYTES) / PAGE_BYTES;
        }
        done += target.length;
      }
      return done / PAGE_BYTES;
    },
  };
}

/** The first page that should be in the file and is not; from `from` on none is. */
function firstLost(bits: Bitmap, from: number, total: number): number {
  for (let page = Math.min(from, total); page < total; page++) {
    page = bits.skip(page, total);
    if (page < total && bits.has(page)) return page;
  }
  return total;
}

/** Reading through a window: whatever a source's chunks are, what is looked at are pages of the window, in a core's cache. */
import { PAGE_BYTES, type PageSource, type ReadOptions } from '../image/index.ts';
import type { Window } from '../names/index.ts';

/**
 * Reads a source, or some runs of its pages. Calls `visit` whenever there are pages in the window, from its first on: with the source's
 * number of the first, and how many there are.
 */
export async function eachChunk(
  source: PageSource,
  { pages: window }: Window,
  options: Omit<ReadOptions, 'lend'>,
  visit: (page: number, count: number) => void | Promise<void>,
): Promise<void> {
  for await (const { page, bytes } of source.read({ ...options, lend: window })) {
    const isLent = bytes.buffer === window.buffer && bytes.byteOffset === window.byteOffset;
    for (let done = 0; done < bytes.length; done += window.length) {
      const some = Math.min(window.length, bytes.length - done);
      if (!isLent) window.set(bytes.subarray(done, done + some));
      await visit(page + done / PAGE_BYTES, some / PAGE_BYTES);
    }
  }
}

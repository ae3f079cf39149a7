/** Loading for a scan over names: each source is read once, front to back, through a window, and only names are kept. */
import { PAGE_BYTES, type PageRun, type PageSource } from '../image/index.ts';
import type { Window } from '../names/index.ts';
import type { Collection } from './collection.ts';
import type { Watch } from './watch.ts';

/** Reads the names of all sources, in their order, into the collection. */
export async function loadNames(
  sources: readonly PageSource[],
  window: Window,
  collection: Collection,
  watch: Watch,
): Promise<void> {
  const whole = sources.reduce((total, { pages }) => total + pages, 0);
  let loaded = 0;
  for (const source of sources) {
    const list = collection.open();
    await eachChunk(source, window, { signal: watch.signal }, async (page, count) => {
      list.add(page, window.name(0, count));
      loaded += count;
      await watch.look(`loading ${source.name}`, loaded, whole);
    });
  }
}

/**
 * Reads a source, or some runs of its pages. Calls `visit` whenever there are pages in the window, from its first on: with the source's
 * number of the first, and how many there are.
 */
export async function eachChunk(
  source: PageSource,
  { pages: window }: Window,
  options: { readonly signal: AbortSignal; readonly runs?: readonly PageRun[] },
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

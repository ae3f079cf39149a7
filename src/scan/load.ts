/** Loading for a scan over names: each source is read once, front to back, through a window, and only its names are kept. */
import { KsmError } from '../errors.ts';
import { PAGE_BYTES, type PageChunk, type PageRun, type PageSource } from '../image/index.ts';
import type { Window } from '../names/index.ts';
import { NameList } from './names.ts';
import type { ContentOrder } from './order.ts';
import type { Watch } from './watch.ts';

/** The names of all sources, in their order. `order` hears of them all. */
export async function loadNames(
  sources: readonly PageSource[],
  window: Window,
  watch: Watch,
  order?: ContentOrder,
): Promise<NameList[]> {
  const whole = sources.reduce((total, { pages }) => total + pages, 0);
  let loaded = 0;
  const lists: NameList[] = [];
  for (const [at, source] of sources.entries()) {
    const list = new NameList();
    await eachChunk(source, window, { signal: watch.signal }, async (page, count) => {
      const names = window.name(0, count);
      list.add(page, names);
      order?.note(at, page, names, window);
      loaded += count;
      await watch.look(`loading ${source.name}`, loaded, whole);
    });
    lists.push(list);
  }
  return lists;
}

/**
 * Reads a source, or some runs of its pages. Calls `visit` whenever there are pages in the window, from its first on: with the source's
 * number of the first, and how many there are.
 */
export function eachChunk(source: PageSource, window: Window, options: Reading, visit: Visit): Promise<void> {
  return visitEach(source.read({ ...options, lend: window.pages }), window, visit);
}

/**
 * The same for pages that were read before. The source may be gone by now, and that is no failure of the scan: what it throws is given
 * back, and the pages that were still to come are left out.
 */
export async function readAgain(
  source: PageSource,
  window: Window,
  options: Reading & { readonly runs: readonly PageRun[] },
  visit: Visit,
): Promise<KsmError | undefined> {
  let failure: KsmError | undefined;
  async function* untilFailure(): AsyncGenerator<PageChunk> {
    try {
      yield* source.read({ ...options, lend: window.pages });
    } catch (error) {
      if (options.signal.aborted || !(error instanceof KsmError)) throw error;
      failure = error;
    }
  }
  if (options.runs.length > 0) await visitEach(untilFailure(), window, visit);
  return failure;
}

interface Reading {
  readonly signal: AbortSignal;
  readonly runs?: readonly PageRun[];
}

type Visit = (page: number, count: number) => void | Promise<void>;

async function visitEach(chunks: AsyncIterable<PageChunk>, { pages: window }: Window, visit: Visit): Promise<void> {
  for await (const { page, bytes } of chunks) {
    const isLent = bytes.buffer === window.buffer && bytes.byteOffset === window.byteOffset;
    for (let done = 0; done < bytes.length; done += window.length) {
      const some = Math.min(window.length, bytes.length - done);
      if (!isLent) window.set(bytes.subarray(done, done + some));
      await visit(page + done / PAGE_BYTES, some / PAGE_BYTES);
    }
  }
}

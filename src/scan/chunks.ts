/** Reading through a window: whatever a source's chunks are, what is looked at are pages of the window, in a core's cache. */
import { KsmError } from '../errors.ts';
import { PAGE_BYTES, type PageChunk, type PageRun, type PageSource, type ReadOptions } from '../image/index.ts';
import type { Window } from '../names/index.ts';

/** Called whenever there are pages in the window, from its first on: with the source's number of the first, and how many there are. */
type Visit = (page: number, count: number) => void | Promise<void>;

/** Reads a source, or some runs of its pages. */
export function eachChunk(
  source: PageSource,
  window: Window,
  options: Omit<ReadOptions, 'lend'>,
  visit: Visit,
): Promise<void> {
  return visitEach(source.read({ ...options, lend: window.pages }), window, visit);
}

/**
 * The same for pages that were read before. The source may be gone by now, and that is no failure of the scan: what it throws is given
 * back, and the pages that were still to come are left out.
 */
export async function readAgain(
  source: PageSource,
  window: Window,
  options: { readonly signal: AbortSignal; readonly runs: readonly PageRun[] },
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

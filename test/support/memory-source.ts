/** A source of pages that lie in the test's memory: with holes, and with whatever it wants to be different when it is read again. */
import type { PageChunk, PageRange, PageReader, PageRun, PageSource, ReadOptions } from '../../src/image/source.ts';

/** By number of the page: its bytes. */
export type Pages = ReadonlyMap<number, Uint8Array>;

interface Kind extends Partial<Pick<PageSource, 'kind' | 'isRepeatable'>> {
  /** Are pages read here and there, too? */
  readonly hasReader?: boolean;
}

export class MemorySource implements PageSource {
  readonly kind: PageSource['kind'];
  readonly isRepeatable: boolean;
  readonly notes: string[] = [];
  readonly ranges: readonly PageRange[];
  readonly pages: number;
  readonly name: string;
  readonly #pages: (reading: number) => Pages;
  readonly openReader?: () => PageReader;
  /** How often read() and openReader() were called. */
  readings = 0;

  /** `pages`: what there is at each reading, from the first, which is 0, on; it may throw instead. */
  constructor(
    name: string,
    pages: (reading: number) => Pages,
    { kind = 'image', isRepeatable = true, hasReader = false }: Kind = {},
  ) {
    this.kind = kind;
    this.isRepeatable = isRepeatable;
    this.name = name;
    this.#pages = pages;
    const numbers = [...pages(0).keys()].sort((a, b) => a - b);
    const end = 1 + (numbers.at(-1) ?? -1);
    this.ranges = end === 0 ? [] : [{ page: 0, pages: end, address: 0n, label: '' }];
    this.pages = end;
    if (hasReader) this.openReader = () => readerOf(this.#pages(this.readings++));
  }

  /** Chunks of a few pages; a chunk ends where a page is missing. */
  async *read({ signal, runs = this.ranges }: ReadOptions = {}): AsyncGenerator<PageChunk, void> {
    const pages = this.#pages(this.readings++);
    for (const run of runs) {
      for (const chunk of chunksOf(run, pages)) {
        signal?.throwIfAborted();
        yield chunk;
      }
    }
  }
}

const MOST_PAGES = 100;

function* chunksOf(run: PageRun, pages: Pages): Generator<PageChunk> {
  let some: Uint8Array[] = [];
  for (let page = run.page; page <= run.page + run.pages; page++) {
    const bytes = page < run.page + run.pages ? pages.get(page) : undefined;
    if ((bytes === undefined || some.length === MOST_PAGES) && some.length > 0) {
      yield { page: page - some.length, bytes: Buffer.concat(some) };
      some = [];
    }
    if (bytes !== undefined) some.push(bytes);
  }
}

function readerOf(pages: Pages): PageReader {
  const read: PageReader['read'] = (page, into) => {
    let count = 0;
    for (let bytes = pages.get(page); bytes !== undefined && count * bytes.length < into.length; ) {
      into.set(bytes, count * bytes.length);
      bytes = pages.get(page + ++count);
    }
    return count;
  };
  return { read, close: () => {} };
}

/** The pages of these contents, one behind another from number 0 on; undefined is a hole. */
export function pagesAt<T>(contents: readonly (T | undefined)[], pageOf: (content: T) => Uint8Array): Pages {
  const pages = new Map<number, Uint8Array>();
  for (const [page, content] of contents.entries()) if (content !== undefined) pages.set(page, pageOf(content));
  return pages;
}

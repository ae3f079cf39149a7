/**
 * Memory images that nobody stores: pages are made when they are read, in the memory that the reader lends, so that a size costs
 * neither disk nor memory.
 *
 * Which pages are alike follows workload "linux" (workloads.ts). What a content's bytes are is another rule than there, since making
 * them must not take longer than reading memory: all begin with the content's number, twice, and go on alike.
 */
import type { PageChunk, PageRange, PageReader, PageSource, ReadOptions } from '../src/image/index.ts';
import { mix, PAGE, SPARSE, writePage } from './workloads.ts';

const WORDS = PAGE / 4;
/** What pages have behind the first words. */
const BODY = new Uint32Array(WORDS);
writePage(BODY, 1, 1);

/** The content of a page, by its number in the source: a u32; 0 is a page of zeros. */
export type ContentOf = (page: number) => number;

export class GeneratedSource implements PageSource {
  readonly name: string;
  readonly kind = 'image' as const;
  readonly pages: number;
  readonly ranges: readonly PageRange[];
  readonly isRepeatable = true;
  readonly notes: readonly string[] = [];
  readonly #contentOf: ContentOf;

  constructor(name: string, pages: number, contentOf: ContentOf) {
    this.name = name;
    this.pages = pages;
    this.ranges = [{ page: 0, pages, address: 0n, label: '' }];
    this.#contentOf = contentOf;
  }

  async *read({
    signal,
    runs = this.ranges,
    lend = new Uint8Array(64 * PAGE),
  }: ReadOptions = {}): AsyncGenerator<PageChunk> {
    const room = lend.length / PAGE;
    for (const { page: first, pages } of runs) {
      for (let page = first; page < first + pages; page += room) {
        signal?.throwIfAborted();
        const some = Math.min(room, first + pages - page);
        const bytes = lend.subarray(0, some * PAGE);
        this.#fill(page, bytes);
        yield { page, bytes };
      }
    }
  }

  openReader(): PageReader {
    return {
      read: (page, into) => {
        const some = Math.min(into.length / PAGE, this.pages - page);
        this.#fill(page, into.subarray(0, some * PAGE));
        return some;
      },
      close: () => {},
    };
  }

  #fill(first: number, bytes: Uint8Array): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let at = 0; at < words.length; at += WORDS) fill(words.subarray(at, at + WORDS), this.#contentOf(first++));
  }
}

function fill(words: Uint32Array, content: number): void {
  if (content === 0 || content >= SPARSE) words.fill(0);
  else words.set(BODY);
  const at = content >= SPARSE ? WORDS - 2 : 0;
  words[at] = mix(content);
  words[at + 1] = content;
}

/** Guests of one program, `pages` each: of each, 30 % is the same in all, 20 % is zero, 10 % sparse and its own, the rest its own. */
export function guests(count: number, pages: number): GeneratedSource[] {
  return Array.from({ length: count }, (_, guest) => {
    return new GeneratedSource(`guest ${guest}`, pages, (page) => {
      const [place, own] = [page / pages, guest * pages + page];
      if (place < 0.3) return 1 + page;
      if (place < 0.5) return 0;
      return place < 0.6 ? SPARSE + own : 1 + pages + own;
    });
  });
}

/**
 * A source that cannot be read again keeps copies of what it gave, as far as they may take memory: from its front, without pages of
 * zeros. Those can be read again, from memory.
 */
import {
  PAGE_BYTES,
  type PageChunk,
  type PageRange,
  type PageRun,
  type PageSource,
  type ReadOptions,
} from '../image/index.ts';

/** Pages that are kept in one piece of memory. */
const BLOCK = 256;
const ZEROS: Uint8Array = new Uint8Array(PAGE_BYTES);

/** Bytes that the copies of all sources together may still take. */
export interface Budget {
  bytes: number;
}

/** The sources, those that cannot be read again with copies. */
export function keeping(sources: readonly PageSource[], budget: Budget): readonly PageSource[] {
  return sources.map((source) => (source.isRepeatable ? source : new KeptSource(source, budget)));
}

class KeptSource implements PageSource {
  readonly isRepeatable = false;
  /** Pages below this number can be read again. */
  kept = 0;
  readonly #source: PageSource;
  readonly #budget: Budget;
  readonly #copies: Copies = new Copies();
  #isRead = false;

  constructor(source: PageSource, budget: Budget) {
    this.#source = source;
    this.#budget = budget;
  }

  get name(): string {
    return this.#source.name;
  }
  get kind(): PageSource['kind'] {
    return this.#source.kind;
  }
  get ranges(): readonly PageRange[] {
    return this.#source.ranges;
  }
  get pages(): number {
    return this.#source.pages;
  }
  get notes(): readonly string[] {
    return this.#source.notes;
  }
  get image(): PageSource['image'] {
    return this.#source.image;
  }

  /** The first time what comes; from then on the copies. */
  async *read(options: ReadOptions = {}): AsyncGenerator<PageChunk, void> {
    if (this.#isRead) {
      for (const run of options.runs ?? [{ page: 0, pages: this.kept }]) yield* this.#again(run, options);
      return;
    }
    this.#isRead = true;
    for await (const chunk of this.#source.read(options)) {
      this.#keep(chunk);
      yield chunk;
    }
  }

  #keep({ page, bytes }: PageChunk): void {
    for (let at = 0; at < bytes.length && this.kept === page; at += PAGE_BYTES, page++) {
      const content = bytes.subarray(at, at + PAGE_BYTES);
      const isZero = Buffer.compare(content, ZEROS) === 0;
      if (!isZero && this.#budget.bytes < PAGE_BYTES) return;
      if (isZero) this.#copies.addZeros();
      else this.#budget.bytes -= this.#copies.add(content);
      this.kept++;
    }
  }

  *#again({ page, pages }: PageRun, { signal, lend }: ReadOptions): Generator<PageChunk, void> {
    const buffer = lend ?? new Uint8Array(PAGE_BYTES);
    const end = Math.min(page + pages, this.kept);
    for (let first = page; first < end; ) {
      signal?.throwIfAborted();
      const some = Math.min(end - first, buffer.length / PAGE_BYTES);
      for (let at = 0; at < some; at++) buffer.set(this.#copies.at(first + at), at * PAGE_BYTES);
      yield { page: first, bytes: buffer.subarray(0, some * PAGE_BYTES) };
      first += some;
    }
  }
}

/** Copies of pages from number 0 on. */
class Copies {
  readonly #blocks: Uint8Array[] = [];
  /** By number of the page: that of its copy + 1; 0 for zeros. */
  #places: Uint32Array = new Uint32Array(BLOCK);
  #pages = 0;
  #copies = 0;

  addZeros(): void {
    this.#place(0);
  }

  /** How many bytes that takes. */
  add(content: Uint8Array): number {
    if (this.#copies % BLOCK === 0) this.#blocks.push(new Uint8Array(BLOCK * PAGE_BYTES));
    this.#blocks.at(-1)?.set(content, (this.#copies % BLOCK) * PAGE_BYTES);
    this.#place(++this.#copies);
    return PAGE_BYTES;
  }

  at(page: number): Uint8Array {
    const copy = (this.#places[page] ?? 0) - 1;
    if (copy < 0) return ZEROS;
    const from = (copy % BLOCK) * PAGE_BYTES;
    return (this.#blocks[Math.floor(copy / BLOCK)] as Uint8Array).subarray(from, from + PAGE_BYTES);
  }

  #place(place: number): void {
    if (this.#pages === this.#places.length) {
      const more = new Uint32Array(this.#places.length * 2);
      more.set(this.#places);
      this.#places = more;
    }
    this.#places[this.#pages++] = place;
  }
}

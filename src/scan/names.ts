/**
 * The names of a source's pages, in the order in which they were read: what a scan over names keeps of it.
 *
 * A page has two numbers: the source's (PageChunk.page), which has holes, and its index here, which has none. Names are kept in blocks, so
 * that what was handed on can be let go before the last is.
 */
import type { PageRun } from '../image/index.ts';

/** Names in a block. */
const BLOCK = 1 << 16;

/** Which pages of a source are there, by both numbers. Runs are kept as bare numbers: of a sample, most are of one page. */
export class PageIndex {
  /** How many pages there are. */
  count = 0;
  /** Of each run, which ascend, and of which no two touch: the number of its first page, and the index of it. */
  #pages: Float64Array = new Float64Array(8);
  #firsts: Uint32Array = new Uint32Array(8);
  #runs = 0;

  /** The runs, ascending. */
  get runs(): PageRun[] {
    return Array.from({ length: this.#runs }, (_, at) => ({
      page: this.#pages[at] as number,
      pages: this.#length(at),
    }));
  }

  /** Adds `pages` pages from number `page` on, which is behind all others. */
  add(page: number, pages: number): void {
    const last = this.#runs - 1;
    if (last < 0 || (this.#pages[last] as number) + this.#length(last) !== page) {
      if (this.#runs === this.#pages.length) this.#grow();
      this.#pages[this.#runs] = page;
      this.#firsts[this.#runs++] = this.count;
    }
    this.count += pages;
  }

  /** The runs, from index `first` on, `count` pages of them, each with the index of its first page. */
  *pieces(first: number, count: number): Generator<PageRun & { readonly index: number }> {
    const end = Math.min(first + count, this.count);
    for (let at = this.#lastAtMost(this.#firsts, first); first < end; at++) {
      const skipped = first - (this.#firsts[at] as number);
      const some = Math.min(this.#length(at) - skipped, end - first);
      yield { page: (this.#pages[at] as number) + skipped, pages: some, index: first };
      first += some;
    }
  }

  /** The source's number of the page at `index`. */
  pageAt(index: number): number {
    const at = this.#lastAtMost(this.#firsts, index);
    return (this.#pages[at] as number) + index - (this.#firsts[at] as number);
  }

  /** How many pages have a number below `page`. */
  below(page: number): number {
    const at = this.#lastAtMost(this.#pages, page);
    const skipped = page - (this.#pages[at] as number);
    if (at >= this.#runs || skipped < 0) return 0;
    return (this.#firsts[at] as number) + Math.min(skipped, this.#length(at));
  }

  /** The index of page `page`; undefined if it is not there. */
  indexOf(page: number): number | undefined {
    const at = this.#lastAtMost(this.#pages, page);
    const skipped = page - (this.#pages[at] as number);
    return at < this.#runs && skipped >= 0 && skipped < this.#length(at)
      ? (this.#firsts[at] as number) + skipped
      : undefined;
  }

  /** How many pages run `at` has. */
  #length(at: number): number {
    return (at + 1 < this.#runs ? (this.#firsts[at + 1] as number) : this.count) - (this.#firsts[at] as number);
  }

  /** The last run whose number in the list is not above `value`; 0 if there is none. */
  #lastAtMost(list: Float64Array | Uint32Array, value: number): number {
    let [low, high] = [0, this.#runs];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((list[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  #grow(): void {
    const [pages, firsts] = [this.#pages, this.#firsts];
    const length = Math.ceil(pages.length * 1.5);
    this.#pages = new Float64Array(length);
    this.#pages.set(pages);
    this.#firsts = new Uint32Array(length);
    this.#firsts.set(firsts);
  }
}

/** Takes names of pages from number `page` on of a source, which are behind all others of it. */
export interface NameSink {
  add(source: number, page: number, names: BigUint64Array): void;
}

/** Names of pages, the numbers of which ascend. */
export interface Names {
  /** Number of the first page; the others follow. */
  readonly page: number;
  readonly names: BigUint64Array;
}

export class NameList {
  readonly pages: PageIndex = new PageIndex();
  #blocks: BigUint64Array[] = [];
  #used = BLOCK;

  /** Adds the names of pages from number `page` on, which is behind all others. */
  add(page: number, names: BigUint64Array): void {
    this.pages.add(page, names.length);
    for (let done = 0; done < names.length; ) {
      if (this.#used === BLOCK) {
        this.#blocks.push(new BigUint64Array(BLOCK));
        this.#used = 0;
      }
      const some = Math.min(BLOCK - this.#used, names.length - done);
      this.#blocks.at(-1)?.set(names.subarray(done, done + some), this.#used);
      this.#used += some;
      done += some;
    }
  }

  /** All names, some at a time. */
  *each(): Generator<BigUint64Array> {
    const { count } = this.pages;
    for (const [at, block] of this.#blocks.entries()) yield block.subarray(0, Math.min(BLOCK, count - at * BLOCK));
  }

  /** All names by index, some at a time, each with the index of the first. They are gone afterwards. */
  *drain(): Generator<{ index: number; names: BigUint64Array }> {
    const { count } = this.pages;
    for (let index = 0; index < count; index += BLOCK) {
      const block = this.#blocks.shift() as BigUint64Array;
      yield { index, names: block.subarray(0, Math.min(BLOCK, count - index)) };
    }
    this.#used = BLOCK;
  }

  /** As drain(), with the numbers of the pages. */
  *drainRuns(): Generator<Names> {
    for (const { index, names } of this.drain()) {
      for (const { page, pages, index: first } of this.pages.pieces(index, names.length)) {
        yield { page, names: names.subarray(first - index, first - index + pages) };
      }
    }
  }
}

/** The halves of names: a bigint for each would take long. Even ones are the lower, odd ones the upper halves. */
export function halvesOf(names: BigUint64Array): Uint32Array {
  return new Uint32Array(names.buffer, names.byteOffset, 2 * names.length);
}

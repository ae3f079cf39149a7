/**
 * The names of a source's pages, in the order in which they were read: what a scan over names keeps of it.
 *
 * A page has two numbers: the source's (PageChunk.page), which has holes, and its index here, which has none. Names are kept in blocks, so
 * that what was handed on can be let go before the last is.
 */
import type { PageRun } from '../image/index.ts';

/** Names in a block. */
const BLOCK = 1 << 16;

/** Which pages of a source are there, by both numbers. */
export class PageIndex {
  /** Ascending, and no two touch. */
  readonly runs: PageRun[] = [];
  /** Of each run: the index of its first page. */
  readonly #firsts: number[] = [];
  /** How many pages there are. */
  count = 0;

  /** Adds `pages` pages from number `page` on, which is behind all others. */
  add(page: number, pages: number): void {
    const last = this.runs.at(-1);
    if (last !== undefined && last.page + last.pages === page) {
      this.runs[this.runs.length - 1] = { page: last.page, pages: last.pages + pages };
    } else {
      this.runs.push({ page, pages });
      this.#firsts.push(this.count);
    }
    this.count += pages;
  }

  /** The runs, from index `first` on, `count` pages of them, each with the index of its first page. */
  *pieces(first: number, count: number): Generator<PageRun & { readonly index: number }> {
    const end = Math.min(first + count, this.count);
    for (let at = lastAtMost(this.#firsts, first); first < end; at++) {
      const skipped = first - (this.#firsts[at] as number);
      const { page, pages } = this.runs[at] as PageRun;
      const some = Math.min(pages - skipped, end - first);
      yield { page: page + skipped, pages: some, index: first };
      first += some;
    }
  }

  /** The source's number of the page at `index`. */
  pageAt(index: number): number {
    const at = lastAtMost(this.#firsts, index);
    return (this.runs[at]?.page ?? 0) + index - (this.#firsts[at] ?? 0);
  }

  /** How many pages have a number below `page`. */
  below(page: number): number {
    const at = lastAtMost(this.runs, page, (run) => run.page);
    const run = this.runs[at];
    if (run === undefined || page < run.page) return 0;
    return (this.#firsts[at] as number) + Math.min(page - run.page, run.pages);
  }

  /** The index of page `page`; undefined if it is not there. */
  indexOf(page: number): number | undefined {
    const at = lastAtMost(this.runs, page, (run) => run.page);
    const run = this.runs[at];
    if (run === undefined || page < run.page || page >= run.page + run.pages) return undefined;
    return (this.#firsts[at] as number) + page - run.page;
  }
}

/** The last element of an ascending list whose value is not above `value`; 0 if there is none. */
function lastAtMost<T>(list: readonly T[], value: number, of: (one: T) => number = Number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (of(list[middle] as T) <= value) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
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

  /** All names by index, some at a time, each with the index of the first. They are gone afterwards. */
  *drain(): Generator<{ index: number; names: BigUint64Array }> {
    const { count } = this.pages;
    for (let index = 0; index < count; index += BLOCK) {
      const block = this.#blocks.shift() as BigUint64Array;
      yield { index, names: block.subarray(0, Math.min(BLOCK, count - index)) };
    }
    this.#used = BLOCK;
  }
}

/**
 * What a film remembers of a page: the name of its content, and the read that last showed it changed. Twelve bytes.
 *
 * Pages are numbered as their source numbers them. A page that was not seen yet is absent; one that is new, that has come back, or whose
 * name is another than before, has changed at the read that shows it.
 */

/** In place of a read. */
const ABSENT = 0x7fff_ffff;
/** The page was alike with another at the first read, so every read looks at it. */
const WATCHED = 0x8000_0000;

export class History {
  /** Bytes of a page. */
  static readonly PAGE_BYTES = 12;
  readonly pages: number;
  /** By page: the halves of its name, the lower one first. */
  readonly #words: Uint32Array;
  readonly #since: Uint32Array;

  constructor(pages: number) {
    this.pages = pages;
    this.#words = new Uint32Array(2 * pages);
    this.#since = new Uint32Array(pages).fill(ABSENT);
  }

  /** Read number `read` shows these names, of pages from `page` on. How many of them were there and have changed. */
  see(read: number, page: number, names: BigUint64Array): number {
    const words = new Uint32Array(names.buffer, names.byteOffset, 2 * names.length);
    let changed = 0;
    for (let at = 0, to = 2 * page; at < words.length; at += 2, to += 2) {
      const [low, high] = [words[at] as number, words[at + 1] as number];
      const since = this.#since[to >>> 1] as number;
      const isThere = (since & ABSENT) !== ABSENT;
      if (isThere && this.#words[to] === low && this.#words[to + 1] === high) continue;
      this.#words[to] = low;
      this.#words[to + 1] = high;
      this.#since[to >>> 1] = ((since & WATCHED) | read) >>> 0;
      if (isThere) changed++;
    }
    return changed;
  }

  /** Pages from `page` to before `end` are gone. */
  lose(page: number, end: number): void {
    for (let at = page; at < end; at++) this.#since[at] = ((this.#since[at] as number) | ABSENT) >>> 0;
  }

  isThere(page: number): boolean {
    return ((this.#since[page] as number) & ABSENT) !== ABSENT;
  }

  /** The read that first showed what the page holds now. Only of a page that is there. */
  sinceOf(page: number): number {
    return (this.#since[page] as number) & ABSENT;
  }

  low(page: number): number {
    return this.#words[2 * page] as number;
  }

  high(page: number): number {
    return this.#words[2 * page + 1] as number;
  }

  isWatched(page: number): boolean {
    return ((this.#since[page] as number) & WATCHED) !== 0;
  }

  watch(page: number): void {
    this.#since[page] = ((this.#since[page] as number) | WATCHED) >>> 0;
  }
}

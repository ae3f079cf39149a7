/** Which pages of a source are marked: a bit for each. */

export class Marks {
  readonly #words: Uint32Array;

  /** None of `pages` is. */
  constructor(pages: number) {
    this.#words = new Uint32Array(Math.ceil(pages / 32));
  }

  add(page: number): void {
    this.#words[page >>> 5] = this.#word(page >>> 5) | (1 << (page & 31));
  }

  has(page: number): boolean {
    return (this.#word(page >>> 5) & (1 << (page & 31))) !== 0;
  }

  /** Calls `visit` for each marked page from `first`, a multiple of 32, to before `end`, ascending. */
  each(first: number, end: number, visit: (page: number) => void): void {
    for (let at = first >>> 5; at < (end + 31) >>> 5; at++) {
      for (let word = this.#word(at); word !== 0; word &= word - 1) visit((at << 5) + 31 - Math.clz32(word & -word));
    }
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }
}

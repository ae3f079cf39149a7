/**
 * Rows: pages one after the other in a source, the first pages of whose contents lie one after the other, too, in the same source or in one
 * before it. Of files that are alike, as those of guests are, most of what is merged lies so, and is compared row by row.
 */

/** Pages from which on a row is worth reading twice: copies of fewer cost less (see contents.ts). */
const LEAST = 4;

/** `pages` pages from the one at `index` on have the contents whose first pages are in `source`, from the one at `first` on. */
export interface Row {
  readonly index: number;
  readonly pages: number;
  readonly source: number;
  readonly first: number;
}

/** Puts the pages of one source, which come by ascending index, together to rows. */
export class RowFinder {
  readonly rows: Row[] = [];
  readonly #onShort: (index: number, content: number) => void;
  /** Of the row at hand, if it has pages; and the contents of the first few of them. */
  #index = 0;
  #pages = 0;
  #source = 0;
  #first = 0;
  readonly #contents = new Int32Array(LEAST - 1);

  /** `onShort`: hears of the pages that are in no row. */
  constructor(onShort: (index: number, content: number) => void) {
    this.#onShort = onShort;
  }

  /** The page at `index` has a content whose first page is in `source`, at `first`. */
  add(index: number, content: number, source: number, first: number): void {
    const goesOn =
      source === this.#source && first === this.#first + this.#pages && index === this.#index + this.#pages;
    if (!goesOn) {
      this.end();
      this.#index = index;
      this.#source = source;
      this.#first = first;
    }
    if (this.#pages < LEAST - 1) this.#contents[this.#pages] = content;
    this.#pages++;
  }

  /** The row at hand has no more pages. */
  end(): void {
    const pages = this.#pages;
    this.#pages = 0;
    if (pages >= LEAST) {
      this.rows.push({ index: this.#index, pages, source: this.#source, first: this.#first });
      return;
    }
    for (let page = 0; page < pages; page++) this.#onShort(this.#index + page, this.#contents[page] as number);
  }
}

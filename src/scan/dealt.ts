/**
 * Which engine each page of a source is in, where there are several.
 *
 * Pages are dealt by the highest bits of their names, so equal pages are in one engine. In each engine a source's pages lie without holes,
 * in their order. So a byte a page says everything: a page's place in its engine is how many pages before it are there, too.
 */

/** Names are told apart by so many values of their highest bits. */
export const BUCKETS = 256;

/** The bucket of a name, by its upper half. Name 0, of pages of zeros, is in the first. */
export function bucketOf(high: number): number {
  return high >>> 24;
}

/** Pages between two places at which it is noted how many were before. */
const STRETCH = 1024;

export class Dealt {
  /** By engine: pages so far. */
  readonly counts: Uint32Array;
  /** By index of a page. */
  readonly #engines: Uint8Array;
  /** By stretch and engine: pages before it. */
  readonly #before: Uint32Array;
  #pages = 0;

  /** Room for so many pages. */
  constructor(pages: number, engines: number) {
    this.counts = new Uint32Array(engines);
    this.#engines = new Uint8Array(pages);
    this.#before = new Uint32Array(Math.ceil(pages / STRETCH) * engines);
  }

  /** The next page is in this engine. */
  add(engine: number): void {
    if (this.#pages % STRETCH === 0) this.#before.set(this.counts, (this.#pages / STRETCH) * this.counts.length);
    this.#engines[this.#pages++] = engine;
    this.counts[engine] = (this.counts[engine] as number) + 1;
  }

  /** The engine of the page at `index`. */
  engineOf(index: number): number {
    return this.#engines[index] as number;
  }

  /** The place of the page at `index` in its engine. */
  placeOf(index: number): number {
    const engine = this.engineOf(index);
    const stretch = Math.floor(index / STRETCH);
    let place = this.#placeAt(stretch, engine);
    for (let page = stretch * STRETCH; page < index; page++) if (this.#engines[page] === engine) place++;
    return place;
  }

  /** The index of the page that is at `place` in `engine`, where there is one. */
  indexOf(engine: number, place: number): number {
    let [low, high] = [0, Math.ceil(this.#pages / STRETCH)];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#placeAt(middle, engine) <= place) low = middle;
      else high = middle;
    }
    let left = place - this.#placeAt(low, engine);
    let index = low * STRETCH;
    while (this.#engines[index] !== engine || left-- > 0) index++;
    return index;
  }

  /** How many pages of `engine` are before the stretch. */
  #placeAt(stretch: number, engine: number): number {
    return this.#before[stretch * this.counts.length + engine] as number;
  }
}

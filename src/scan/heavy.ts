/**
 * The contents that most pages have, counted one by one where all others are sampled: a sample that misses one of them, or has one, would
 * be far from the truth.
 *
 * What KSM does with n equal pages at rest follows from n: pages that come one after the other fill a frame up to max_page_sharing, then
 * another. A page that is alone at the end stays unshared. Zero pages map the zero frame if use_zero_pages says so. Counting that page by
 * page tells whose frames and pages they are, with a few bytes a content.
 */

/** The settings that it depends on. */
export interface Sharing {
  /** Pages that a frame takes, at least 2. */
  readonly maxPageSharing: number;
  readonly useZeroPages: boolean;
}

/** What KSM makes of the pages of a source, or of all. */
export interface Outcome {
  pages: number;
  zero: number;
  shared: number;
  sharing: number;
  unshared: number;
}

/** A content, and where it comes first: number of the source, and of the page there. */
export interface HeavyContent {
  readonly source: number;
  readonly page: number;
  readonly pages: number;
  readonly frames: number;
  readonly saved: number;
}

const NONE = -1;

export class HeavyContents {
  /** How many there are. */
  count = 0;
  /** By source. */
  readonly outcomes: Outcome[] = [];
  readonly #sharing: Sharing;
  readonly #mask: number;
  /** A hash table, whose free slots have no pages and whose names are random enough to be their own hash. */
  readonly #names: Uint32Array;
  readonly #isUsed: Uint8Array;
  /** By slot: pages so far; where the first was; the source of the first page of the frame that is being filled. */
  readonly #pages: Float64Array;
  readonly #firstSource: Uint32Array;
  readonly #firstPage: Float64Array;
  readonly #owner: Uint32Array;

  /** Room for `most` contents. */
  constructor(most: number, sharing: Sharing) {
    this.#sharing = sharing;
    const slots = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.#mask = slots - 1;
    this.#names = new Uint32Array(2 * slots);
    this.#isUsed = new Uint8Array(slots);
    this.#pages = new Float64Array(slots);
    this.#firstSource = new Uint32Array(slots);
    this.#firstPage = new Float64Array(slots);
    this.#owner = new Uint32Array(slots);
  }

  /** From now on the content with a name of these halves, which is none of these yet, is counted, too. */
  enter(low: number, high: number): void {
    let slot = low & this.#mask;
    while (this.#isUsed[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#isUsed[slot] = 1;
    this.#names[2 * slot] = low;
    this.#names[2 * slot + 1] = high;
    this.count++;
  }

  /** The slot of the content with a name of these halves; -1 if it is none of these. */
  find(low: number, high: number): number {
    for (let slot = low & this.#mask; this.#isUsed[slot] !== 0; slot = (slot + 1) & this.#mask) {
      if (this.#names[2 * slot] === low && this.#names[2 * slot + 1] === high) return slot;
    }
    return NONE;
  }

  /** One more page of the content in a slot: page `page` of a source, behind all others. */
  add(slot: number, source: number, page: number): void {
    const before = this.#pages[slot] as number;
    this.#pages[slot] = before + 1;
    if (before === 0) {
      this.#firstSource[slot] = source;
      this.#firstPage[slot] = page;
    }
    const outcome = this.#outcome(source);
    outcome.pages++;
    if (this.#sharing.useZeroPages && this.#isZero(slot)) {
      outcome.zero++;
      return;
    }
    const place = before % this.#sharing.maxPageSharing;
    if (place === 0) {
      this.#owner[slot] = source;
      outcome.unshared++;
    } else {
      outcome.sharing++;
    }
    if (place === 1) {
      const owner = this.#outcome(this.#owner[slot] as number);
      owner.unshared--;
      owner.shared++;
    }
  }

  /** Chains, and their dups: contents of several frames. */
  chains(): { chains: number; dups: number } {
    let [chains, dups] = [0, 0];
    for (const { frames } of this.contents()) {
      if (frames < 2) continue;
      chains++;
      dups += frames;
    }
    return { chains, dups };
  }

  /** Those that pages share. A page that waits for a partner is none of theirs. */
  *contents(): Generator<HeavyContent> {
    for (let slot = 0; slot <= this.#mask; slot++) {
      const found = this.#pages[slot] as number;
      const [source, page] = [this.#firstSource[slot] as number, this.#firstPage[slot] as number];
      const { maxPageSharing, useZeroPages } = this.#sharing;
      if (useZeroPages && found > 0 && this.#isZero(slot))
        yield { source, page, pages: found, frames: 1, saved: found };
      else if (found > 1) {
        const pages = found % maxPageSharing === 1 ? found - 1 : found;
        const frames = Math.ceil(pages / maxPageSharing);
        yield { source, page, pages, frames, saved: pages - frames };
      }
    }
  }

  #isZero(slot: number): boolean {
    return this.#names[2 * slot] === 0 && this.#names[2 * slot + 1] === 0;
  }

  #outcome(source: number): Outcome {
    while (this.outcomes.length <= source)
      this.outcomes.push({ pages: 0, zero: 0, shared: 0, sharing: 0, unshared: 0 });
    return this.outcomes[source] as Outcome;
  }
}

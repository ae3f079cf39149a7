/**
 * The contents that most pages have, counted one by one where all others are sampled: a sample that misses one of them, or has one, would
 * be far from the truth.
 *
 * What KSM does with n equal pages at rest follows from n: pages that come one after the other fill a frame up to max_page_sharing, then
 * another. A page that is alone at the end stays unshared. Zero pages map the zero frame if use_zero_pages says so. Counting that page by
 * page, in the order of sources, tells whose frames and pages they are, with a few bytes a content. Pages of a source that is read before
 * its turn wait: how many they are of each content is all that is kept of them.
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
  readonly name: bigint;
  readonly source: number;
  readonly page: number;
  readonly pages: number;
  readonly frames: number;
  readonly saved: number;
}

const NONE = -1;
/** As the first source of a content: there is no page of it yet. */
const NO_SOURCE = 2 ** 32 - 1;

export class HeavyContents {
  /** How many have pages. */
  count = 0;
  readonly #outcomes: Outcome[] = [];
  readonly #sharing: Sharing;
  readonly #mask: number;
  /** A hash table, whose free slots have no pages and whose names are random enough to be their own hash. */
  readonly #names: Uint32Array;
  readonly #isUsed: Uint8Array;
  /** By slot: pages that frames have taken so far; the source of the first page of the frame that is being filled. */
  readonly #pages: Float64Array;
  readonly #owner: Uint32Array;
  /** By slot: the least source, and its least page. */
  readonly #firstSource: Uint32Array;
  readonly #firstPage: Float64Array;
  /** By source that is read before its turn, ascending, and slot: pages that wait. */
  readonly #waiting: ReadonlyMap<number, Float64Array>;

  /** Room for `most` contents. `early`: the sources, ascending, whose pages may come before those of sources in front of them. */
  constructor(most: number, sharing: Sharing, early: readonly number[] = []) {
    this.#sharing = sharing;
    const slots = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.#mask = slots - 1;
    this.#names = new Uint32Array(2 * slots);
    this.#isUsed = new Uint8Array(slots);
    this.#pages = new Float64Array(slots);
    this.#owner = new Uint32Array(slots);
    this.#firstSource = new Uint32Array(slots).fill(NO_SOURCE);
    this.#firstPage = new Float64Array(slots);
    this.#waiting = new Map(early.map((source) => [source, new Float64Array(slots)]));
  }

  /** From now on the content with a name of these halves, which is none of these yet, is counted, too. */
  enter(low: number, high: number): void {
    let slot = low & this.#mask;
    while (this.#isUsed[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#isUsed[slot] = 1;
    this.#names[2 * slot] = low;
    this.#names[2 * slot + 1] = high;
  }

  /** The slot of the content with a name of these halves; -1 if it is none of these. */
  find(low: number, high: number): number {
    for (let slot = low & this.#mask; this.#isUsed[slot] !== 0; slot = (slot + 1) & this.#mask) {
      if (this.#names[2 * slot] === low && this.#names[2 * slot + 1] === high) return slot;
    }
    return NONE;
  }

  /** One more page of the content in a slot: page `page` of a source, behind all others of it. Sources come in order, but early ones. */
  add(slot: number, source: number, page: number): void {
    const first = this.#firstSource[slot] as number;
    if (first === NO_SOURCE) this.count++;
    if (source < first) {
      this.#firstSource[slot] = source;
      this.#firstPage[slot] = page;
    }
    const waiting = this.#waiting.get(source);
    if (waiting !== undefined) {
      waiting[slot] = (waiting[slot] as number) + 1;
      return;
    }
    this.#settle(slot, source);
    this.#place(slot, source);
  }

  /** What KSM makes of them, by source. Asked for when all pages are there. */
  outcomes(): readonly Outcome[] {
    this.#settleAll();
    return this.#outcomes;
  }

  /** Merged pages whose equal hashes are believed: not those of zeros, which are certain. */
  believed(): number {
    let believed = 0;
    for (const { name, pages } of this.contents()) if (name !== 0n) believed += pages;
    return believed;
  }

  /** Is any page one of zeros? */
  get hasZeros(): boolean {
    const slot = this.find(0, 0);
    return slot !== NONE && this.#firstSource[slot] !== NO_SOURCE;
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

  /** Those that pages share. A page that waits for a partner is none of theirs. Asked for when all pages are there. */
  *contents(): Generator<HeavyContent> {
    this.#settleAll();
    const { maxPageSharing, useZeroPages } = this.#sharing;
    for (let slot = 0; slot <= this.#mask; slot++) {
      const found = this.#pages[slot] as number;
      if (useZeroPages && found > 0 && this.#isZero(slot)) {
        yield { ...this.#first(slot), pages: found, frames: 1, saved: found };
      } else if (found > 1) {
        const pages = found % maxPageSharing === 1 ? found - 1 : found;
        const frames = Math.ceil(pages / maxPageSharing);
        yield { ...this.#first(slot), pages, frames, saved: pages - frames };
      }
    }
  }

  /** The next page of the content in a slot is one of `source`. */
  #place(slot: number, source: number): void {
    const before = this.#pages[slot] as number;
    this.#pages[slot] = before + 1;
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

  /** Pages of a slot that waited, of sources in front of `source`, have their turn. */
  #settle(slot: number, source: number): void {
    for (const [early, waiting] of this.#waiting) {
      if (early >= source) return;
      for (let left = waiting[slot] as number; left > 0; left--) this.#place(slot, early);
      waiting[slot] = 0;
    }
  }

  #settleAll(): void {
    if (this.#waiting.size === 0) return;
    for (let slot = 0; slot <= this.#mask; slot++) this.#settle(slot, NO_SOURCE);
  }

  /** The content in a slot, and where it comes first. */
  #first(slot: number): Pick<HeavyContent, 'name' | 'source' | 'page'> {
    const [low, high] = [this.#names[2 * slot] as number, this.#names[2 * slot + 1] as number];
    return {
      name: (BigInt(high) << 32n) | BigInt(low),
      source: this.#firstSource[slot] as number,
      page: this.#firstPage[slot] as number,
    };
  }

  #isZero(slot: number): boolean {
    return this.#names[2 * slot] === 0 && this.#names[2 * slot + 1] === 0;
  }

  #outcome(source: number): Outcome {
    while (this.#outcomes.length <= source)
      this.#outcomes.push({ pages: 0, zero: 0, shared: 0, sharing: 0, unshared: 0 });
    return this.#outcomes[source] as Outcome;
  }
}

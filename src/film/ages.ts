/**
 * How many pages are alike at a read, by how long they have been as they are: one walk over the pages, and a table of their contents.
 *
 * Pages at rest since read j that are saved are those pages, but one of each content among them. So it is enough to know of each content
 * when its first and its second page came to rest; the numbers for all j follow by adding up.
 */
import type { History } from './history.ts';

/** By read j: of the pages that have been as they are since read j or before. */
export interface Ages {
  /** Pages but one of each content: what merging them saves. */
  readonly saved: readonly number[];
  /** Pages that have a partner among them. */
  readonly alike: readonly number[];
  /** As `saved`, of contents that at least MANY pages have, whenever those came to rest. */
  readonly many: readonly number[];
}

/** With so many copies smart scan finds two of them that meet. */
const MANY = 4;
/** No read has this number. */
const NEVER = 0xffff_ffff;
/** Of a slot: halves of the name, pages, and the reads since which the first and the second of them are at rest. */
const [LOW, HIGH, PAGES, FIRST, SECOND, WORDS] = [0, 1, 2, 3, 4, 5];

/** Bytes that a table for `pages` pages takes. */
export function tableBytes(pages: number): number {
  return slotsFor(pages) * WORDS * 4;
}

/** A page that has a name at all is in the table, so every lookup ends. */
function slotsFor(pages: number): number {
  return 2 ** Math.ceil(Math.log2(1.25 * pages + 2));
}

/** The contents of one read. */
export class Contents {
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #since: number[];

  /** `pages`: how many will be added at most. `read`: the read they are of. */
  constructor(pages: number, read: number) {
    const slots = slotsFor(pages);
    this.#mask = slots - 1;
    this.#slots = new Uint32Array(slots * WORDS);
    this.#since = new Array<number>(read + 1).fill(0);
  }

  add(low: number, high: number, since: number): void {
    const at = this.#find(low, high);
    const slots = this.#slots;
    if (slots[at + PAGES] === 0) {
      slots[at + LOW] = low;
      slots[at + HIGH] = high;
      slots[at + FIRST] = NEVER;
      slots[at + SECOND] = NEVER;
    }
    slots[at + PAGES] = (slots[at + PAGES] as number) + 1;
    this.#since[since] = (this.#since[since] as number) + 1;
    if (since < (slots[at + FIRST] as number)) {
      slots[at + SECOND] = slots[at + FIRST] as number;
      slots[at + FIRST] = since;
    } else if (since < (slots[at + SECOND] as number)) {
      slots[at + SECOND] = since;
    }
  }

  /** How many pages have the content. */
  pagesOf(low: number, high: number): number {
    return this.#slots[this.#find(low, high) + PAGES] as number;
  }

  /** `since`: by read, pages of contents that many pages have. */
  ages(since: readonly number[]): Ages {
    const reads = this.#since.length;
    const counts = (): number[] => new Array<number>(reads).fill(0);
    const [first, second, firstOfMany] = [counts(), counts(), counts()];
    const slots = this.#slots;
    for (let at = 0; at < slots.length; at += WORDS) {
      const pages = slots[at + PAGES] as number;
      if (pages === 0) continue;
      const [one, two] = [slots[at + FIRST] as number, slots[at + SECOND] as number];
      first[one] = (first[one] as number) + 1;
      if (two !== NEVER) second[two] = (second[two] as number) + 1;
      if (pages >= MANY) firstOfMany[one] = (firstOfMany[one] as number) + 1;
    }
    const sums = (by: (read: number) => number): number[] => {
      let sum = 0;
      return Array.from({ length: reads }, (_, read) => {
        sum += by(read);
        return sum;
      });
    };
    const at = (list: readonly number[], read: number): number => list[read] as number;
    return {
      saved: sums((read) => at(this.#since, read) - at(first, read)),
      alike: sums((read) => at(this.#since, read) - at(first, read) + at(second, read)),
      many: sums((read) => (since[read] ?? 0) - at(firstOfMany, read)),
    };
  }

  /** Where the content's slot begins, or the one that it would get. Names are hashes, so they say themselves where to look. */
  #find(low: number, high: number): number {
    const slots = this.#slots;
    for (let slot = (low ^ high) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * WORDS;
      if (slots[at + PAGES] === 0 || (slots[at + LOW] === low && slots[at + HIGH] === high)) return at;
    }
  }
}

/** The contents of read number `read`: of all pages that are there, or of those that are watched. */
export function contentsAt(histories: readonly History[], read: number, isWatchedOnly: boolean): Contents {
  let pages = 0;
  each(histories, isWatchedOnly, () => pages++);
  const contents = new Contents(pages, read);
  each(histories, isWatchedOnly, (history, page) => {
    contents.add(history.low(page), history.high(page), history.sinceOf(page));
  });
  return contents;
}

/** How long the pages whose contents those are have been as they are. */
export function agesOf(contents: Contents, histories: readonly History[], isWatchedOnly: boolean): Ages {
  const since: number[] = [];
  each(histories, isWatchedOnly, (history, page) => {
    if (contents.pagesOf(history.low(page), history.high(page)) < MANY) return;
    since[history.sinceOf(page)] = (since[history.sinceOf(page)] ?? 0) + 1;
  });
  return contents.ages(since);
}

function each(
  histories: readonly History[],
  isWatchedOnly: boolean,
  visit: (history: History, page: number) => void,
): void {
  for (const history of histories) {
    for (let page = 0; page < history.pages; page++) {
      if (history.isThere(page) && (!isWatchedOnly || history.isWatched(page))) visit(history, page);
    }
  }
}

/**
 * The names of all sources while they are loaded: all of them as long as they fit, from then on those of a sample.
 *
 * A sample is one of contents: of all that there are, those are in it whose names have some bits that are 0, with all their pages. So what
 * is found of each is the truth about it, and a content is in the sample with a chance that is known. Whenever the names are too many
 * again, one more bit has to be 0, which halves the contents. When they are too many for the first time, all that have been read are there
 * still: the contents that most pages have are counted exactly from then on (heavy.ts), and so are zero pages, which are everywhere.
 */
import { KsmError } from '../errors.ts';
import { bytes } from '../format.ts';
import { PAGE_BYTES } from '../image/index.ts';
import { BUCKETS, bucketOf } from './dealt.ts';
import { HeavyContents, type Sharing } from './heavy.ts';
import { halvesOf, NameList } from './names.ts';
import { engineOfBuckets, mostPages, type Room } from './plan.ts';

/** Contents that are counted exactly: at most, and at most so many pages of the sample for each; and that have so many pages at least. */
const MOST_HEAVY = 2 ** 16;
const PAGES_PER_HEAVY = 32;
const LEAST_PAGES = 4;
/** What becomes frequent later is counted exactly, too, if it takes a part of the sample as large as this: it would soon be all of it. */
const LATE_SHARE = 16;
const MOST_WEIGHT = 2 ** 24;

/** How a sample was taken. */
export interface Sample {
  /** A content is in the sample with a chance of 1 in `weight`: a power of two. */
  readonly weight: number;
  /** Pages that are in the sample. */
  readonly pages: number;
  readonly heavy: HeavyContents;
}

export class Collection {
  /** Of each source, in their order: the names that are held. */
  lists: NameList[];
  /** Of each source: all pages that it has. */
  readonly pages: number[];
  readonly #room: Room;
  readonly #sharing: Sharing;
  readonly #early: readonly number[];
  #heavy: HeavyContents | undefined;
  #weight = 1;
  #held = 0;

  /** `early`: the sources, ascending, that are read before sources in front of them. */
  constructor(sources: number, room: Room, sharing: Sharing, early: readonly number[] = []) {
    this.lists = Array.from({ length: sources }, () => new NameList());
    this.pages = this.lists.map(() => 0);
    this.#room = room;
    this.#sharing = sharing;
    this.#early = early;
  }

  /** Pages whose names are held. */
  get held(): number {
    return this.#held;
  }

  /** Undefined if all pages are there. */
  get sample(): Sample | undefined {
    return this.#heavy && { weight: this.#weight, pages: this.#held, heavy: this.#heavy };
  }

  /**
   * The engine of each bucket of names, such that each engine has room for its pages: a content that has too many becomes a heavy one.
   * `least`: engines that there are to be all the same, a power of two.
   */
  deal(least: number): Uint8Array {
    if (least === 1 && this.#held <= mostPages(this.lists.length)) return new Uint8Array(BUCKETS);
    for (;;) {
      const engines = engineOfBuckets(tallyOf(this.lists), mostPages(this.lists.length), least);
      if (engines !== undefined) return engines;
      if (!this.#canThin) throw tooMany();
      this.#thin();
    }
  }

  /** Adds the names of pages from number `page` on, which is behind all others of it. Sources come in their order, but early ones. */
  add(source: number, page: number, names: BigUint64Array): void {
    this.pages[source] = (this.pages[source] as number) + names.length;
    this.#held += this.#sift(this.lists[source] as NameList, source, page, names);
    while (this.#held > (this.#heavy === undefined ? this.#room.whole : this.#room.sampled) && this.#canThin)
      this.#thin();
  }

  /** Is a bit left that can be asked for? What has all of them at 0 is 2^-24 of all contents. */
  get #canThin(): boolean {
    return this.#weight < MOST_WEIGHT;
  }

  /**
   * One bit more has to be 0 in names that are held. What is too frequent for a sample becomes heavy before.
   * The upper half's lower bits say it: its highest ones deal pages to engines, and the lower half says where names are in trees.
   */
  #thin(): void {
    const { sampled } = this.#room;
    const most = Math.min(MOST_HEAVY, Math.ceil(sampled / PAGES_PER_HEAVY));
    const least = this.#heavy === undefined ? LEAST_PAGES : Math.ceil(sampled / LATE_SHARE);
    this.#heavy ??= heavyContents(most, this.#sharing, this.#early);
    const names = halvesOf(mostFrequent(this.lists, this.#held, most, least));
    for (let at = 0; at < names.length; at += 2) this.#heavy.enter(names[at] as number, names[at + 1] as number);
    this.#weight *= 2;
    this.#held = 0;
    this.lists = this.lists.map((list, source) => {
      const thinned = new NameList();
      for (const { page, names } of list.drainRuns()) this.#held += this.#sift(thinned, source, page, names);
      return thinned;
    });
  }

  /** Of names, those that are to be held go into `list`: how many. Heavy ones are counted. */
  #sift(list: NameList, source: number, page: number, names: BigUint64Array): number {
    const heavy = this.#heavy;
    if (heavy === undefined) {
      list.add(page, names);
      return names.length;
    }
    const [halves, mask] = [halvesOf(names), this.#weight - 1];
    let [held, start] = [0, 0];
    for (let at = 0; at < names.length; at++) {
      const [low, high] = [halves[2 * at] as number, halves[2 * at + 1] as number];
      const slot = heavy.find(low, high);
      if (slot === -1 && (high & mask) === 0) continue;
      if (slot !== -1) heavy.add(slot, source, page + at);
      held += addRun(list, page, names, start, at);
      start = at + 1;
    }
    return held + addRun(list, page, names, start, names.length);
  }
}

/** Only who has more than 120 GiB of one content that came late gets here. */
function tooMany(): KsmError {
  return new KsmError(
    'EFBIG',
    `pages of one content are more than an engine has room for, which is ${bytes(mostPages(1) * PAGE_BYTES)}: scan less at a time.`,
  );
}

/** Adds the names from `start` to `end`, if there are any: how many. */
function addRun(list: NameList, page: number, names: BigUint64Array, start: number, end: number): number {
  if (end > start) list.add(page + start, names.subarray(start, end));
  return end - start;
}

/** Pages by bucket. */
export function tallyOf(lists: readonly NameList[]): Uint32Array {
  const tally = new Uint32Array(BUCKETS);
  for (const list of lists) {
    for (const names of list.each()) {
      const halves = halvesOf(names);
      for (let at = 1; at < halves.length; at += 2) {
        const bucket = bucketOf(halves[at] as number);
        tally[bucket] = (tally[bucket] as number) + 1;
      }
    }
  }
  return tally;
}

/** Zero pages are counted in any case. With room for others, and for those that come late: a few each time the sample is halved. */
function heavyContents(most: number, sharing: Sharing, early: readonly number[]): HeavyContents {
  const heavy = new HeavyContents(1 + most + LATE_SHARE * Math.log2(MOST_WEIGHT), sharing, early);
  heavy.enter(0, 0);
  return heavy;
}

/**
 * The names that most pages have, at most `most`, each of at least `least` pages; that of zero pages is left out. Of names that are
 * equally frequent all are taken, or none.
 */
function mostFrequent(lists: readonly NameList[], pages: number, most: number, least: number): BigUint64Array {
  const all = new BigUint64Array(pages);
  let filled = 0;
  for (const list of lists) {
    for (const names of list.each()) {
      all.set(names, filled);
      filled += names.length;
    }
  }
  all.sort();
  const enough = Math.max(least, leastOf(all, most));
  const names: bigint[] = [];
  for (const { at, pages } of groups(all)) {
    const name = all[at] as bigint;
    if (pages >= enough && name !== 0n) names.push(name);
  }
  return BigUint64Array.from(names);
}

/** How many pages a content must have, so that no more than `most` have as many. */
function leastOf(sorted: BigUint64Array, most: number): number {
  const contents = new Map<number, number>();
  for (const { pages } of groups(sorted)) contents.set(pages, (contents.get(pages) ?? 0) + 1);
  let left = most;
  let least = Number.POSITIVE_INFINITY;
  for (const [pages, some] of [...contents].sort(([one], [other]) => other - one)) {
    left -= some;
    if (left < 0) break;
    least = pages;
  }
  return least;
}

/** Equal names that follow each other: the index of the first, and how many. */
function* groups(sorted: BigUint64Array): Generator<{ at: number; pages: number }> {
  const halves = halvesOf(sorted);
  for (let at = 0, end = 1; at < sorted.length; at = end++) {
    while (end < sorted.length && halves[2 * end] === halves[2 * at] && halves[2 * end + 1] === halves[2 * at + 1])
      end++;
    yield { at, pages: end - at };
  }
}

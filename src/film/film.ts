/**
 * A film: pages seen at several reads, and what is counted of each read. No reading is done here.
 *
 * The first read and the last are of all pages; those between may be of the pages only that were alike at the first. Reads go over the
 * sources in one order, and each source has times of its own. A gap between two reads is the shortest that any source had.
 */
import { type Ages, agesOf, type Contents, contentsAt, tableBytes } from './ages.ts';
import { History } from './history.ts';
import { type Sighting, type Survival, survivalOf } from './survival.ts';

/** When a read of a source began and ended, in seconds of any clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is known once all is read. */
export interface Seen {
  /** When each read began, from the first on. */
  readonly times: readonly number[];
  /** The longest read. */
  readonly took: number;
  /** By gap: pages saved; pages that have a partner; pages saved of contents with many copies. */
  readonly saved: Survival;
  readonly alike: Survival;
  readonly many: Survival;
  /** At the last read: pages saved now, and of those that did not change in the whole film; the same of contents with many copies. */
  readonly now: number;
  readonly atRest: number;
  readonly manyAtRest: number;
  /** Pages saved at the first read. */
  readonly first: number;
  /** Pages that were alike at the first read and have no partner at the last. */
  readonly parted: number;
}

/** Below this part of what was alike before, some has parted for good: a read that falls into a change of all is no more off. */
const FALLEN = 0.9;

export class Film {
  readonly histories: readonly History[];
  /** By read, and source; undefined of one that is the same at any time. */
  readonly #spans: (Span | undefined)[][] = [];
  readonly #ages: Ages[] = [];
  #parted = 0;

  /** `pages`: of each source, the numbers below which all its pages are. */
  constructor(pages: readonly number[]) {
    this.histories = pages.map((some) => new History(some));
  }

  /** Bytes that a film of so many pages takes at most, while it counts. */
  static bytesFor(pages: number): number {
    return pages * History.PAGE_BYTES + tableBytes(pages);
  }

  /** Number of the read that is going on, or comes next. */
  get read(): number {
    return this.#ages.length;
  }

  /** The read shows these names, of pages from number `page` on of a source. How many of the pages have changed. */
  see(source: number, page: number, names: BigUint64Array): number {
    return this.#history(source).see(this.read, page, names);
  }

  /** The read shows that pages from number `page` to before `end` of a source are gone. */
  lose(source: number, page: number, end: number): void {
    this.#history(source).lose(page, end);
  }

  /** Has the page changed since the first read, or come later? */
  isRestless(source: number, page: number): boolean {
    const history = this.#history(source);
    return !history.isThere(page) || history.sinceOf(page) > 0;
  }

  /** All of the first read was seen. How many pages are alike: they are watched from now on. */
  endFirst(spans: readonly (Span | undefined)[]): number {
    const contents = contentsAt(this.histories, 0, false);
    let watched = 0;
    for (const history of this.histories) {
      for (let page = 0; page < history.pages; page++) {
        if (!isAlike(history, page, contents)) continue;
        history.watch(page);
        watched++;
      }
    }
    this.#end(spans, contents, false);
    return watched;
  }

  /** A read is over that looked at all pages, or at those only that are watched. */
  endRead(spans: readonly (Span | undefined)[], isWatchedOnly: boolean): void {
    this.#end(spans, contentsAt(this.histories, this.read, isWatchedOnly), isWatchedOnly);
  }

  /** All of the last read was seen. */
  endLast(spans: readonly (Span | undefined)[]): Seen {
    const contents = contentsAt(this.histories, this.read, false);
    for (const history of this.histories) {
      for (let page = 0; page < history.pages; page++) {
        if (history.isWatched(page) && !isAlike(history, page, contents)) this.#parted++;
      }
    }
    this.#end(spans, contents, false);
    return this.#seen();
  }

  #end(spans: readonly (Span | undefined)[], contents: Contents, isWatchedOnly: boolean): void {
    this.#ages.push(agesOf(contents, this.histories, isWatchedOnly));
    this.#spans.push([...spans]);
  }

  #seen(): Seen {
    const last = this.#ages.length - 1;
    const ages = this.#ages[last] as Ages;
    const starts = this.#spans.map(startOf);
    const steps = starts.slice(1).map((start, at) => start - (starts[at] as number));
    const usual = steps.sort((one, other) => one - other)[steps.length >> 1] ?? 0;
    const curve = (of: keyof Ages): Survival => survivalOf(this.#sightings(of), usual);
    return {
      times: starts.map((start) => start - (starts[0] as number)),
      took: Math.max(...this.#spans.map((spans) => endOf(spans) - startOf(spans))),
      saved: curve('saved'),
      alike: curve('alike'),
      many: curve('many'),
      now: ages.saved[last] as number,
      atRest: ages.saved[0] as number,
      manyAtRest: ages.many[0] as number,
      first: this.#ages[0]?.saved[0] ?? 0,
      parted: this.#parted,
    };
  }

  /** Of every read since the last fall: by ascending gap, what it says of every read before it, and of itself. */
  #sightings(of: keyof Ages): Sighting[][] {
    const since = this.#lastFall();
    return this.#ages
      .slice(since)
      .map((ages, at) =>
        ages[of]
          .map((pages, earlier) => ({ gap: since + at === earlier ? 0 : this.#gap(earlier, since + at), pages }))
          .sort((one, other) => one.gap - other.gap || other.pages - one.pages),
      );
  }

  /** The first read since which no more was alike than is now: what has parted, or is gone, is counted in none of the later ones. */
  #lastFall(): number {
    const alike = this.#ages.map(({ saved }) => saved.at(-1) ?? 0);
    const now = alike.at(-1) ?? 0;
    return 1 + alike.findLastIndex((pages) => pages * FALLEN > now);
  }

  #gap(earlier: number, later: number): number {
    const [from = [], to = []] = [this.#spans[earlier], this.#spans[later]];
    let shortest = Number.POSITIVE_INFINITY;
    for (const [source, began] of to.entries()) {
      const ended = from[source];
      if (began !== undefined && ended !== undefined) shortest = Math.min(shortest, began.from - ended.to);
    }
    return Math.max(0, shortest);
  }

  #history(source: number): History {
    return this.histories[source] as History;
  }
}

function isAlike(history: History, page: number, contents: Contents): boolean {
  return history.isThere(page) && contents.pagesOf(history.low(page), history.high(page)) > 1;
}

function startOf(spans: readonly (Span | undefined)[]): number {
  return Math.min(...spans.flatMap((span) => span?.from ?? []));
}

function endOf(spans: readonly (Span | undefined)[]): number {
  return Math.max(...spans.flatMap((span) => span?.to ?? []));
}

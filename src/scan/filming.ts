/**
 * Sources that live are read several times before they are scanned: what changes meanwhile is not at rest.
 *
 * The last reading is the loading of the scan. Pages that have changed by then get names that nobody else has, another one before each
 * pass (restless.ts), so that for the engine they are what they are for ksmd: volatile. Nothing is written to a source. Between the first
 * reading and the last only those pages are read that were alike at the first, unless they are so many that reading all costs no more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Film,
  type Pace,
  passSeconds,
  type Schedule,
  scheduleOf,
  smartPassSeconds,
  type Verdict,
  verdictOf,
} from '../film/index.ts';
import { endOf, type PageRun, type PageSource } from '../image/index.ts';
import type { Window } from '../names/index.ts';
import { readAgain } from './chunks.ts';
import { loadNames } from './load.ts';
import { Marks } from './marks.ts';
import type { NameSink } from './names.ts';
import { PassClock, type Progressed } from './pass-clock.ts';
import { addPage } from './rename.ts';
import { freshName } from './restless.ts';
import { Spans } from './spans.ts';
import type { Watch } from './watch.ts';

/** Dumps of the sources at other times, in place of readings of what lives. Of each source there are as many. */
export interface Dumps {
  /** By source: its dumps, but the last, which is the source itself. */
  readonly before: readonly (readonly PageSource[])[];
  /** By source: the seconds, of any clock, at which each dump was made, the last one's behind the others. */
  readonly times: readonly (readonly number[])[];
}

/** Hears of all names that are read, as the film does. */
export interface Recorder {
  see(read: number, source: number, page: number, names: BigUint64Array): void;
}

export interface FilmOptions {
  /** Sources that are read again. The others are at rest by their nature. */
  isLive(source: PageSource): boolean;
  readonly schedule: Partial<Schedule>;
  readonly pace: Pace;
  /** How ksmd fares, if one runs. */
  progress(): Progressed | undefined;
  readonly dumps?: Dumps | undefined;
  readonly recorder?: Recorder | undefined;
}

/** Above this part of all pages, reading all takes no longer than picking out those that are alike. */
const MOST_PICKED = 1 / 3;
/** Pages of no interest between two that are read are read as well. */
const GAP_PAGES = 4;
/** Milliseconds between two looks at ksmd and the signal, while it waits. */
const TURN = 50;
/** A film may take so much of the memory that a scan may have. */
const MOST_SHARE = 1 / 3;
const UNREAD = 'so nothing was read again: what changes all the time counts as if it were at rest.';

/** Why there is no film of these sources in so many bytes of memory: a whole sentence. */
export function whyNoFilm(sources: readonly PageSource[], memory: number): string | undefined {
  const isOnce = sources.some(({ isRepeatable }) => !isRepeatable);
  if (isOnce) return `What comes through a pipe comes only once, ${UNREAD}`;
  if (filmBytes(sources) <= memory * MOST_SHARE) return undefined;
  return `There is no room in memory (--memory) to remember what each page was, ${UNREAD}`;
}

/** Bytes that the film of these sources takes. */
export function filmBytes(sources: readonly PageSource[]): number {
  return Film.bytesFor(sources.reduce((total, source) => total + numbersOf(source), 0));
}

/** The numbers that a source's pages have are below this one. */
function numbersOf({ ranges }: PageSource): number {
  const last = ranges.at(-1);
  return last === undefined ? 0 : endOf(last);
}

export class Filming {
  readonly film: Film;
  readonly #sources: readonly PageSource[];
  readonly #options: FilmOptions;
  readonly #window: Window;
  readonly #watch: Watch;
  readonly #passes: PassClock;
  /** By source: what is read between the first reading and the last; undefined: nothing. */
  #picked: readonly (readonly PageRun[] | undefined)[] = [];
  #isPicked = false;
  #spans: Spans;
  /** By source: the pages that the last reading has shown. */
  #shown: readonly Marks[] = [];

  constructor(sources: readonly PageSource[], options: FilmOptions, window: Window, watch: Watch) {
    this.film = new Film(sources.map(numbersOf));
    this.#sources = sources;
    this.#options = options;
    this.#window = window;
    this.#watch = watch;
    this.#passes = new PassClock(options.progress);
    this.#spans = this.#newSpans();
  }

  /** Reads all but the last time, and waits until that is due. */
  async shoot(loaders: number | undefined): Promise<void> {
    const { dumps, pace, schedule } = this.#options;
    const first = this.#sources.map((source, at) => dumps?.before[at]?.[0] ?? source);
    const { ended, took } = await this.#readFirst(first, loaders);
    if (dumps !== undefined) {
      for (let read = 1; read < (dumps.before[0]?.length ?? 0); read++) {
        await this.#readBetween(dumps.before.map((some) => some[read] as PageSource));
      }
      return;
    }
    const pages = this.#sources.reduce((total, source) => total + source.pages, 0);
    const pass = passSeconds(pages, pace);
    const shortest = pace.smart_scan ? smartPassSeconds(pages, 0, pace) : pass;
    const { over, every } = scheduleOf(pass, shortest, took, schedule);
    const steps = Math.max(1, Math.round(over / every));
    for (let step = 1; step <= steps; step++) {
      await this.#until(ended + (1000 * over * step) / steps, step, steps);
      if (step < steps) await this.#readBetween(this.#sources);
    }
  }

  /** Where the names of the last reading go on their way to `sink`. */
  last(sink: NameSink): NameSink {
    this.#spans = this.#newSpans();
    this.#shown = this.#sources.map((source) => new Marks(numbersOf(source)));
    return {
      add: (source, page, names) => {
        for (let at = 0; at < names.length; at++) this.#shown[source]?.add(page + at);
        this.#see(source, page, names);
        sink.add(source, page, this.#withFresh(source, page, names));
      },
    };
  }

  /** The last reading is over: of so many pages. */
  end(pages: number): Verdict {
    for (const [source, shown] of this.#shown.entries()) {
      const numbers = numbersOf(this.#sources[source] as PageSource);
      for (let page = 0; page < numbers; page++) if (!shown.has(page)) this.film.lose(source, page, page + 1);
    }
    const seen = this.film.endLast(this.#spans.all);
    return verdictOf(seen, pages, this.#options.pace, this.#passes.seconds(pages));
  }

  /** When it was over, and the seconds that it took. */
  async #readFirst(
    sources: readonly PageSource[],
    loaders: number | undefined,
  ): Promise<{ ended: number; took: number }> {
    const began = performance.now();
    const sink: NameSink = { add: (source, page, names) => this.#see(source, page, names) };
    await loadNames(sources, this.#window, sink, loaders, this.#watch);
    const ended = performance.now();
    const watched = this.film.endFirst(this.#spans.all);
    const pages = sources.reduce((total, source) => total + source.pages, 0);
    this.#isPicked = watched < pages * MOST_PICKED;
    this.#picked = this.#sources.map((source, at) => {
      if (!this.#options.isLive(source)) return undefined;
      return this.#isPicked ? this.#watchedRuns(at) : source.ranges;
    });
    return { ended, took: (ended - began) / 1000 };
  }

  #watchedRuns(source: number): PageRun[] {
    const runs: PageRun[] = [];
    const history = this.film.histories[source];
    for (let page = 0; page < (history?.pages ?? 0); page++) {
      if (history?.isWatched(page) !== true) continue;
      const last = runs.at(-1);
      const end = last === undefined ? page : endOf(last);
      for (let gap = page - end <= GAP_PAGES ? end : page; gap <= page; gap++) addPage(runs, gap);
    }
    return runs;
  }

  async #readBetween(sources: readonly PageSource[]): Promise<void> {
    this.#spans = this.#newSpans();
    for (const [at, source] of sources.entries()) {
      const runs = this.#picked[at];
      if (runs === undefined) continue;
      const missing = new Missing(runs, (page, end) => this.film.lose(at, page, end));
      this.#spans.note(at);
      await readAgain(source, this.#window, { signal: this.#watch.signal, runs }, (page, count) => {
        missing.seen(page, page + count);
        this.#see(at, page, this.#window.name(0, count));
        return this.#watch.look(`reading ${source.name} again`, page, numbersOf(source));
      });
      missing.end();
    }
    this.film.endRead(this.#spans.all, this.#isPicked);
  }

  #see(source: number, page: number, names: BigUint64Array): void {
    this.#spans.note(source);
    this.#options.recorder?.see(this.film.read, source, page, names);
    this.film.see(source, page, names);
  }

  /** The names, those of pages that have changed replaced by others. */
  #withFresh(source: number, page: number, names: BigUint64Array): BigUint64Array {
    let fresh: BigUint64Array | undefined;
    for (let at = 0; at < names.length; at++) {
      if (!this.film.isRestless(source, page + at)) continue;
      fresh ??= names.slice();
      fresh[at] = freshName(source, page + at, 0);
    }
    return fresh ?? names;
  }

  /** Waits until a time, and looks at ksmd meanwhile. */
  async #until(time: number, step: number, steps: number): Promise<void> {
    for (let left = time - performance.now(); left > 0; left = time - performance.now()) {
      await sleep(Math.min(left, TURN));
      this.#watch.signal.throwIfAborted();
      this.#passes.look();
      await this.#watch.look('waiting for what changes', step - 1, steps);
    }
  }

  #newSpans(): Spans {
    const { dumps, isLive } = this.#options;
    const read = this.film.read;
    return new Spans(
      this.#sources.map((source, at) => {
        if (!isLive(source)) return 'always';
        const times = dumps?.times[at]; // by a clock of the guest's own
        return times === undefined ? 'now' : (times[read] as number) - (times[0] as number);
      }),
    );
  }
}

/** Pages of some runs that a reading left out: they are gone. */
class Missing {
  readonly #runs: readonly PageRun[];
  readonly #lose: (page: number, end: number) => void;
  #run = 0;
  /** Pages below this number were seen, or are known to be gone. */
  #next = 0;

  constructor(runs: readonly PageRun[], lose: (page: number, end: number) => void) {
    this.#runs = runs;
    this.#lose = lose;
  }

  /** The next pages that are there. */
  seen(page: number, end: number): void {
    this.#upTo(page);
    this.#next = end;
  }

  end(): void {
    this.#upTo(Number.POSITIVE_INFINITY);
  }

  #upTo(page: number): void {
    for (let run = this.#runs[this.#run]; run !== undefined && run.page < page; run = this.#runs[++this.#run]) {
      const [from, to] = [Math.max(run.page, this.#next), Math.min(endOf(run), page)];
      if (from < to) this.#lose(from, to);
      if (endOf(run) > page) return;
    }
  }
}

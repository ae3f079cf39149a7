/**
 * Parts of sources, each of which one thread reads and names: pieces of an image, or a whole process, whose losses are counted over
 * all of it.
 *
 * Parts are numbered in the order of the sources and of their pages, so their names, one part behind the other, are those of one reading.
 */
import { endOf, type PageRun, type PageSource, type Reading } from '../image/index.ts';
import type { Window } from '../names/index.ts';
import { eachChunk } from './chunks.ts';
import { type NameSink, PageIndex } from './names.ts';
import type { ContentOrder } from './order.ts';

/** Pages of an image that one thread takes at a time: some ten milliseconds of work, and no disk minds the step to the next. */
const PART_PAGES = 8192;

export interface Part {
  /** Number of the source. */
  readonly source: number;
  /** How many pages it has at most. */
  readonly pages: number;
  /** Undefined: all of the source. */
  readonly runs?: readonly PageRun[];
}

/** What a part holds. Plain data, whose names can be handed to another thread. */
export interface NamedPart {
  readonly part: number;
  readonly runs: readonly PageRun[];
  /** Of the pages of the runs, in their order. */
  readonly names: BigUint64Array<ArrayBuffer>;
  readonly reading: Reading;
}

/** The parts of all sources that several threads can read. */
export function partsOf(sources: readonly PageSource[]): Part[] {
  return sources.flatMap(({ shareable, kind, pages, ranges }, source): Part[] => {
    if (shareable === undefined) return [];
    if (kind === 'process' || pages <= PART_PAGES) return [{ source, pages }];
    return pieces(ranges).map((runs) => ({ source, pages: PART_PAGES, runs }));
  });
}

/** The sources that are read before others in front of them: what only one thread can read comes first, then the parts. */
export function earlyOf(sources: readonly PageSource[]): number[] {
  const firstShared = sources.findIndex(({ shareable }) => shareable !== undefined);
  if (firstShared === -1) return [];
  return [...sources.keys()].filter((at) => at > firstShared && sources[at]?.shareable === undefined);
}

/** The pages of the ranges, PART_PAGES at a time. */
function pieces(ranges: readonly PageRun[]): PageRun[][] {
  const all: PageRun[][] = [];
  let room = 0;
  for (const range of ranges) {
    for (let page = range.page; page < endOf(range); ) {
      if (room === 0) {
        all.push([]);
        room = PART_PAGES;
      }
      const pages = Math.min(room, endOf(range) - page);
      all.at(-1)?.push({ page, pages });
      page += pages;
      room -= pages;
    }
  }
  return all;
}

/** Reads and names part number `part`. `visit` is called every few milliseconds, with the pages since the last time. */
export async function namePart(
  source: PageSource,
  { source: at, pages, runs }: Part,
  part: number,
  window: Window,
  signal: AbortSignal,
  visit: (pages: number) => void | Promise<void>,
  order?: ContentOrder,
): Promise<NamedPart> {
  const names = new BigUint64Array(pages);
  const index = new PageIndex();
  let reading: Reading = { pages: 0, notes: [] };
  const onEnd = (ended: Reading): void => {
    reading = ended;
  };
  await eachChunk(source, window, { signal, onEnd, ...(runs === undefined ? {} : { runs }) }, (page, count) => {
    const some = window.name(0, count);
    names.set(some, index.count);
    order?.note(at, page, some, window);
    index.add(page, count);
    return visit(count);
  });
  return { part, runs: index.runs, names: names.subarray(0, index.count), reading };
}

/** Puts parts together again, whatever the order in which they come: into the sink, in the order of sources and pages. */
export class Assembly {
  readonly #sources: readonly PageSource[];
  readonly #parts: readonly Part[];
  readonly #sink: NameSink;
  readonly #waiting: Map<number, NamedPart> = new Map();
  readonly #readings: Reading[][];
  /** The first part that is not in its list. */
  #next = 0;

  constructor(sources: readonly PageSource[], parts: readonly Part[], sink: NameSink) {
    this.#sink = sink;
    this.#readings = sources.map(() => []);
    this.#sources = sources;
    this.#parts = parts;
  }

  get isComplete(): boolean {
    return this.#next === this.#parts.length;
  }

  add(named: NamedPart): void {
    this.#waiting.set(named.part, named);
    for (let next = this.#take(); next !== undefined; next = this.#take()) this.#append(next);
  }

  #take(): NamedPart | undefined {
    const next = this.#waiting.get(this.#next);
    this.#waiting.delete(this.#next);
    return next;
  }

  #append({ runs, names, reading }: NamedPart): void {
    const { source } = this.#parts[this.#next++] as Part;
    let done = 0;
    for (const { page, pages } of runs) {
      this.#sink.add(source, page, names.subarray(done, done + pages));
      done += pages;
    }
    const readings = this.#readings[source] as Reading[];
    readings.push(reading);
    if (this.#parts[this.#next]?.source !== source) this.#sources[source]?.shareable?.conclude(readings);
  }
}

/**
 * Loading for a scan over names: each source is read once, front to back, through a window, and only its names are kept.
 *
 * Several threads can do it. This one is always among them: it reads what cannot be shared, then takes parts as the others do. The names
 * are the same with any number.
 */
import os from 'node:os';
import type { PageSource } from '../image/index.ts';
import type { Window } from '../names/index.ts';
import { Board } from './board.ts';
import { eachChunk } from './chunks.ts';
import { Crew } from './crew.ts';
import type { NameSink } from './names.ts';
import type { ContentOrder } from './order.ts';
import { Assembly, namePart, type Part, partsOf } from './parts.ts';
import type { Watch } from './watch.ts';

/**
 * Unless it is said otherwise there is a thread for so many pages. For 2 GiB of files on two cores a second takes the loading to 0.6 of the
 * time; its start and its end are a tenth of the whole scan's CPU time then, and the more of less.
 */
const PAGES_PER_LOADER = 2 ** 19;
const MOST_LOADERS = 4;
/** Milliseconds after which the user is shown how far the other threads are. */
const TURN = 20;

/**
 * Reads the names of all sources. `loaders`: threads; undefined: as many as are worth their start. `order` hears of all names while their
 * pages are at hand, so then there is one thread.
 */
export async function loadNames(
  sources: readonly PageSource[],
  window: Window,
  sink: NameSink,
  loaders: number | undefined,
  watch: Watch,
  order?: ContentOrder,
): Promise<void> {
  const parts = partsOf(sources);
  const board = new Board(parts.length);
  const assembly = new Assembly(sources, parts, sink);
  const threads = order === undefined ? Math.min(loaders ?? worthwhile(parts), parts.length) : 1;
  const data = sources.map(({ shareable }) => shareable?.data);
  const start = { window: window.recipe, sources: data, parts, board: board.memory };
  using crew = new Crew(Math.max(0, threads - 1), start, (named) => assembly.add(named));
  // Of a stream nobody knows how long it is.
  const whole = sources.every(({ isRepeatable }) => isRepeatable)
    ? sources.reduce((total, { pages }) => total + pages, 0)
    : 0;
  const look = async (label: string, pages: number): Promise<void> => {
    board.addRead(pages);
    crew.check();
    await watch.look(label, board.read, whole);
  };

  for (const [at, source] of sources.entries()) {
    if (source.shareable === undefined) await loadAlone(source, at, window, sink, watch, look, order);
  }
  for (let at = board.take(); at !== undefined; at = board.take()) {
    const part = parts[at] as Part;
    const source = sources[part.source] as PageSource;
    const visit = (pages: number): Promise<void> => look(`loading ${source.name}`, pages);
    assembly.add(await namePart(source, part, at, window, watch.signal, visit, order));
  }
  while (!assembly.isComplete) {
    await crew.news(TURN);
    await look('loading', 0);
  }
}

/** Threads that shorten the loading by more than they cost. */
function worthwhile(parts: readonly Part[]): number {
  const pages = parts.reduce((total, part) => total + part.pages, 0);
  return Math.min(1 + Math.floor(pages / PAGES_PER_LOADER), os.availableParallelism(), MOST_LOADERS);
}

/** Reads a source that only this thread can read. */
async function loadAlone(
  source: PageSource,
  at: number,
  window: Window,
  sink: NameSink,
  { signal }: Watch,
  look: (label: string, pages: number) => Promise<void>,
  order?: ContentOrder,
): Promise<void> {
  await eachChunk(source, window, { signal }, (page, count) => {
    const names = window.name(0, count);
    sink.add(at, page, names);
    order?.note(at, page, names, window);
    return look(`loading ${source.name}`, count);
  });
}

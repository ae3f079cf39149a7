/** The page tables of a process as the driver reads them: one at a time, ascending, and only those that hold pages. */
import { type Engine, layout } from '../engine/index.ts';
import { type FrameId, frameOfPte, isPresent } from '../memory/index.ts';

const { TABLE_ENTRIES } = layout;

/** In place of the frame of a page that is not present. */
export const NO_FRAME: number = -1;

/** The lowest level: TABLE_ENTRIES pages in a row. */
export interface PageTable {
  /** Number of its first page. */
  readonly page: number;
  /** Number of its first entry: of its ptes, states and items. */
  readonly entry: number;
}

/** Those of process `id`, whose mm `mmOf` gives anew for each: it may end, or get another one, while somebody looks at a table. */
export function* tablesOf(engine: Engine, id: number, mmOf: () => number): Generator<PageTable> {
  for (let page = 0; page < layout.MM_PAGES; page += TABLE_ENTRIES) {
    const mm = mmOf();
    page = engine.call.nextMappedPage(mm, id, page, layout.MM_PAGES) >>> 0;
    if (page >= layout.MM_PAGES) return;
    const index = page % TABLE_ENTRIES;
    const entry = engine.call.entryFind(mm, id, page) >>> 0;
    page -= index;
    yield { page, entry: entry - index };
  }
}

/** Calls `visit` for each page of the table that is present. */
export function eachFrame(
  engine: Engine,
  { page, entry }: PageTable,
  visit: (page: number, frame: FrameId) => void,
): void {
  const ptes = (engine.u32(layout.H_PTES) >>> 2) + entry;
  for (let index = 0; index < TABLE_ENTRIES; index++) {
    const pte = engine.words[ptes + index] as number;
    if (isPresent(pte)) visit(page + index, frameOfPte(pte));
  }
}

/** Rmap items of the table that are in the unstable tree. */
export function unsharedIn(engine: Engine, { entry }: PageTable): number {
  const states = (engine.u32(layout.H_STATES) >>> 2) + entry;
  let unshared = 0;
  for (let index = 0; index < TABLE_ENTRIES; index++) {
    if ((engine.words[states + index] as number) & layout.STATE_UNSTABLE) unshared++;
  }
  return unshared;
}

/** Reads the ptes of a process that nobody else changes, one page after the other: a page table is looked up once. */
export class PageWalk {
  readonly #engine: Engine;
  readonly #id: number;
  readonly #mm: number;
  /** Number of the first page of the table at hand, and of its first entry; 0: there is no such table. */
  #page = -1;
  #entry = 0;

  constructor(engine: Engine, { id, mm }: { readonly id: number; readonly mm: number }) {
    this.#engine = engine;
    this.#id = id;
    this.#mm = mm;
  }

  /** The frame that `page` maps; NO_FRAME if none is present. */
  frameAt(page: number): number {
    const at = this.#ptesOf(page);
    const pte = at === 0 ? 0 : (this.#engine.words[at] as number);
    return isPresent(pte) ? frameOfPte(pte) : NO_FRAME;
  }

  /** The frames that pages from number `page` on map, into the first `count` of `frames`. */
  framesFrom(page: number, frames: Int32Array, count: number): void {
    for (let done = 0; done < count; ) {
      const some = Math.min(count - done, TABLE_ENTRIES - ((page + done) % TABLE_ENTRIES));
      const ptes = this.#ptesOf(page + done);
      if (ptes === 0) frames.fill(NO_FRAME, done, done + some);
      else copyFrames(this.#engine.words, ptes, frames, done, some);
      done += some;
    }
  }

  /** Which of the engine's words is the pte of the page; 0: it has no page table. */
  #ptesOf(page: number): number {
    const index = page % TABLE_ENTRIES;
    if (page - index !== this.#page) {
      this.#page = page - index;
      this.#entry = this.#engine.call.entryFind(this.#mm, this.#id, this.#page) >>> 0;
    }
    return this.#entry === 0 ? 0 : (this.#engine.u32(layout.H_PTES) >>> 2) + this.#entry + index;
  }
}

function copyFrames(words: Engine['words'], ptes: number, frames: Int32Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const pte = words[ptes + i] as number;
    frames[at + i] = isPresent(pte) ? frameOfPte(pte) : NO_FRAME;
  }
}

/** A source whose pages are in the engines: which page there is which page of the source. */

import { machineOf } from '../host/index.ts';
import { PAGE_BYTES, type PageSource } from '../image/index.ts';
import type { AddressSpace } from '../index.ts';
import { NO_FRAME, PageWalk } from '../machine/index.ts';
import { readAgain } from './chunks.ts';
import type { Dealt } from './dealt.ts';
import { BASE_PAGE, type Engines } from './engines.ts';
import type { PageIndex } from './names.ts';

/** Aborts nothing: what is read is a page. */
const NEVER = new AbortController().signal;

export class Placed {
  readonly source: PageSource;
  /** One in each engine. */
  readonly spaces: readonly AddressSpace[];
  readonly pages: PageIndex;
  /** Pages at the indexes below this one can be read again. */
  readonly repeatable: number;
  /** Where there are several engines. */
  readonly dealt: Dealt | undefined;
  readonly #engines: Engines;

  constructor(
    source: PageSource,
    engines: Engines,
    spaces: readonly AddressSpace[],
    pages: PageIndex,
    dealt: Dealt | undefined = undefined,
  ) {
    this.#engines = engines;
    this.source = source;
    this.spaces = spaces;
    this.pages = pages;
    this.repeatable = source.isRepeatable ? pages.count : pages.below(source.kept ?? 0);
    this.dealt = dealt;
  }

  /** The name of the page at `index`, as the engine was told. */
  nameAt(index: number): bigint {
    const { dealt } = this;
    const [engine, place] = dealt === undefined ? [0, index] : [dealt.engineOf(index), dealt.placeOf(index)];
    const told = this.spaces[engine]?.getName((BASE_PAGE + place) * PAGE_BYTES) ?? 0n;
    return this.#engines.naming?.nameOf(told) ?? told;
  }

  /** Goes over all pages by index. */
  walk(): Walk {
    return new Walk(this.#engines, this);
  }

  /** How many of its pages are in an engine, from BASE_PAGE on. */
  countIn(engine: number): number {
    return this.dealt === undefined ? this.pages.count : (this.dealt.counts[engine] as number);
  }

  /** The index of the page that is page `page` of the space in engine number `engine`. */
  indexOf(engine: number, page: number): number {
    const place = page - BASE_PAGE;
    return this.dealt === undefined ? place : this.dealt.indexOf(engine, place);
  }

  /** The range that the source's page `page` belongs to, and where the source has it. */
  locate(page: number): { label: string; address: bigint } {
    const range = this.source.ranges.find((one) => page >= one.page && page < one.page + one.pages);
    const [label, first, address] = range === undefined ? ['', 0, 0n] : [range.label, range.page, range.address];
    return { label, address: address + BigInt(page - first) * BigInt(PAGE_BYTES) };
  }

  /**
   * Page `page` of the source, as it was loaded. Pages that are only named are read again: undefined if that cannot be, or the page is
   * another by now. `name`: of the page, if a sample counts its content exactly, so that the engines may not have it.
   */
  async read(page: number, name?: bigint): Promise<Uint8Array | undefined> {
    const { naming } = this.#engines;
    const index = this.pages.indexOf(page);
    if (naming === undefined) return this.spaces[0]?.read((BASE_PAGE + (index ?? 0)) * PAGE_BYTES, PAGE_BYTES);
    if (!this.source.isRepeatable && page >= (this.source.kept ?? 0)) return undefined;
    let found: Uint8Array | undefined;
    await readAgain(this.source, naming.window, { signal: NEVER, runs: [{ page, pages: 1 }] }, () => {
      const named = name ?? (index === undefined ? undefined : this.nameAt(index));
      const isSame = named !== undefined && naming.levelOf(0, named) !== undefined;
      if (isSame) found = naming.window.pages.slice(0, PAGE_BYTES);
    });
    return found;
  }
}

/** Pages that a walk comes to at once: a multiple of 32, as Marks.each() wants it. */
export const PAGES_AT_ONCE: number = 2 ** 13;

/** The pages of a source some at a time: in which engine each is, and which frame it maps there. */
export class Walk {
  /** Of the pages that next() has come to: NO_FRAME where none is present. */
  readonly frames: Int32Array = new Int32Array(PAGES_AT_ONCE);
  readonly engines: Uint8Array = new Uint8Array(PAGES_AT_ONCE);
  readonly #count: number;
  readonly #dealt: Dealt | undefined;
  /** By engine, and how many pages of it came already. */
  readonly #tables: readonly PageWalk[];
  readonly #places: number[];
  #index = 0;

  constructor({ hosts }: Engines, { spaces, pages, dealt }: Placed) {
    this.#count = pages.count;
    this.#dealt = dealt;
    this.#tables = hosts.map((host, engine) => new PageWalk(machineOf(host).engine, spaces[engine] as AddressSpace));
    this.#places = hosts.map(() => BASE_PAGE);
  }

  /** Goes on to the next pages, PAGES_AT_ONCE unless fewer are left: how many. */
  next(): number {
    const count = Math.min(PAGES_AT_ONCE, this.#count - this.#index);
    if (this.#dealt === undefined) this.#tables[0]?.framesFrom(BASE_PAGE + this.#index, this.frames, count);
    else this.#gather(this.#dealt, count);
    this.#index += count;
    return count;
  }

  #gather(dealt: Dealt, count: number): void {
    for (let page = 0; page < count; page++) {
      const engine = dealt.engineOf(this.#index + page);
      const place = this.#places[engine] as number;
      this.#places[engine] = place + 1;
      this.engines[page] = engine;
      this.frames[page] = this.#tables[engine]?.frameAt(place) ?? NO_FRAME;
    }
  }
}

/** A source whose pages are in the engines: which page there is which page of the source. */

import { machineOf } from '../host/index.ts';
import { PAGE_BYTES, type PageSource } from '../image/index.ts';
import type { AddressSpace, Host } from '../index.ts';
import { PageWalk } from '../machine/index.ts';
import { type FrameId, ZERO_FRAME } from '../memory/index.ts';
import { BASE_PAGE, type Engines } from './engines.ts';
import { readAgain } from './load.ts';
import type { PageIndex } from './names.ts';

/** Aborts nothing: what is read is a page. */
const NEVER = new AbortController().signal;

export class Placed {
  readonly source: PageSource;
  /** One in each engine. */
  readonly spaces: readonly AddressSpace[];
  readonly pages: PageIndex;

  readonly #engines: Engines;

  constructor(source: PageSource, engines: Engines, spaces: readonly AddressSpace[], pages: PageIndex) {
    this.#engines = engines;
    this.source = source;
    this.spaces = spaces;
    this.pages = pages;
  }

  /** The name of the page at `index`, as the engine was told. */
  nameAt(index: number): bigint {
    const told = this.spaces[0]?.getName((BASE_PAGE + index) * PAGE_BYTES) ?? 0n;
    return this.#engines.naming?.nameOf(told) ?? told;
  }

  /** Goes over the pages by index. */
  walk(): Walk {
    return new Walk(this.#engines, this);
  }

  /** The index of the page that is page `page` of the space in engine number `engine`. */
  indexOf(_engine: number, page: number): number {
    return page - BASE_PAGE;
  }

  /** The range that the page at `index` belongs to, and where the source has it. */
  locate(index: number): { label: string; address: bigint } {
    const page = this.pages.pageAt(index);
    const range = this.source.ranges.find((one) => page >= one.page && page < one.page + one.pages);
    const [label, first, address] = range === undefined ? ['', 0, 0n] : [range.label, range.page, range.address];
    return { label, address: address + BigInt(page - first) * BigInt(PAGE_BYTES) };
  }

  /**
   * The page at `index`, as it was loaded. Pages that are only named are read again: undefined if that cannot be, or the page is another by
   * now.
   */
  async read(index: number): Promise<Uint8Array | undefined> {
    const { naming } = this.#engines;
    if (naming === undefined) return this.spaces[0]?.read((BASE_PAGE + index) * PAGE_BYTES, PAGE_BYTES);
    if (!this.source.isRepeatable) return undefined;
    let found: Uint8Array | undefined;
    const options = { signal: NEVER, runs: [{ page: this.pages.pageAt(index), pages: 1 }] };
    await readAgain(this.source, naming.window, options, () => {
      if (naming.levelOf(0, this.nameAt(index)) !== undefined) found = naming.window.pages.slice(0, PAGE_BYTES);
    });
    return found;
  }
}

/** The pages of a source one after the other: in which engine each is, and which frame it maps there. */
export class Walk {
  /** Of the page that next() has come to. */
  readonly engine = 0;
  frame: FrameId = ZERO_FRAME;
  readonly #count: number;
  readonly #pages: PageWalk;
  #index = 0;

  constructor({ hosts }: Engines, { spaces, pages }: Placed) {
    this.#count = pages.count;
    this.#pages = new PageWalk(machineOf(hosts[0] as Host).engine, spaces[0] as AddressSpace);
  }

  /** Goes on to the next page; false if there is none. */
  next(): boolean {
    if (this.#index === this.#count) return false;
    this.frame = this.#pages.frameAt(BASE_PAGE + this.#index++) ?? ZERO_FRAME;
    return true;
  }
}

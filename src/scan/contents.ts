/**
 * The contents that the engines have merged, numbered, and how the pages of each are best compared.
 *
 * Two ways: with a copy that is kept of the first page, or with the first page itself, which is read again beside each. A copy needs memory
 * that nobody has touched before, which costs more than reading a page, if that page is one of several in a row: of files whose pages lie
 * in the same order, as those of guests do, no copies are kept.
 *
 * There can be as many pages as memory has room for names of, so they are gone over in plain loops over lists of numbers: V8 has compiled
 * such a loop after some thousand pages, and one with calls only when most of a scan is over (docs/performance.md).
 */
import { machineOf } from '../host/index.ts';
import { type Machine, MergedFrames, NOT_MERGED } from '../machine/index.ts';
import type { Engines } from './engines.ts';
import { Marks } from './marks.ts';
import { PAGES_AT_ONCE, type Placed, type Walk } from './placed.ts';
import { type Row, RowFinder } from './rows.ts';

/** Not the number of a content, or of a copy. */
export const NONE = -1;
/** In place of the number + 1 of a content that has none. */
const OF_ZEROS = -1;

export class MergedContents {
  /** Copies that are wanted. */
  copies = 0;
  /** By source: the rows that are compared with other rows. */
  readonly rows: readonly (readonly Row[])[];
  /** By source: the pages that are compared with copies, and those that copies are made of. */
  readonly marks: readonly Marks[];
  readonly #numbers: ContentNumbers;
  readonly #placed: readonly Placed[];
  /** By source: can a page here and there be read at any time? */
  readonly #isReadable: Uint8Array;
  /** By content: the source and the index + 1 of its first page, and the number of its copy + 1. What nobody needs is never touched. */
  readonly #source: Uint32Array;
  readonly #place: Uint32Array;
  readonly #copy: Uint32Array;
  readonly #contents = new Int32Array(PAGES_AT_ONCE);

  /** Looks at all pages of all sources. */
  constructor(engines: Engines, placed: readonly Placed[]) {
    this.#numbers = new ContentNumbers(engines);
    this.#placed = placed;
    this.#isReadable = Uint8Array.from(placed, ({ source }) => Number(source.openReader !== undefined));
    this.#source = new Uint32Array(this.#numbers.limit);
    this.#place = new Uint32Array(this.#numbers.limit);
    this.#copy = new Uint32Array(this.#numbers.limit);
    this.marks = placed.map(({ pages }) => new Marks(pages.count));
    this.rows = placed.map((_, source) => this.#look(source));
  }

  /**
   * The contents of the pages that `walk` has come to, `count` of them, valid until the next call: NONE where merging does not share the
   * page, or it holds zeros, which are certain.
   */
  of(walk: Walk, count: number): Int32Array {
    this.#numbers.fill(walk, count, this.#contents);
    return this.#contents;
  }

  /** How many there are. */
  get count(): number {
    return this.#numbers.count;
  }

  /** Goes over the pages of a source that merging shares, by index. */
  each(source: number, visit: (index: number, content: number) => void): void {
    const walk = (this.#placed[source] as Placed).walk();
    for (let index = 0, count = walk.next(); count > 0; index += count, count = walk.next()) {
      for (const [page, content] of this.of(walk, count).subarray(0, count).entries()) {
        if (content !== NONE) visit(index + page, content);
      }
    }
  }

  /** The content of page `page` of those that `walk` has come to, if merging shares it. */
  at(walk: Walk, page: number): number {
    return this.#numbers.at(walk, page);
  }

  /** The number of its copy; NONE if all its pages are in rows. */
  copyOf(content: number): number {
    return (this.#copy[content] as number) - 1;
  }

  /** Is this its first page? */
  isFirst(content: number, source: number, index: number): boolean {
    return this.#place[content] === index + 1 && this.#source[content] === source;
  }

  /** The page is compared with a copy of its content's first page. */
  useCopy(source: number, index: number, content: number): void {
    this.marks[source]?.add(index);
    if (this.copyOf(content) !== NONE) return;
    this.#copy[content] = ++this.copies;
    this.marks[this.#source[content] as number]?.add((this.#place[content] as number) - 1);
  }

  #look(source: number): readonly Row[] {
    const from = this.#placed[source] as Placed;
    const finder = new RowFinder((index, content) => this.useCopy(source, index, content));
    const walk = from.walk();
    for (let index = 0, count = walk.next(); count > 0; index += count, count = walk.next()) {
      this.#lookAt(source, index, this.of(walk, count), count, finder);
    }
    finder.end();
    return finder.rows;
  }

  /** `count` pages from the one at `index` on have these contents. */
  #lookAt(source: number, index: number, contents: Int32Array, count: number, finder: RowFinder): void {
    const [sources, places, isReadable] = [this.#source, this.#place, this.#isReadable];
    for (let page = 0; page < count; page++) {
      const content = contents[page] as number;
      if (content === NONE) continue;
      const first = sources[content] as number;
      const place = places[content] as number;
      if (place === 0) {
        sources[content] = source;
        places[content] = index + page + 1;
      } else if (isReadable[source] === 0 || isReadable[first] === 0) {
        this.useCopy(source, index + page, content);
      } else {
        finder.add(index + page, content, first, place - 1);
      }
    }
  }
}

/** Numbers the contents that the engines have merged, from 0 on, in the order in which it is asked for them. */
class ContentNumbers {
  count = 0;
  readonly limit: number;
  readonly #machines: readonly Machine[];
  readonly #merged: readonly MergedFrames[];
  /** By engine and number of the content there: ours + 1. What nobody asks for is never touched, and takes no memory. */
  readonly #numbers: readonly Int32Array[];
  readonly #nodes = new Int32Array(PAGES_AT_ONCE);

  constructor({ hosts }: Engines) {
    this.#machines = hosts.map((host) => machineOf(host));
    this.#merged = this.#machines.map(({ engine }) => new MergedFrames(engine));
    this.#numbers = this.#merged.map(({ limit }) => new Int32Array(limit));
    this.limit = this.#merged.reduce((total, { limit }) => total + limit, 0);
  }

  /** Writes the numbers of the walk's pages into `contents`. */
  fill(walk: Walk, count: number, contents: Int32Array): void {
    const { frames, engines } = walk;
    for (const [engine, merged] of this.#merged.entries()) {
      const numbers = this.#numbers[engine] as Int32Array;
      merged.contentsOf(frames, count, this.#nodes);
      for (let page = 0; page < count; page++) {
        if (engines[page] !== engine) continue;
        const node = this.#nodes[page] as number;
        const number = node === NOT_MERGED ? OF_ZEROS : (numbers[node] as number);
        const known = number === 0 ? this.#newNumber(engine, node, frames[page] as number) : number;
        contents[page] = Math.max(NONE, known - 1);
      }
    }
  }

  /** The number of page `page` of the walk's, which has one. */
  at({ frames, engines }: Walk, page: number): number {
    const engine = engines[page] as number;
    const merged = this.#merged[engine] as MergedFrames;
    return (this.#numbers[engine]?.[merged.contentOf(merged.nodeOf(frames[page] as number))] as number) - 1;
  }

  /** Only name 0 is that of zeros: it is given by a look at all bytes, and to nothing else. */
  #newNumber(engine: number, node: number, frame: number): number {
    const { words, frames } = (this.#machines[engine] as Machine).engine;
    const at = frames.placeOf(frame) / 4;
    const number = words[at] === 0 && words[at + 1] === 0 ? OF_ZEROS : ++this.count;
    (this.#numbers[engine] as Int32Array)[node] = number;
    return number;
  }
}

/**
 * The contents that the engines have merged, numbered, and how the pages of each are best compared.
 *
 * Two ways: with a copy that is kept of the first page, or with the first page itself, which is read again beside each. A copy needs memory
 * that nobody has touched before, which costs more than reading a page, if that page is one of several in a row: of files whose pages lie
 * in the same order, as those of guests do, no copies are kept.
 */
import { machineOf } from '../host/index.ts';
import { type Machine, MergedFrames, NOT_MERGED } from '../machine/index.ts';
import type { FrameId } from '../memory/index.ts';
import type { Engines } from './engines.ts';
import type { Placed } from './placed.ts';

/** Pages in a row from which on reading the first pages again costs less than copies of them. */
const ROW = 4;
/** Not the number of a content, or of a copy. */
export const NONE = -1;
/** In place of a content's number. */
const OF_ZEROS = -1;

export class MergedContents {
  /** Copies that are wanted, of those contents that are not compared beside each other. */
  copies = 0;
  readonly #numbers: ContentNumbers;
  readonly #placed: readonly Placed[];
  /** By content: where its first page is, and the number of its copy + 1. What nobody needs is never touched. */
  readonly #source: Uint32Array;
  readonly #index: Uint32Array;
  readonly #copy: Uint32Array;

  /** Looks at all pages of all sources. */
  constructor(engines: Engines, placed: readonly Placed[]) {
    this.#numbers = new ContentNumbers(engines);
    this.#placed = placed;
    this.#source = new Uint32Array(this.#numbers.limit);
    this.#index = new Uint32Array(this.#numbers.limit);
    this.#copy = new Uint32Array(this.#numbers.limit);
    for (const source of placed.keys()) this.#look(source);
  }

  /** How many there are. */
  get count(): number {
    return this.#numbers.count;
  }

  /** The number of the content that merging shares in a frame; NONE if there is none, or it is zeros, which are certain. */
  of(engine: number, frame: FrameId): number {
    return this.#numbers.of(engine, frame);
  }

  /** The number of its copy; NONE if its pages are compared with the first. */
  copyOf(content: number): number {
    return (this.#copy[content] as number) - 1;
  }

  /** Its first page. */
  sourceOf(content: number): number {
    return this.#source[content] as number;
  }

  indexOf(content: number): number {
    return this.#index[content] as number;
  }

  /** The pages of the content are compared with a copy, of that number at least. */
  copyFrom(content: number, least: number): void {
    this.copies = Math.max(this.copies, least) + 1;
    this.#copy[content] = this.copies;
  }

  #look(source: number): void {
    const walk = (this.#placed[source] as Placed).walk();
    const row = new Row();
    for (let index = 0; walk.next(); index++) {
      const known = this.#numbers.count;
      const content = this.of(walk.engine, walk.frame);
      const isNew = content === known;
      if (isNew) {
        this.#source[content] = source;
        this.#index[content] = index;
      }
      if (content === NONE || isNew || !this.#isReadable(content)) this.#end(row);
      else if (!this.#goesOn(row.last, content)) this.#end(row);
      if (content === NONE || isNew) continue;
      if (this.#isReadable(content)) row.add(content);
      else this.#wantCopy(content);
    }
    this.#end(row);
  }

  /** Can the first page of `content` be read at any time? */
  #isReadable(content: number): boolean {
    return this.#placed[this.sourceOf(content)]?.source.openReader !== undefined;
  }

  /** Does the first page of `content` follow that of `last`? */
  #goesOn(last: number, content: number): boolean {
    if (last === NONE || this.#source[last] !== this.#source[content]) return false;
    return this.#index[content] === (this.#index[last] as number) + 1;
  }

  /** A row of pages has ended: if it is short, its contents get copies. */
  #end(row: Row): void {
    if (row.last === NONE) return;
    for (const content of row.short) this.#wantCopy(content);
    row.clear();
  }

  #wantCopy(content: number): void {
    if (this.copyOf(content) === NONE) this.copyFrom(content, 0);
  }
}

/** Pages one after the other, the first pages of whose contents lie one after the other, too. */
class Row {
  /** The content of the last; NONE if there is none. */
  last = NONE;
  /** Those of all, as long as they are few. */
  short: number[] = [];
  #length = 0;

  add(content: number): void {
    this.last = content;
    this.#length++;
    if (this.#length < ROW) this.short.push(content);
    else if (this.#length === ROW) this.short = [];
  }

  clear(): void {
    this.last = NONE;
    this.#length = 0;
    this.short = [];
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

  constructor({ hosts }: Engines) {
    this.#machines = hosts.map((host) => machineOf(host));
    this.#merged = this.#machines.map((machine) => new MergedFrames(machine.engine));
    this.#numbers = this.#merged.map(({ limit }) => new Int32Array(limit));
    this.limit = this.#merged.reduce((total, { limit }) => total + limit, 0);
  }

  /** NONE if merging does not share the frame, or it holds zeros: the name 0 is given by a look at all bytes, and to nothing else. */
  of(engine: number, frame: FrameId): number {
    const [merged, numbers] = [this.#merged[engine], this.#numbers[engine]];
    const node = merged?.nodeOf(frame) ?? NOT_MERGED;
    if (merged === undefined || numbers === undefined || node === NOT_MERGED) return NONE;
    const content = merged.contentOf(node);
    if (numbers[content] === 0) numbers[content] = this.#isZero(engine, frame) ? OF_ZEROS : ++this.count;
    return Math.max(NONE, (numbers[content] as number) - 1);
  }

  #isZero(engine: number, frame: FrameId): boolean {
    const { engine: memory } = this.#machines[engine] as Machine;
    return memory.bigU64(memory.frames.placeOf(frame)) === 0n;
  }
}

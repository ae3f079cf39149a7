/**
 * Bytes decide: what an engine over names has merged is read a second time and compared.
 *
 * Only the pages are read that merging shares, in the order in which they lie, and compared byte by byte with the first of their content,
 * or with a copy of it (contents.ts); if there are more copies than the budget has room for, in several rounds. A page that differs and
 * has the same name all the same is a false match: the name has to be given up, by all pages that have it (rename.ts). A page whose name is
 * another by now has changed since it was first read; what it was then cannot be verified any more, and is believed and counted.
 */
import { KsmError } from '../errors.ts';
import { PAGE_BYTES, type PageReader, type PageRun, type PageSource } from '../image/index.ts';
import type { Window } from '../names/index.ts';
import { readAgain } from './chunks.ts';
import { MergedContents, NONE } from './contents.ts';
import type { Engines } from './engines.ts';
import type { Marks } from './marks.ts';
import type { Naming } from './naming.ts';
import { PAGES_AT_ONCE, type Placed } from './placed.ts';
import type { Row } from './rows.ts';
import type { Watch } from './watch.ts';

/** Pages of no interest between two that are of interest are read as well if they are no more than this: another read takes longer. */
const GAP_PAGES = 4;

const CHANGED = 'changed';
const FIRST_CHANGED = 'first changed';

export interface Verdict {
  /** Pages that were compared with another, byte by byte, and are equal. */
  equal: number;
  /** By source: merged pages that have changed, or are gone, since they were first read. */
  readonly changed: number[];
  /** By source: merged pages that cannot be read again, so that their hashes are believed. */
  readonly believed: number[];
  /** Names that stand for more than one content. */
  readonly false: Set<bigint>;
  /** Why sources could not be read again, if they could not: whole sentences. */
  readonly notes: Set<string>;
}

export class Verifier {
  readonly #placed: readonly Placed[];
  readonly #naming: Naming;
  readonly #window: Window;
  readonly #watch: Watch;
  readonly #copies: number;
  readonly #contents: MergedContents;
  readonly #verdict: Verdict;
  readonly #readers = new Map<PageSource, PageReader>();
  /** The copies of this round are those from this number on; which of them are there. */
  #first = 0;
  #isKept: Uint8Array = new Uint8Array();
  /** By source: pages of rows that are not equal to the first of their content, and which of the two has changed. */
  readonly #unequal: readonly Map<number, typeof CHANGED | typeof FIRST_CHANGED>[];

  /** `copies`: how many may be kept at a time, 4096 bytes each; at least 1. */
  constructor(engines: Engines, placed: readonly Placed[], naming: Naming, copies: number, watch: Watch) {
    this.#placed = placed;
    this.#naming = naming;
    this.#window = naming.window;
    this.#watch = watch;
    this.#copies = copies;
    this.#contents = new MergedContents(engines, placed);
    this.#unequal = placed.map(() => new Map());
    this.#verdict = {
      equal: 0,
      changed: placed.map(() => 0),
      believed: placed.map(() => 0),
      false: new Set(),
      notes: new Set(),
    };
  }

  /** Reads what is merged, and compares it. */
  async run(): Promise<Verdict> {
    try {
      for (const [source, rows] of this.#contents.rows.entries()) await this.#compareRows(source, rows);
      this.#beginAnew();
      for (this.#first = 0; this.#first < this.#contents.copies; this.#first += this.#copies) {
        this.#isKept = new Uint8Array(Math.min(this.#copies, this.#contents.copies));
        for (const source of this.#placed.keys()) await this.#compareWithCopies(source);
      }
      return this.#verdict;
    } finally {
      for (const reader of this.#readers.values()) reader.close();
    }
  }

  /** Compares the rows of a source with those of first pages, as many pages at a time as are in the window. */
  async #compareRows(source: number, rows: readonly Row[]): Promise<void> {
    const { pages, source: from } = this.#placed[source] as Placed;
    for (const row of rows) {
      const firsts = (this.#placed[row.source] as Placed).pages;
      for (let done = 0; done < row.pages; ) {
        const most = Math.min(this.#window.pages.length / PAGE_BYTES, row.pages - done);
        const [its] = pages.pieces(row.index + done, most);
        const [first] = firsts.pieces(row.first + done, most);
        if (its === undefined || first === undefined) break; // never: both have as many pages
        const count = Math.min(its.pages, first.pages);
        const read = this.#read(source, its.page, this.#window.pages, count);
        const beside = this.#read(row.source, first.page, this.#window.beside, read);
        this.#judgeRow(source, its.index, count, read, beside);
        done += count;
      }
      await this.#watch.look(`comparing ${from.name}`, row.index, pages.count);
    }
  }

  /** Reads `count` pages of a source from number `page` on. How many are there. */
  #read(source: number, page: number, into: Uint8Array<ArrayBufferLike>, count: number): number {
    const from = (this.#placed[source] as Placed).source;
    try {
      const reader = this.#readers.get(from) ?? (from.openReader?.() as PageReader);
      this.#readers.set(from, reader);
      return count === 0 ? 0 : reader.read(page, into.subarray(0, count * PAGE_BYTES));
    } catch (error) {
      if (!(error instanceof KsmError)) throw error;
      this.#noteFailure(from, error);
      return 0;
    }
  }

  /** Of `count` pages of a row from `index` on, `read` are in the window, and the first pages of `beside` of them beside it. */
  #judgeRow(source: number, index: number, count: number, read: number, beside: number): void {
    this.#verdict.equal += beside;
    const next = (page: number): number => this.#window.firstUnequalBeside(page, beside);
    for (let page = next(0); page < beside; page = next(page + 1)) {
      this.#verdict.equal--;
      this.#judgeBeside(source, index + page, page);
    }
    for (let page = beside; page < read; page++) this.#unequal[source]?.set(index + page, FIRST_CHANGED);
    for (let page = read; page < count; page++) this.#noteChanged(source, index + page);
  }

  /** Page `page` of the window is not equal to the first of its content, which is beside it. */
  #judgeBeside(source: number, index: number, page: number): void {
    const name = (this.#placed[source] as Placed).nameAt(index);
    if (!this.#naming.isBeside(page, name)) this.#unequal[source]?.set(index, FIRST_CHANGED);
    else if (this.#isNamed(source, index, page)) this.#giveUp(source, index);
    else this.#noteChanged(source, index);
  }

  /** A page of a row has changed, or is not there any more. */
  #noteChanged(source: number, index: number): void {
    this.#unequal[source]?.set(index, CHANGED);
    add(this.#verdict.changed, source, 1);
  }

  /** Contents whose first page has changed: what was found out about their pages is taken back, and all are compared with a copy. */
  #beginAnew(): void {
    const isAnew = new Uint8Array(this.#contents.count);
    for (const [source, unequal] of this.#unequal.entries()) {
      if (unequal.size === 0) continue;
      this.#contents.each(source, (index, content) => {
        if (unequal.get(index) === FIRST_CHANGED) isAnew[content] = 1;
      });
    }
    if (!isAnew.includes(1)) return;
    for (const [source, unequal] of this.#unequal.entries()) {
      this.#contents.each(source, (index, content) => {
        if (isAnew[content] === 0 || this.#contents.marks[source]?.has(index) === true) return;
        if (!this.#contents.isFirst(content, source, index)) {
          const found = unequal.get(index);
          if (found === undefined) this.#verdict.equal--;
          else if (found === CHANGED) add(this.#verdict.changed, source, -1);
        }
        this.#contents.useCopy(source, index, content);
      });
    }
  }

  /** Compares the pages of a source that are marked for it with the copies of this round. */
  async #compareWithCopies(source: number): Promise<void> {
    const placed = this.#placed[source] as Placed;
    const marks = this.#contents.marks[source] as Marks;
    const copies = new Int32Array(PAGES_AT_ONCE);
    const walk = placed.walk();
    for (let first = 0, count = walk.next(); count > 0; first += count, count = walk.next()) {
      let [wanted, believed] = [0, 0];
      copies.fill(NONE, 0, count);
      marks.each(first, first + count, (index) => {
        const copy = this.#contents.copyOf(this.#contents.at(walk, index - first)) - this.#first;
        if (copy < 0 || copy >= this.#copies) return; // in another round
        if (index >= placed.repeatable) {
          believed++;
        } else {
          copies[index - first] = copy;
          wanted++;
        }
      });
      add(this.#verdict.believed, source, believed);
      if (wanted > 0) await this.#compareBlock(source, first, copies.subarray(0, count));
    }
  }

  /** Pages at the indexes from `first` on are compared with these copies; NONE: with nothing. */
  async #compareBlock(source: number, first: number, copies: Int32Array): Promise<void> {
    const { pages, source: from } = this.#placed[source] as Placed;
    const runs: PageRun[] = [];
    for (const piece of pages.pieces(first, copies.length)) {
      addRuns(runs, piece.page, copies.subarray(piece.index - first), piece.pages);
    }
    const options = { signal: this.#watch.signal, runs };
    const failure = await readAgain(from, this.#window, options, async (page, count) => {
      const index = pages.indexOf(page);
      if (index === undefined) return;
      const here = copies.subarray(index - first, index - first + count);
      this.#compare(source, index, here);
      here.fill(NONE);
      await this.#watch.look(`comparing ${from.name}`, index, pages.count);
    });
    if (failure !== undefined) this.#noteFailure(from, failure);
    add(this.#verdict.changed, source, copies.filter((copy) => copy !== NONE).length); // they are not there any more
  }

  /** In the window are the pages at the indexes from `index` on. */
  #compare(source: number, index: number, copies: Int32Array): void {
    const window = this.#window;
    for (let page = 0; page < copies.length; page++) {
      const copy = copies[page] as number;
      window.setNoPartner(page);
      if (copy !== NONE) this.#withCopy(source, index + page, page, copy);
    }
    const next = (page: number): number => window.firstUnequal(page, copies.length);
    for (let page = next(0); page < copies.length; page = next(page + 1)) {
      this.#verdict.equal--;
      if (this.#isNamed(source, index + page, page)) this.#giveUp(source, index + page);
      else add(this.#verdict.changed, source, 1);
    }
  }

  /** Page `page` of the window is compared with a copy, or becomes it, if it still has the name by which it was merged. */
  #withCopy(source: number, index: number, page: number, copy: number): void {
    if (this.#isKept[copy] !== 0) {
      this.#window.setCopyPartner(page, copy);
      this.#verdict.equal++;
    } else if (this.#isNamed(source, index, page)) {
      this.#window.keep(page, copy);
      this.#isKept[copy] = 1;
    } else {
      add(this.#verdict.changed, source, 1);
    }
  }

  /** Does page `page` of the window still have the name by which it was merged? */
  #isNamed(source: number, index: number, page: number): boolean {
    return this.#naming.levelOf(page, (this.#placed[source] as Placed).nameAt(index)) !== undefined;
  }

  /** The page at `index` differs from one that has the same name. */
  #giveUp(source: number, index: number): void {
    this.#verdict.false.add((this.#placed[source] as Placed).nameAt(index));
  }

  #noteFailure({ name }: PageSource, { message }: KsmError): void {
    this.#verdict.notes.add(`${name} could not be read again: ${message}.`);
  }
}

function add(counts: number[], source: number, pages: number): void {
  counts[source] = (counts[source] ?? 0) + pages;
}

/** Adds the runs of those of `count` pages from `page` on that are to be compared with something. */
function addRuns(runs: PageRun[], page: number, hows: Int32Array, count: number): void {
  let start = NONE;
  let end = NONE;
  for (let i = 0; i < count; i++) {
    if (hows[i] === NONE) continue;
    if (start !== NONE && i > end + GAP_PAGES) {
      runs.push({ page: page + start, pages: end - start });
      start = NONE;
    }
    if (start === NONE) start = i;
    end = i + 1;
  }
  if (start !== NONE) runs.push({ page: page + start, pages: end - start });
}

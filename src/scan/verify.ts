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
import type { Naming } from './naming.ts';
import type { Placed } from './placed.ts';
import type { Watch } from './watch.ts';

/** Pages of no interest between two that are of interest are read as well if they are no more than this: another read takes longer. */
const GAP_PAGES = 4;
/** Indexes that are looked at together: each may be a run of its own, which is an object. */
const BLOCK = 1 << 13;

/** How a page is compared: NONE, with nothing; from 0 on, with that copy of this round; below NONE, with the first page of a content. */
type How = number;

const besideOf = (content: number): How => NONE - 1 - content;
const contentOf = (how: How): number => NONE - 1 - how;

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
  readonly #readers = new Map<Placed, PageReader>();
  /** The copies of this round are those from this number on; which of them are there. */
  #first = 0;
  #isKept: Uint8Array = new Uint8Array();
  /** Contents whose first page has changed: their others are compared with a copy, in a later round. */
  readonly #again = new Set<number>();
  /** Of contents that are compared with their first page: how many pages are equal to it, and the sources of those that have changed. */
  readonly #equal: Uint32Array;
  readonly #changed = new Map<number, number[]>();

  /** `copies`: how many may be kept at a time, 4096 bytes each; at least 1. */
  constructor(engines: Engines, placed: readonly Placed[], naming: Naming, copies: number, watch: Watch) {
    this.#placed = placed;
    this.#naming = naming;
    this.#window = naming.window;
    this.#watch = watch;
    this.#copies = copies;
    this.#contents = new MergedContents(engines, placed);
    this.#equal = new Uint32Array(this.#contents.count);
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
      for (let next = 0; next === 0 || next < this.#contents.copies; next += this.#copies) {
        this.#first = next;
        this.#isKept = new Uint8Array(Math.min(this.#copies, this.#contents.copies));
        for (const source of this.#placed.keys()) await this.#source(source);
        for (const content of this.#again) this.#beginAnew(content, next + this.#copies);
        this.#again.clear();
      }
      return this.#verdict;
    } finally {
      for (const reader of this.#readers.values()) reader.close();
    }
  }

  async #source(source: number): Promise<void> {
    const placed = this.#placed[source] as Placed;
    const hows = new Int32Array(Math.min(BLOCK, placed.pages.count));
    const walk = placed.walk();
    for (let first = 0; first < placed.pages.count; first += BLOCK) {
      let wanted = 0;
      let believed = 0;
      hows.fill(NONE);
      for (let i = 0; i < hows.length && walk.next(); i++) {
        const content = this.#contents.of(walk.engine, walk.frame);
        const how = content === NONE ? NONE : this.#howOf(content, source, first + i);
        if (how === NONE) continue;
        if (first + i < placed.repeatable) {
          hows[i] = how;
          wanted++;
        } else {
          believed++;
        }
      }
      add(this.#verdict.believed, source, believed);
      if (wanted > 0) await this.#block(source, first, hows);
    }
  }

  /** How the page at `index`, which has that content, is compared in this round. */
  #howOf(content: number, source: number, index: number): How {
    const copy = this.#contents.copyOf(content);
    if (copy !== NONE) return copy >= this.#first && copy < this.#first + this.#copies ? copy - this.#first : NONE;
    const isFirst = this.#contents.indexOf(content) === index && this.#contents.sourceOf(content) === source;
    return this.#first === 0 && !isFirst ? besideOf(content) : NONE;
  }

  /** The pages at the indexes from `first` on, compared as `hows` says. */
  async #block(source: number, first: number, hows: Int32Array): Promise<void> {
    const { pages, source: from } = this.#placed[source] as Placed;
    const runs: PageRun[] = [];
    for (const piece of pages.pieces(first, hows.length)) {
      addRuns(runs, piece.page, hows.subarray(piece.index - first), piece.pages);
    }
    const options = { signal: this.#watch.signal, runs };
    const failure = await readAgain(from, this.#window, options, async (page, count) => {
      const index = pages.indexOf(page);
      if (index === undefined) return;
      const here = hows.subarray(index - first, index - first + count);
      this.#compare(source, index, here);
      here.fill(NONE);
      await this.#watch.look(`comparing ${from.name}`, index, pages.count);
    });
    if (failure !== undefined) this.#noteFailure(from, failure);
    for (const how of hows) if (how !== NONE) this.#countChanged(source, how); // they are not there any more
  }

  /** In the window are the pages at the indexes from `index` on. */
  #compare(source: number, index: number, hows: Int32Array): void {
    const window = this.#window;
    for (let page = 0; page < hows.length; page++) {
      const how = hows[page] as How;
      window.setNoPartner(page);
      if (how >= 0) this.#withCopy(source, index + page, page, how);
      else if (how < NONE) page += this.#withFirst(page, hows) - 1;
    }
    const next = (page: number): number => window.firstUnequal(page, hows.length);
    for (let page = next(0); page < hows.length; page = next(page + 1)) {
      const how = hows[page] as How;
      this.#countEqual(how, -1);
      this.#judge(source, index + page, page, how);
    }
  }

  /** Page `page` of the window is compared with a copy, or becomes it, if it still has the name by which it was merged. */
  #withCopy(source: number, index: number, page: number, copy: number): void {
    if (this.#isKept[copy] !== 0) {
      this.#window.setCopyPartner(page, copy);
      this.#countEqual(copy, 1);
    } else if (this.#nameOf(source, index, page, copy) !== undefined) {
      this.#window.keep(page, copy);
      this.#isKept[copy] = 1;
    }
  }

  /** Page `page` of the window and those after it are compared with the first of their contents, if these are in a row: how many. */
  #withFirst(page: number, hows: Int32Array): number {
    const content = contentOf(hows[page] as How);
    const placed = this.#placed[this.#contents.sourceOf(content)] as Placed;
    const index = this.#contents.indexOf(content);
    let most = 1;
    for (; page + most < hows.length && (hows[page + most] as How) < NONE; most++) {
      const next = contentOf(hows[page + most] as How);
      if (this.#contents.indexOf(next) !== index + most || this.#placed[this.#contents.sourceOf(next)] !== placed)
        break;
    }
    const [{ page: at, pages } = { page: 0, pages: most }] = placed.pages.pieces(index, most);
    const into = this.#window.beside.subarray(page * PAGE_BYTES, (page + pages) * PAGE_BYTES);
    const read = this.#readBeside(placed, at, into);
    for (let i = 0; i < pages; i++) {
      const how = hows[page + i] as How;
      if (i < read) {
        this.#window.setBesidePartner(page + i);
        this.#countEqual(how, 1);
      } else {
        this.#window.setNoPartner(page + i);
        this.#again.add(contentOf(how));
      }
    }
    return pages;
  }

  /** Reads pages of a source from number `page` on. How many are there. */
  #readBeside(placed: Placed, page: number, into: Uint8Array): number {
    try {
      const reader = this.#readers.get(placed) ?? (placed.source.openReader?.() as PageReader);
      this.#readers.set(placed, reader);
      return reader.read(page, into);
    } catch (error) {
      if (!(error instanceof KsmError)) throw error;
      this.#noteFailure(placed.source, error);
      return 0;
    }
  }

  /** Page `page` of the window is not equal to what it was compared with. */
  #judge(source: number, index: number, page: number, how: How): void {
    const told = (this.#placed[source] as Placed).nameAt(index);
    if (how < NONE && !this.#naming.isBeside(page, told)) {
      this.#again.add(contentOf(how)); // the first page of the content has changed
      return;
    }
    const name = this.#nameOf(source, index, page, how);
    if (name !== undefined) this.#verdict.false.add(name);
  }

  /** The name by which page `page` of the window was merged, if it still has it; else it is counted as changed. */
  #nameOf(source: number, index: number, page: number, how: How): bigint | undefined {
    const name = (this.#placed[source] as Placed).nameAt(index);
    if (this.#naming.levelOf(page, name) !== undefined) return name;
    this.#countChanged(source, how);
    return undefined;
  }

  #countEqual(how: How, pages: number): void {
    this.#verdict.equal += pages;
    if (how < NONE) this.#equal[contentOf(how)] = (this.#equal[contentOf(how)] as number) + pages;
  }

  #countChanged(source: number, how: How): void {
    add(this.#verdict.changed, source, 1);
    if (how >= NONE) return;
    const content = contentOf(how);
    const sources = this.#changed.get(content) ?? [];
    if (sources.length === 0) this.#changed.set(content, sources);
    sources.push(source);
  }

  /** What was counted of a content's pages is taken back: all of them are compared with a copy, of that number at least. */
  #beginAnew(content: number, least: number): void {
    this.#verdict.equal -= this.#equal[content] as number;
    for (const source of this.#changed.get(content) ?? []) add(this.#verdict.changed, source, -1);
    this.#contents.copyFrom(content, least);
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

/**
 * Bytes decide: what an engine over names has merged is read a second time and compared.
 *
 * Only the pages are read that merging shares, in the order in which they lie. Of each content the first page that comes is kept as a copy,
 * and the others are compared with it, byte by byte; if there are more contents than copies, in several rounds. A page that differs from
 * the copy and has the copy's name all the same is a false match: the name has to be given up, by all pages that have it (rename.ts). A
 * page whose name is another by now has changed since it was first read; what it was then cannot be verified any more, and is believed
 * and counted.
 */
import { machineOf } from '../host/index.ts';
import type { PageRun } from '../image/index.ts';
import { type Machine, MergedFrames, NOT_MERGED } from '../machine/index.ts';
import type { FrameId } from '../memory/index.ts';
import type { Window } from '../names/index.ts';
import type { Engines } from './engines.ts';
import { readAgain } from './load.ts';
import type { Naming } from './naming.ts';
import type { Placed } from './placed.ts';
import type { Watch } from './watch.ts';

/** Pages of no interest between two that are of interest are read as well if they are no more than this: another read takes longer. */
const GAP_PAGES = 4;
/** Indexes that are looked at together. */
const BLOCK = 1 << 16;
const NONE = -1;
/** In place of a content's number. */
const OF_ZEROS = -1;

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
  readonly #numbers: ContentNumbers;
  readonly #verdict: Verdict;
  /** The contents that this round is about are those from this number on; which of them have a copy. */
  #first = 0;
  #isKept: Uint8Array = new Uint8Array();

  /** `copies`: how many may be kept at a time, 4096 bytes each; at least 1. */
  constructor(engines: Engines, placed: readonly Placed[], naming: Naming, copies: number, watch: Watch) {
    this.#placed = placed;
    this.#naming = naming;
    this.#window = naming.window;
    this.#watch = watch;
    this.#copies = copies;
    this.#numbers = new ContentNumbers(engines);
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
    for (this.#first = 0; ; this.#first += this.#copies) {
      this.#isKept = new Uint8Array(this.#copies);
      for (const source of this.#placed.keys()) await this.#source(source);
      if (this.#first + this.#copies >= this.#numbers.count) return this.#verdict;
    }
  }

  async #source(source: number): Promise<void> {
    const placed = this.#placed[source] as Placed;
    const contents = new Int32Array(BLOCK);
    const walk = placed.walk();
    for (let first = 0; first < placed.pages.count; first += BLOCK) {
      let merged = 0;
      for (let i = 0; i < BLOCK && walk.next(); i++) {
        const content = this.#numbers.of(walk.engine, walk.frame) - this.#first;
        contents[i] = content >= 0 && content < this.#copies ? content : NONE;
        if (contents[i] !== NONE) merged++;
      }
      if (merged === 0) continue;
      if (placed.source.isRepeatable) await this.#block(source, first, contents, merged);
      else add(this.#verdict.believed, source, merged);
    }
  }

  /** The pages at the indexes from `first` on: `contents` says which copies they are to be equal to, `merged` of them to any. */
  async #block(source: number, first: number, contents: Int32Array, merged: number): Promise<void> {
    const { pages, source: from } = this.#placed[source] as Placed;
    const runs: PageRun[] = [];
    for (const piece of pages.pieces(first, BLOCK))
      addRuns(runs, piece.page, contents.subarray(piece.index - first), piece.pages);
    let seen = 0;
    const options = { signal: this.#watch.signal, runs };
    const failure = await readAgain(from, this.#window, options, async (page, count) => {
      const index = pages.indexOf(page);
      if (index === undefined) return;
      seen += this.#compare(source, index, contents.subarray(index - first, index - first + count));
      await this.#watch.look(`comparing ${from.name}`, index, pages.count);
    });
    if (failure !== undefined) this.#verdict.notes.add(`${from.name} could not be read again: ${failure.message}.`);
    add(this.#verdict.changed, source, merged - seen);
  }

  /** In the window are the pages at the indexes from `index` on. How many of them are to be equal to a copy. */
  #compare(source: number, index: number, contents: Int32Array): number {
    const [window, verdict] = [this.#window, this.#verdict];
    let seen = 0;
    for (let page = 0; page < contents.length; page++) {
      const content = contents[page] as number;
      const hasPartner = content !== NONE && this.#isKept[content] !== 0;
      window.setPartner(page, hasPartner ? content : undefined);
      if (content === NONE) continue;
      seen++;
      if (hasPartner) verdict.equal++;
      else this.#keep(source, index + page, page, content);
    }
    const next = (page: number): number => window.firstUnequal(page, contents.length);
    for (let page = next(0); page < contents.length; page = next(page + 1)) {
      verdict.equal--;
      this.#judge(source, index + page, page);
    }
    return seen;
  }

  /** Page `page` of the window becomes the copy of a content, if it still has the name by which it was merged. */
  #keep(source: number, index: number, page: number, content: number): void {
    if (this.#nameOf(source, index, page) === undefined) return;
    this.#window.keep(page, content);
    this.#isKept[content] = 1;
  }

  /** Page `page` of the window is not equal to the copy. */
  #judge(source: number, index: number, page: number): void {
    const name = this.#nameOf(source, index, page);
    if (name !== undefined) this.#verdict.false.add(name);
  }

  /** The name by which the page was merged, if it still has it; else the page is counted as changed. */
  #nameOf(source: number, index: number, page: number): bigint | undefined {
    const name = (this.#placed[source] as Placed).nameAt(index);
    if (this.#naming.levelOf(page, name) !== undefined) return name;
    add(this.#verdict.changed, source, 1);
    return undefined;
  }
}

function add(counts: number[], source: number, pages: number): void {
  counts[source] = (counts[source] ?? 0) + pages;
}

/** Adds the runs of those of `count` pages from `page` on that are to be equal to a copy. */
function addRuns(runs: PageRun[], page: number, contents: Int32Array, count: number): void {
  let start = NONE;
  let end = NONE;
  for (let i = 0; i < count; i++) {
    if (contents[i] === NONE) continue;
    if (start !== NONE && i > end + GAP_PAGES) {
      runs.push({ page: page + start, pages: end - start });
      start = NONE;
    }
    if (start === NONE) start = i;
    end = i + 1;
  }
  if (start !== NONE) runs.push({ page: page + start, pages: end - start });
}

/** Numbers the contents that the engines have merged, from 0 on, in the order in which it is asked for them. */
class ContentNumbers {
  count = 0;
  readonly #machines: readonly Machine[];
  readonly #merged: readonly MergedFrames[];
  /** By engine and number of the content there: ours + 1. What nobody asks for is never touched, and takes no memory. */
  readonly #numbers: readonly Int32Array[];

  constructor({ hosts }: Engines) {
    this.#machines = hosts.map((host) => machineOf(host));
    this.#merged = this.#machines.map((machine) => new MergedFrames(machine.engine));
    this.#numbers = this.#merged.map(({ limit }) => new Int32Array(limit));
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

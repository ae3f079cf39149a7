/**
 * Who maps what is merged: the page tables of all sources, read once and turned round.
 *
 * Everything a report says about merging is counted from this and from the engines' counters; nothing is remembered from
 * the scan. What is noted is noted of stable nodes, of which there are fewer than of pages.
 */
import { machineOf } from '../host/index.ts';
import type { AddressSpace, Host } from '../index.ts';
import { eachResident, MergedFrames, NOT_MERGED } from '../machine/index.ts';
import { ZERO_FRAME } from '../memory/index.ts';
import type { Placed, Scanned } from '../scan/index.ts';

/** A content that pages share. */
export interface Content {
  /** Where it comes first, in the order of sources and addresses: number of the source, and index of the page there. */
  readonly source: number;
  readonly index: number;
  /** Pages that have it. */
  readonly pages: number;
  /** Frames that hold it: more than one where max_page_sharing makes the scanner start another. */
  readonly frames: number;
  /** Pages of memory that sharing it saves. */
  readonly saved: number;
}

export interface Merged {
  /** The contents that save most, best first; of those that save the same, what comes first. */
  readonly best: readonly Content[];
  /** By source: pages that are there. */
  readonly resident: readonly number[];
  /** By source: merged frames whose first page is the source's. */
  readonly shared: readonly number[];
}

/** Reads the page tables of all sources in all engines. `limit`: how many of the best contents are wanted. */
export function readMerged({ engines, placed }: Pick<Scanned, 'engines' | 'placed'>, limit: number): Merged {
  const resident = placed.map(() => 0);
  const shared = placed.map(() => 0);
  const best = new Best(limit);
  for (const [engine, host] of engines.hosts.entries()) {
    const mappings = new Mappings(host);
    for (const [source, from] of placed.entries()) add(resident, source, mappings.read(from, source, engine));
    mappings.finish(shared, best);
  }
  return { best: best.contents, resident, shared };
}

function add(counts: number[], at: number, more: number): void {
  counts[at] = (counts[at] ?? 0) + more;
}

/** Does `one` save more than `other`, or as much and comes before it? */
function isBetter(one: Content, other: Content): boolean {
  if (one.saved !== other.saved) return one.saved > other.saved;
  return one.source < other.source || (one.source === other.source && one.index < other.index);
}

/** The best of many contents. */
class Best {
  readonly contents: Content[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(content: Content): void {
    const last = this.contents[this.#limit - 1];
    if (last !== undefined && !isBetter(content, last)) return;
    const at = this.contents.findIndex((other) => isBetter(content, other));
    this.contents.splice(at < 0 ? this.contents.length : at, 0, content);
    this.contents.length = Math.min(this.contents.length, this.#limit);
  }

  /** Would a content that saves so much be among them, wherever it is? */
  wants(saved: number): boolean {
    const last = this.contents[this.#limit - 1];
    return last === undefined || saved >= last.saved;
  }
}

/** Of one stable node, or of a content: pages that map it, and where the first of them is. */
class Tally {
  readonly pages: Uint32Array;
  readonly source: Uint32Array;
  readonly index: Uint32Array;
  end = 0;

  /** What lies behind `end` is never touched, and takes no memory. */
  constructor(limit: number) {
    this.pages = new Uint32Array(limit);
    this.source = new Uint32Array(limit);
    this.index = new Uint32Array(limit);
  }

  add(at: number, pages: number, source: number, index: number): void {
    const before = this.pages[at] as number;
    const isFirst = before === 0 || source < (this.source[at] as number);
    if (isFirst || (source === this.source[at] && index < (this.index[at] as number))) {
      this.source[at] = source;
      this.index[at] = index;
      this.end = Math.max(this.end, at + 1);
    }
    this.pages[at] = before + pages;
  }
}

/** The mappings of one engine. */
class Mappings {
  readonly #engine: ReturnType<typeof machineOf>['engine'];
  readonly #merged: MergedFrames;
  readonly #nodes: Tally;
  /** Of the zero frame: only use_zero_pages maps it. */
  readonly #zero = new Tally(1);

  constructor(host: Host) {
    this.#engine = machineOf(host).engine;
    this.#merged = new MergedFrames(this.#engine);
    this.#nodes = new Tally(this.#merged.limit);
  }

  /** Notes the pages of a source; how many there are. */
  read(from: Placed, source: number, engine: number): number {
    let resident = 0;
    eachResident(this.#engine, from.spaces[engine] as AddressSpace, (page, frame) => {
      resident++;
      const node = this.#merged.nodeOf(frame);
      if (node !== NOT_MERGED) this.#nodes.add(node, 1, source, from.indexOf(engine, page));
      else if (frame === ZERO_FRAME) this.#zero.add(0, 1, source, from.indexOf(engine, page));
    });
    return resident;
  }

  /** Adds the frames that more than one page maps to those of the source that has the first, and their contents to the best. */
  finish(shared: number[], best: Best): void {
    const { pages, source, index, end } = this.#nodes;
    const contents = new Tally(this.#merged.limit);
    const frames = new Uint32Array(this.#merged.limit);
    for (let node = 0; node < end; node++) {
      if ((pages[node] as number) < 2) continue;
      add(shared, source[node] as number, 1);
      const content = this.#merged.contentOf(node);
      contents.add(content, pages[node] as number, source[node] as number, index[node] as number);
      frames[content] = (frames[content] as number) + 1;
    }
    offer(best, this.#zero, () => 1, 0);
    offer(best, contents, (content) => frames[content] as number, 1);
  }
}

/** Offers the contents: each of their frames is kept, but not if it is there anyway (`kept` 0). */
function offer(best: Best, { pages, source, index, end }: Tally, framesOf: (at: number) => number, kept: number): void {
  for (let at = 0; at < end; at++) {
    if (pages[at] === 0) continue;
    const frames = framesOf(at);
    const saved = (pages[at] as number) - kept * frames;
    if (!best.wants(saved)) continue;
    best.add({ source: source[at] as number, index: index[at] as number, pages: pages[at] as number, frames, saved });
  }
}

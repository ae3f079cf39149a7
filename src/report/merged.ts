/**
 * Who maps what is merged: the page tables of all sources, read once and turned round.
 *
 * Everything a report says about merging is counted from this and from the engines' counters; nothing is remembered from
 * the scan. What is noted is noted of stable nodes, of which there are fewer than of pages.
 */
import { machineOf } from '../host/index.ts';
import type { AddressSpace, Host } from '../index.ts';
import { MergedFrames, NO_FRAME, NOT_MERGED, PageWalk } from '../machine/index.ts';
import { ZERO_FRAME } from '../memory/index.ts';
import { BASE_PAGE, type Placed, type Scanned } from '../scan/index.ts';
import type { Spread } from './interval.ts';
import { Spreads, spreadOfAll } from './spreads.ts';

/** A content that pages share. */
export interface Content {
  /** Where it comes first, in the order of sources and addresses: number of the source, and of the page there. */
  readonly source: number;
  readonly page: number;
  /** Where a sample counts it exactly: the engines have none of its pages. */
  readonly name?: bigint;
  /** Pages that have it. */
  readonly pages: number;
  /** Frames that hold it: more than one where max_page_sharing makes the scanner start another. */
  readonly frames: number;
  /** Pages of memory that sharing it saves. */
  readonly saved: number;
}

export interface Merged {
  /** One after the other: there can be half as many as pages. */
  contents(): Iterable<Content>;
  /** By source: pages that are there. */
  readonly resident: readonly number[];
  /** By source: merged frames whose first page is the source's. */
  readonly shared: readonly number[];
  /** By source, of a sample: how contents differ in what they have of its figures. */
  readonly spreads: readonly MergedSpreads[];
}

/** Of what is merged of a source. */
export interface MergedSpreads {
  readonly shared: Spread;
  readonly sharing: Spread;
}

/** Reads the page tables of all sources in all engines. */
export function readMerged({ engines, placed, sample }: Pick<Scanned, 'engines' | 'placed' | 'sample'>): Merged {
  const isSample = sample !== undefined;
  const each = engines.hosts.map((host, engine) => new Mappings(host, placed, engine, isSample).read());
  const sum = (of: (part: Merged) => readonly number[]): number[] =>
    placed.map((_, source) => each.reduce((total, part) => total + (of(part)[source] ?? 0), 0));
  return {
    *contents() {
      for (const { contents } of each) yield* contents();
    },
    resident: sum(({ resident }) => resident),
    shared: sum(({ shared }) => shared),
    spreads: placed.map((_, source) => together(each.flatMap(({ spreads }) => spreads[source] ?? []))),
  };
}

/** Contents are in one engine, so what they have adds up. */
function together(parts: readonly MergedSpreads[]): MergedSpreads {
  return {
    shared: spreadOfAll(parts.map(({ shared }) => shared)),
    sharing: spreadOfAll(parts.map(({ sharing }) => sharing)),
  };
}

/** Pages that are looked at in one loop. */
const AT_ONCE = 2 ** 13;

/** The mappings of one engine. Its tables are as long as there may be nodes; what no node needs is never touched. */
class Mappings {
  readonly #placed: readonly Placed[];
  readonly #number: number;
  readonly #engine: ReturnType<typeof machineOf>['engine'];
  readonly #merged: MergedFrames;
  /** By node: pages that map its frame, and which page of which source is the first. */
  readonly #pages: Uint32Array;
  readonly #source: Uint32Array;
  readonly #first: Uint32Array;
  readonly #spreads: { shared: Spreads; sharing: Spreads } | undefined;
  readonly #frames = new Int32Array(AT_ONCE);
  readonly #at = new Int32Array(AT_ONCE);
  #nodes = 0;
  #zero: Content | undefined;

  /** Of engine number `number`. */
  constructor(host: Host, placed: readonly Placed[], number: number, isSample: boolean) {
    this.#placed = placed;
    this.#number = number;
    this.#engine = machineOf(host).engine;
    this.#merged = new MergedFrames(this.#engine);
    const { limit } = this.#merged;
    this.#pages = new Uint32Array(limit);
    this.#source = new Uint32Array(limit);
    this.#first = new Uint32Array(limit);
    this.#spreads = isSample ? { shared: new Spreads(limit), sharing: new Spreads(limit) } : undefined;
  }

  read(): Merged {
    const spreads: MergedSpreads[] = [];
    const resident = this.#placed.map((from, source) => {
      const pages = this.#readSource(from, source);
      if (this.#spreads !== undefined)
        spreads.push({ shared: this.#spreads.shared.end(), sharing: this.#spreads.sharing.end() });
      return pages;
    });
    return { contents: () => this.#contents(), resident, shared: this.#shared(), spreads };
  }

  /** How many of its pages are there. Each loop goes over many pages: V8 compiles it sooner than what is called for each. */
  #readSource(from: Placed, source: number): number {
    const walk = new PageWalk(this.#engine, from.spaces[this.#number] as AddressSpace);
    const all = from.countIn(this.#number);
    let resident = 0;
    for (let place = 0; place < all; place += AT_ONCE) {
      const count = Math.min(AT_ONCE, all - place);
      walk.framesFrom(BASE_PAGE + place, this.#frames, count);
      this.#merged.nodesOf(this.#frames, count, this.#at);
      resident += this.#note(source, place, count);
    }
    return resident;
  }

  /** Of `count` pages from `place` on the frames and their nodes are at hand: how many are there. */
  #note(source: number, place: number, count: number): number {
    const [frames, nodes, pages] = [this.#frames, this.#at, this.#pages];
    let [resident, zeros, firstZero] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const node = nodes[i] as number;
      if (frames[i] !== NO_FRAME) resident++;
      if (frames[i] === ZERO_FRAME && zeros++ === 0) firstZero = place + i;
      if (node === NOT_MERGED) continue;
      const before = pages[node] as number;
      pages[node] = before + 1;
      if (before === 0) this.#noteFirst(node, source, place + i);
      this.#spreads?.[before === 0 ? 'shared' : 'sharing'].add(this.#merged.contentOf(node));
    }
    if (zeros > 0) this.#noteZeros(zeros, source, firstZero);
    return resident;
  }

  #noteFirst(node: number, source: number, place: number): void {
    this.#source[node] = source;
    this.#first[node] = place;
    this.#nodes = Math.max(this.#nodes, node + 1);
  }

  #noteZeros(zeros: number, source: number, place: number): void {
    const { pages, ...first } = this.#zero ?? { source, page: this.#pageOf(source, place), pages: 0 };
    this.#zero = { ...first, pages: pages + zeros, frames: 1, saved: pages + zeros };
  }

  /** The source's number of the page that is at `place` in this engine. */
  #pageOf(source: number, place: number): number {
    const from = this.#placed[source] as Placed;
    return from.pages.pageAt(from.indexOf(this.#number, BASE_PAGE + place));
  }

  /** The nodes whose frames more than one page maps. */
  *#sharedNodes(): Generator<number> {
    for (let node = 0; node < this.#nodes; node++) if ((this.#pages[node] as number) > 1) yield node;
  }

  #shared(): number[] {
    const shared = new Uint32Array(this.#placed.length);
    for (let node = 0; node < this.#nodes; node++) {
      const source = this.#source[node] as number;
      if ((this.#pages[node] as number) > 1) shared[source] = (shared[source] as number) + 1;
    }
    return [...shared];
  }

  /** Only contents of several frames are put together: there are few. */
  *#contents(): Generator<Content> {
    if (this.#zero !== undefined) yield this.#zero;
    const chains = new Map<number, Content>();
    for (const node of this.#sharedNodes()) {
      const content = this.#merged.contentOf(node);
      if (content === node) yield this.#of(node);
      else chains.set(content, withFrame(chains.get(content), this.#of(node)));
    }
    yield* chains.values();
  }

  #of(node: number): Content {
    const pages = this.#pages[node] as number;
    const source = this.#source[node] as number;
    return { source, page: this.#pageOf(source, this.#first[node] as number), pages, frames: 1, saved: pages - 1 };
  }
}

/** A content with another frame: it comes first where one of the two does. */
function withFrame(content: Content | undefined, other: Content): Content {
  if (content === undefined) return other;
  const { source, page } = isBefore(content, other) ? content : other;
  return {
    source,
    page,
    pages: content.pages + other.pages,
    frames: content.frames + other.frames,
    saved: content.saved + other.saved,
  };
}

type Place = Pick<Content, 'source' | 'page'>;

/** Does `one` come before `other`, in the order of sources and addresses? */
export function isBefore(one: Place, other: Place): boolean {
  return one.source < other.source || (one.source === other.source && one.page < other.page);
}

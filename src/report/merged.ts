/**
 * Who maps what is merged: the page tables of all sources, read once and turned round.
 *
 * Everything a report says about merging is counted from this and from the engines' counters; nothing is remembered from
 * the scan. What is noted is noted of stable nodes, of which there are fewer than of pages.
 */
import { machineOf } from '../host/index.ts';
import type { Host } from '../index.ts';
import { eachResident, MergedFrames, NOT_MERGED } from '../machine/index.ts';
import { type FrameId, ZERO_FRAME } from '../memory/index.ts';
import type { Placed, Scanned } from '../scan/index.ts';
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
  const each = engines.hosts.map((host, engine) => new Mappings(host, isSample).read(placed, engine));
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

/** The mappings of one engine. Its tables are as long as there may be nodes; what no node needs is never touched. */
class Mappings {
  readonly #engine: ReturnType<typeof machineOf>['engine'];
  readonly #merged: MergedFrames;
  /** By node: pages that map its frame, and where the first is. */
  readonly #pages: Uint32Array;
  readonly #source: Uint32Array;
  readonly #first: Float64Array;
  readonly #spreads: { shared: Spreads; sharing: Spreads } | undefined;
  #nodes = 0;
  #zero: Content | undefined;

  constructor(host: Host, isSample: boolean) {
    this.#engine = machineOf(host).engine;
    this.#merged = new MergedFrames(this.#engine);
    const { limit } = this.#merged;
    this.#pages = new Uint32Array(limit);
    this.#source = new Uint32Array(limit);
    this.#first = new Float64Array(limit);
    this.#spreads = isSample ? { shared: new Spreads(limit), sharing: new Spreads(limit) } : undefined;
  }

  read(placed: readonly Placed[], engine: number): Merged {
    const spreads: MergedSpreads[] = [];
    const resident = placed.map((from, source) => {
      let pages = 0;
      eachResident(this.#engine, from.spaces[engine] as { id: number; mm: number }, (page, frame) => {
        pages++;
        this.#note(frame, source, () => from.pages.pageAt(from.indexOf(engine, page)));
      });
      if (this.#spreads !== undefined)
        spreads.push({ shared: this.#spreads.shared.end(), sharing: this.#spreads.sharing.end() });
      return pages;
    });
    return { contents: () => this.#contents(), resident, shared: this.#shared(placed), spreads };
  }

  #note(frame: FrameId, source: number, numberOf: () => number): void {
    if (frame === ZERO_FRAME) {
      const { pages, ...first } = this.#zero ?? { source, page: numberOf(), pages: 0 };
      this.#zero = { ...first, pages: pages + 1, frames: 1, saved: pages + 1 };
      return;
    }
    const node = this.#merged.nodeOf(frame);
    if (node === NOT_MERGED) return;
    const isFirst = this.#pages[node] === 0;
    if (isFirst) {
      this.#source[node] = source;
      this.#first[node] = numberOf();
      this.#nodes = Math.max(this.#nodes, node + 1);
    }
    this.#pages[node] = (this.#pages[node] as number) + 1;
    this.#spreads?.[isFirst ? 'shared' : 'sharing'].add(this.#merged.contentOf(node));
  }

  /** The nodes whose frames more than one page maps. */
  *#sharedNodes(): Generator<number> {
    for (let node = 0; node < this.#nodes; node++) if ((this.#pages[node] as number) > 1) yield node;
  }

  #shared(placed: readonly Placed[]): number[] {
    const shared = placed.map(() => 0);
    for (const node of this.#sharedNodes()) {
      const source = this.#source[node] as number;
      shared[source] = (shared[source] as number) + 1;
    }
    return shared;
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
    return {
      source: this.#source[node] as number,
      page: this.#first[node] as number,
      pages,
      frames: 1,
      saved: pages - 1,
    };
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

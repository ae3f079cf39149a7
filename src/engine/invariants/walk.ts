/**
 * What the walker has learnt so far. Checks run in a fixed order; each fills in what it finds, and may rely on what
 * those before it have checked and found. Words are read from typed arrays; nothing that was never used is read.
 */
import * as layout from '../../../assembly/layout/index.ts';
import { compareContents } from '../../memory/index.ts';
import type { Engine } from '../engine.ts';
import { type Arena, numberOf, openArena } from './arena.ts';
import { type Frames, openFrames } from './frames.ts';

/** One mm in use. */
export interface Mm {
  readonly number: number;
  readonly address: number;
  readonly flags: number;
  /** That of its mappings that have none of their own. */
  readonly domain: number;
  /** Its vmas (addresses) and leaves (numbers), by page. */
  readonly vmas: number[];
  readonly leaves: number[];
  /** Found: vmas that map it, rmap items, STABLE ones among them, ptes to which KSM put the zero frame. */
  refs: number;
  items: number;
  merging: number;
  zeroPages: number;
}

export class Walk {
  readonly engine: Engine;
  readonly words: Uint32Array;
  readonly mms: Arena;
  readonly vmas: Arena;
  readonly tables: Arena;
  readonly leaves: Arena;
  readonly nodes: Arena;
  readonly frames: Frames;
  /** Bases of the arrays that entries index. */
  readonly ptes: number;
  readonly states: number;
  readonly items: number;
  /** Base of the records beside the stable nodes. */
  readonly rooms: number;
  readonly isHashOrder: boolean;
  readonly isBetweenPasses: boolean;
  readonly mergesAcrossNodes: boolean;
  readonly tracksDirty: boolean;
  /** STATE_SEQ of an item that is in the unstable tree of this pass. */
  readonly seq: number;
  /** By number; undefined for a free record. */
  readonly mmByNumber: (Mm | undefined)[] = [];
  /** 1 for entries whose item was met in a tree or list. */
  readonly linked: Uint8Array;
  /** Stable nodes without a frame that merging has not heard of. */
  readonly lost: Set<number> = new Set();
  /** Items by state. */
  stable = 0;
  unstable = 0;
  /** UNSTABLE items that are tree nodes. */
  treeItems = 0;
  /** Stable nodes by kind, and their items. */
  sharedNodes = 0;
  sharingItems = 0;
  chains = 0;
  dups = 0;
  /** Pins for DMA. */
  dmaPins = 0;

  constructor(engine: Engine) {
    this.engine = engine;
    this.words = engine.words;
    this.mms = openArena(engine, 'mm', layout.REGION_MMS);
    this.vmas = openArena(engine, 'vma', layout.REGION_VMAS);
    this.tables = openArena(engine, 'table', layout.REGION_TABLES);
    this.leaves = openArena(engine, 'leaf', layout.REGION_LEAVES);
    this.nodes = openArena(engine, 'stable node', layout.REGION_NODES);
    this.frames = openFrames(engine);
    this.ptes = engine.u32(layout.H_PTES);
    this.states = engine.u32(layout.H_STATES);
    this.items = engine.u32(layout.H_ITEMS);
    this.rooms = engine.u32(layout.H_ROOMS);
    this.isHashOrder = engine.u32(layout.H_INDEX) === layout.INDEX_HASH;
    this.isBetweenPasses = engine.u32(layout.LINUX_SLOT) === layout.SLOTS;
    this.mergesAcrossNodes = engine.u32(layout.H_MERGE_ACROSS_NODES) !== 0;
    const isInBatch = engine.u32(layout.LINUX_BUSY) !== 0; // pages in its windows are clean, but not decided on yet
    this.tracksDirty = engine.u32(layout.H_DIRTY_TRACKING) !== layout.DIRTY_OFF && !isInBatch;
    this.seq = engine.u32(layout.H_FULL_SCANS) & layout.STATE_SEQ;
    this.linked = new Uint8Array(this.leaves.fresh * layout.TABLE_ENTRIES);
  }

  /** The word at `address`. */
  u32(address: number): number {
    return this.words[address >>> 2] as number;
  }

  /** The mms in use. */
  *liveMms(): Generator<Mm> {
    for (const mm of this.mmByNumber) {
      if (mm !== undefined) yield mm;
    }
  }

  /** The mm in use at `address`. */
  mmAt(address: number): Mm | undefined {
    return this.mmByNumber[numberOf(this.mms, address)];
  }

  /** Checksum of the page in `frame`: the one thing that the engine is asked. */
  checksumOf(frame: number): number {
    return this.engine.call.pageChecksum(frame) >>> 0;
  }

  /** Order of two pages as the engine has it: as memcmp, or that of their names. */
  compare(frame: number, other: number): number {
    const { engine } = this;
    const { frames } = engine;
    if (frames.areNames) {
      const [name, otherName] = [frame, other].map((each) => engine.bigU64(frames.placeOf(each))) as [bigint, bigint];
      return name === otherName ? 0 : name < otherName ? -1 : 1;
    }
    return compareContents(this.words, frames.placeOf(frame), frames.placeOf(other));
  }

  stateOf(entry: number): number {
    return this.u32(this.states + entry * 4);
  }

  /** Address of an entry's rmap item. */
  itemOf(entry: number): number {
    return this.items + entry * layout.ITEM_BYTES;
  }

  /** Entry of the rmap item at `address`; -1 if there is none, or its leaf is not in use. */
  entryOf(address: number): number {
    const entry = (address - this.items) / layout.ITEM_BYTES;
    if (!Number.isInteger(entry)) return -1;
    const leaf = Math.floor(entry / layout.TABLE_ENTRIES);
    return numberOf(this.leaves, this.leaves.base + leaf * layout.LEAF_BYTES) === -1 ? -1 : entry;
  }

  /** Domain of the page of an entry whose leaf is in use. */
  domainOf(entry: number): number {
    const leaf = this.leaves.base + Math.floor(entry / layout.TABLE_ENTRIES) * layout.LEAF_BYTES;
    const page = this.u32(leaf + layout.LEAF_PAGE) + (entry % layout.TABLE_ENTRIES);
    const mm = this.mmAt(this.u32(leaf + layout.LEAF_MM)) as Mm;
    const vma = mm.vmas.find((each) => page < this.u32(each + layout.VMA_END)) ?? 0;
    const own = page >= this.u32(vma + layout.VMA_START) ? this.u32(vma + layout.VMA_DOMAIN) : 0;
    return own === 0 ? mm.domain : own - 1;
  }

  /** "mm M, page P" of an entry whose leaf is in use. */
  whereIs(entry: number): string {
    const leaf = this.leaves.base + Math.floor(entry / layout.TABLE_ENTRIES) * layout.LEAF_BYTES;
    const page = this.u32(leaf + layout.LEAF_PAGE) + (entry % layout.TABLE_ENTRIES);
    return `mm ${numberOf(this.mms, this.u32(leaf + layout.LEAF_MM))}, page ${page}`;
  }

  /** "node N" of the stable node at `address`. */
  nameOf(node: number): string {
    return `node ${(node - this.nodes.base) / layout.NODE_BYTES}`;
  }
}

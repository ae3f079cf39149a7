/**
 * The copy that a snapshot is made of while it grows: the memory before the frames, empty at first, and which frames are wanted. Frames of
 * bytes are not copied twice; names lie so close that they are part of the copy. Words of the original are not trusted: a record that they
 * name may not be there.
 */
import { type Engine, layout, regionOf } from '../engine/index.ts';
import { compareContents } from '../memory/index.ts';

/** Records of one kind that were ever used. */
export interface Arena {
  readonly base: number;
  /** Behind the last of them. */
  readonly end: number;
  /** Size of a record. */
  readonly bytes: number;
  /** The free one that is handed out next, or 0. */
  readonly free: number;
}

export class LiveMemory {
  /** The original, as words. */
  readonly original: Uint32Array;
  /** The copy: up to the first frame of bytes, or in whole pages up to the last name. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** By frame: 1 if its content is somebody's. */
  readonly frames: Uint8Array;
  readonly areNames: boolean;
  readonly mms: Arena;
  readonly vmas: Arena;
  readonly tables: Arena;
  readonly leaves: Arena;
  readonly nodes: Arena;
  readonly isHashOrder: boolean;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.original = engine.words;
    this.areNames = engine.frames.areNames;
    this.words = new Uint32Array(this.#copyEnd() / 4);
    this.frames = new Uint8Array(engine.frames.count);
    this.mms = this.#arena(layout.REGION_MMS);
    this.vmas = this.#arena(layout.REGION_VMAS);
    this.tables = this.#arena(layout.REGION_TABLES);
    this.leaves = this.#arena(layout.REGION_LEAVES);
    this.nodes = this.#arena(layout.REGION_NODES);
    this.isHashOrder = engine.u32(layout.H_INDEX) === layout.INDEX_HASH;
  }

  #copyEnd(): number {
    if (!this.areNames) return this.u32(layout.H_FRAMES);
    return Math.ceil(this.u32(layout.H_FRAMES_END) / layout.PAGE_SIZE) * layout.PAGE_SIZE;
  }

  /** Is page number `page` of the memory, which lies behind the copy, a frame that is wanted? */
  isWantedFrame(page: number): boolean {
    return !this.areNames && this.frames[page - (this.words.length * 4) / layout.PAGE_SIZE] === 1;
  }

  /** Copies the names of the wanted frames, each whole: a guest of another thread may be writing one. */
  takeNames(): void {
    if (!this.areNames) return;
    const names = new BigUint64Array(this.original.buffer);
    const copy = new BigUint64Array(this.words.buffer);
    for (let frame = 0; frame < this.frames.length; frame++) {
      const at = this.#engine.frames.placeOf(frame) / 8;
      if (this.frames[frame] === 1) copy[at] = Atomics.load(names, at);
    }
  }

  /** Of a region with a free list. */
  #arena(region: number): Arena {
    const list = layout.regionFreeList(region);
    const { base, bytes } = regionOf(this, region);
    return {
      base,
      bytes,
      end: base + this.u32(list + layout.FREE_FRESH) * bytes,
      free: this.u32(list + layout.FREE_FIRST),
    };
  }

  /** A word of the original. */
  u32(address: number): number {
    return this.original[address >>> 2] ?? 0;
  }

  /** A word of the copy, which may have been changed since it was taken. */
  taken(address: number): number {
    return this.words[address >>> 2] ?? 0;
  }

  set(address: number, value: number): void {
    this.words[address >>> 2] = value;
  }

  /** Copies what lies from one address up to another. */
  take(from: number, to: number): void {
    for (let word = from >>> 2; word < to >>> 2; word++) this.words[word] = this.original[word] as number;
  }

  /** Copies the words that a column has for `count` records from number `first` on, if it is there. */
  takeColumn(region: number, first: number, count: number = 1): void {
    const { base, records } = regionOf(this, region);
    if (records !== 0) this.take(base + first * 4, base + (first + count) * 4);
  }

  /** Copies the links of a free list, and nothing else of the records on it. */
  takeFreeLinks(arena: Arena): void {
    let record = arena.free;
    for (let left = numberOf(arena, arena.end); left > 0 && isRecord(arena, record); left--) {
      this.take(record, record + 4);
      record = this.u32(record);
    }
  }

  /** Order of the pages in two frames, as memcmp has it. */
  compare(frame: number, other: number): number {
    const { frames } = this.#engine;
    return compareContents(this.original, frames.placeOf(frame), frames.placeOf(other));
  }

  /** Address of the stable node that the word of a KSM frame names, or 0 if there is none. */
  nodeOf(word: number): number {
    const node = (word & layout.FRAME_KEEPER_MASK) * 2 ** layout.FRAME_KEEPER_SHIFT;
    return isRecord(this.nodes, node) ? node : 0;
  }
}

export function numberOf({ base, bytes }: Arena, address: number): number {
  return (address - base) / bytes;
}

export function isRecord(arena: Arena, address: number): boolean {
  return address >= arena.base && address < arena.end && Number.isInteger(numberOf(arena, address));
}

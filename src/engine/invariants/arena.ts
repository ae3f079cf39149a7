/** Arenas as the walker sees them: which records are free, and which it has met on its way. */
import * as layout from '../../../assembly/layout/index.ts';
import type { Engine } from '../engine.ts';
import { regionOf } from '../regions.ts';
import { broken } from './rules.ts';

/** What the walker knows of a record or frame. */
export const UNSEEN = 0;
export const FREE = 1;
export const MET = 2;

export interface Arena {
  /** What a record is. */
  readonly kind: string;
  readonly base: number;
  /** Size of a record. */
  readonly bytes: number;
  /** Number of the first record: 1 for leaves. */
  readonly first: number;
  /** Records from this number on were never used and are never looked at. */
  readonly fresh: number;
  /** UNSEEN, FREE or MET, by record number. */
  readonly marks: Uint8Array;
}

/** Walks the free list of region number `region`, which has one. */
export function openArena(engine: Engine, kind: string, region: number): Arena {
  const list = layout.regionFreeList(region);
  const first = kind === 'leaf' ? 1 : 0;
  const fresh = engine.u32(list + layout.FREE_FRESH);
  const { base, records, bytes } = regionOf(engine, region);
  if (fresh < first || fresh > records) {
    broken('arena.fresh', `${fresh} of ${records} records of kind ${kind} were used`);
  }
  const arena: Arena = { kind, base, bytes, first, fresh, marks: new Uint8Array(fresh) };
  let free = 0;
  for (let record = engine.u32(list + layout.FREE_FIRST); record !== 0; record = engine.u32(record)) {
    const number = numberOf(arena, record);
    if (number === -1) broken('arena.free-list', `address ${record} is in the free list, but no ${kind} not yet met`);
    arena.marks[number] = FREE;
    free++;
  }
  const used = engine.u32(list + layout.FREE_USED);
  if (used + free !== fresh - first) {
    broken('arena.used', `${kind}: ${used} records in use and ${free} free, of ${fresh - first} ever used`);
  }
  return arena;
}

/** Number of the record in use at `address`; -1 if there is none. */
export function numberOf(arena: Arena, address: number): number {
  const number = (address - arena.base) / arena.bytes;
  const isRecord = Number.isInteger(number) && number >= arena.first && number < arena.fresh;
  return isRecord && arena.marks[number] !== FREE ? number : -1;
}

/** Notes that `address`, found in `holder` number `at`, is the place of a record. Returns the record's number. */
export function meet(arena: Arena, address: number, holder: string, at: number): number {
  const number = numberOf(arena, address);
  if (number === -1) {
    broken('link.record', `${holder} ${at} names address ${address}, where no ${arena.kind} is in use`);
  }
  if (arena.marks[number] === MET) broken('link.once', `${holder} ${at} names ${arena.kind} ${number}, met before`);
  arena.marks[number] = MET;
  return number;
}

/** To be called when everything was walked. */
export function checkAllMet(arena: Arena): void {
  const number = arena.marks.indexOf(UNSEEN, arena.first);
  if (number !== -1) broken('arena.lost', `${arena.kind} ${number} is in use, but nothing leads to it`);
}

/**
 * What a budget of memory is enough for: how many pages can be held, on how many engines, and how many copies of pages.
 *
 * A budget bounds what the process takes beyond Node.js itself. Costs are resident memory as it was measured (npm run bench -- sizes), of
 * the page that costs most: one of two of a content that is merged.
 */
import os from 'node:os';
import { PAGE_BYTES } from '../image/index.ts';
import { MEMORY_BYTES_MAX, UNIT_BYTES } from '../memory/index.ts';
import { BUCKETS } from './dealt.ts';

/** What the program takes, however few pages there are: mostly what JavaScript leaves behind until it is collected. */
const PROGRAM_BYTES = 40 * 2 ** 20;
/** It is less where there is little: of the budget, at most so much. */
const PROGRAM_SHARE = 0.4;
/** A source's page tables and process, and its ranges and runs. */
const SOURCE_COST = 2 ** 14;
/** In the engine; besides, until then, for the name, and half of a stable node and of its numbers for the comparison and the report. */
const ENGINE_COST = 50;
const PAGE_COST: number = ENGINE_COST + 36;
/** Besides, a page of a sample is a run of its own: 12 bytes, and as many while the list grows. */
const SAMPLED_PAGE_COST: number = PAGE_COST + 32;
/** Of the budget: left for copies of pages, whatever else there is. */
const COPIES_SHARE = 1 / 8;
/** However small the budget is, so much is looked at. */
const LEAST_PAGES = 2 ** 12;
const LEAST_COPIES = 64;
/** As many as a WebAssembly memory has room for, beside the window. */
const MOST_COPIES = 2 ** 20 - 2 ** 11;

/**
 * Bytes of engine memory for a page: its name, frame word and pin count, what a page table entry has, a root for two to four frames, and a
 * stable node, if all of them should be merged. Only what is used is ever touched: some 45 bytes of a page that nobody shares.
 */
const ENGINE_PAGE_BYTES = 136;
/** For the header and the first page tables; and for each source, whose page tables may be used little: 42,000 bytes of 2,000 sources. */
const ENGINE_BYTES = 2 ** 22;
const ENGINE_SOURCE_BYTES = 48 * 2 ** 10;

/** How many pages a scan may hold. */
export interface Room {
  /** All of them, if there are no more than so many. */
  readonly whole: number;
  /** Of a sample. */
  readonly sampled: number;
}

/** Half of what is free. */
export function defaultBudget(): number {
  return os.freemem() / 2;
}

function programBytes(budget: number): number {
  return Math.min(PROGRAM_BYTES, budget * PROGRAM_SHARE);
}

/** The pages that `budget` bytes are enough for. */
export function roomIn(budget: number, sources: number): Room {
  const forPages = budget * (1 - COPIES_SHARE) - programBytes(budget) - sources * SOURCE_COST;
  return {
    whole: Math.max(LEAST_PAGES, Math.floor(forPages / PAGE_COST)),
    sampled: Math.max(LEAST_PAGES, Math.floor(forPages / SAMPLED_PAGE_COST)),
  };
}

/** Copies of pages that `budget` leaves room for, beside engines with `pages` pages. */
export function copiesIn(budget: number, pages: number): number {
  const least = Math.max(LEAST_COPIES, Math.floor((budget * COPIES_SHARE) / PAGE_BYTES));
  const left = Math.floor((budget - programBytes(budget) - pages * PAGE_COST) / PAGE_BYTES);
  return Math.min(MOST_COPIES, Math.max(least, left));
}

/** Bytes of memory for an engine that has so many pages of so many sources. */
export function engineBytes(pages: number, sources: number): number {
  const all = ENGINE_BYTES + sources * ENGINE_SOURCE_BYTES + pages * ENGINE_PAGE_BYTES;
  return Math.min(Math.ceil(all / UNIT_BYTES) * UNIT_BYTES, MEMORY_BYTES_MAX);
}

/** Pages that an engine has address space for: some 120 GiB of what is scanned. */
export function mostPages(sources: number): number {
  return Math.floor((MEMORY_BYTES_MAX - ENGINE_BYTES - sources * ENGINE_SOURCE_BYTES) / ENGINE_PAGE_BYTES);
}

/**
 * The engine of each bucket: neighbours go to one engine until it has `most` pages. `tally`: pages by bucket. `least`: engines that there
 * are to be all the same, a power of two. Undefined if a bucket has more pages than an engine.
 */
export function engineOfBuckets(tally: Uint32Array, most: number, least: number): Uint8Array | undefined {
  const engines = new Uint8Array(BUCKETS);
  let [engine, pages] = [0, 0];
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const some = tally[bucket] as number;
    if (some > most) return undefined;
    const isPart = bucket > 0 && bucket % (BUCKETS / least) === 0;
    if (isPart || pages + some > most) [engine, pages] = [engine + 1, 0];
    engines[bucket] = engine;
    pages += some;
  }
  return engines;
}

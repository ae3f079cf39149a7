/**
 * Fills a host with sources: each becomes one address space, each of its ranges one mergeable mapping.
 *
 * Every page is written as it is read, pages of zeros too, since they take memory in the source as well. If the pages are
 * more than the engine has frames, the scanner merges what is in whenever it is full, and loading goes on with the
 * frames that this frees.
 */
import { PAGE_SIZE, TABLE_ENTRIES } from '../../assembly/layout/index.ts';
import { KsmError } from '../errors.ts';
import type { PageRange, PageSource } from '../image/index.ts';
import type { AddressSpace, Host } from '../index.ts';
import { bytes, count, type LoadedSource, plural } from '../report/index.ts';
import type { Passes } from './passes.ts';
import type { Progress } from './progress.ts';

/** Where page 0 of a source lies in its address space: at the start of a page table, not at address 0. */
const BASE_PAGE = TABLE_ENTRIES;
/** Making room that frees less than this part of all frames is not worth going on: every pass reads everything. */
const WORTHWHILE = 1 / 64;
/** Pages that all address spaces of a host can have together: 512 GiB. */
const MOST_PAGES = 2 ** 27;

export interface Loading {
  readonly sources: LoadedSource[];
  readonly wall_s: number;
  readonly bytes: number;
}

/**
 * Limits of a host that has room for the page tables of these sources. Frames are another matter: see `memory`. Throws EFBIG where
 * no host has room for them.
 */
export function hostLimits(sources: readonly PageSource[]): { pages: number; processes: number; vmas: number } {
  const tables = sources.reduce((total, { ranges }) => total + pageTables(ranges), 0);
  const ranges = sources.reduce((total, source) => total + source.ranges.length, 0);
  const pages = Math.max(tables, 1) * TABLE_ENTRIES;
  if (pages > MOST_PAGES) {
    const [most, asked] = [MOST_PAGES, pages].map((n) => bytes(n * PAGE_SIZE));
    throw new KsmError(
      'EFBIG',
      `what is to be scanned takes ${asked} of address space, and the engine has ${most}: scan less at a time`,
    );
  }
  return { pages, processes: sources.length + 1, vmas: ranges + 64 };
}

/** Page tables that ranges, in ascending order, take: neighbours may share one. */
function pageTables(ranges: readonly PageRange[]): number {
  let tables = 0;
  let free = 0;
  for (const { page, pages } of ranges) {
    const first = Math.max(Math.floor(page / TABLE_ENTRIES), free);
    const end = Math.ceil((page + pages) / TABLE_ENTRIES);
    tables += Math.max(end - first, 0);
    free = Math.max(end, free);
  }
  return tables;
}

/** Loads sources into one host, one after the other. */
export class Loader {
  readonly #host: Host;
  readonly #passes: Passes;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  #loaded = 0;
  #whole = 0;

  constructor(host: Host, passes: Passes, progress: Progress, signal: AbortSignal) {
    this.#host = host;
    this.#passes = passes;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Loads them all. Throws ENOMEM if they do not fit, even merged. The time does not count the passes in between. */
  async load(sources: readonly PageSource[]): Promise<Loading> {
    const start = performance.now();
    const scanned = this.#scanTime();
    this.#whole = sources.reduce((total, { pages }) => total + pages, 0);
    const loaded: LoadedSource[] = [];
    for (const source of sources) {
      const space = this.#map(source);
      loaded.push({ name: source.name, kind: source.kind, space, locate: (address) => locate(source.ranges, address) });
      for await (const chunk of source.read(this.#signal)) {
        await this.#write(space, (BASE_PAGE + chunk.page) * PAGE_SIZE, chunk.bytes);
        this.#progress.show(`loading ${source.name}`, this.#loaded, this.#whole);
        this.#signal.throwIfAborted();
      }
    }
    const wall_s = (performance.now() - start) / 1000 - (this.#scanTime() - scanned);
    return { sources: loaded, wall_s, bytes: this.#loaded * PAGE_SIZE };
  }

  #map(source: PageSource): AddressSpace {
    const space = this.#host.spawn();
    for (const { page, pages } of source.ranges) {
      const address = space.mmap((BASE_PAGE + page) * PAGE_SIZE, pages * PAGE_SIZE);
      space.madvise(address, pages * PAGE_SIZE, 'MERGEABLE');
    }
    return space;
  }

  /** Writes whole pages, as many at a time as there are frames. */
  async #write(space: AddressSpace, address: number, data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length; ) {
      if (this.#freeFrames() === 0) await this.#makeRoom();
      const piece = data.subarray(done, done + this.#freeFrames() * PAGE_SIZE);
      space.write(address + done, piece);
      done += piece.length;
      this.#loaded += piece.length / PAGE_SIZE;
    }
  }

  async #makeRoom(): Promise<void> {
    await this.#passes.settle(true);
    const left = this.#whole - this.#loaded;
    const frames = this.#host.limits.frames;
    if (this.#freeFrames() >= Math.min(left, Math.ceil(frames * WORTHWHILE))) return;
    throw new KsmError(
      'ENOMEM',
      `the engine's memory is full: ${count(this.#loaded)} of ${plural(this.#whole, 'page')} are in ` +
        `(${bytes(this.#loaded * PAGE_SIZE)}), and merging them freed too few of the ${plural(frames, 'frame')}. ` +
        'Give it more with --memory SIZE (at most 4G), or scan less at a time.',
    );
  }

  #freeFrames(): number {
    return this.#host.limits.frames - this.#host.usage().frames;
  }

  #scanTime(): number {
    return this.#passes.done.reduce((total, { wall_s }) => total + wall_s, 0);
  }
}

/** The range that an address of the space belongs to, and where the source has it. */
function locate(ranges: readonly PageRange[], address: number): { label: string; address: bigint } {
  const page = address / PAGE_SIZE - BASE_PAGE;
  const range = ranges.find((one) => page >= one.page && page < one.page + one.pages);
  if (range === undefined) return { label: '', address: BigInt(address) };
  return { label: range.label, address: range.address + BigInt(page - range.page) * BigInt(PAGE_SIZE) };
}

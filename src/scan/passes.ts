/**
 * Runs the scanner pass by pass, measures each, and knows when another would change nothing.
 *
 * The scanner is synchronous, so it works in slices: between two of them the progress line moves and Ctrl-C is heard.
 * Its clock, by which it decides when to prune a chain, is not the wall clock but the time that ksmd would have taken at
 * the pace of pages_to_scan and sleep_millisecs: so the same scan gives the same report, however fast the machine is.
 */
import process from 'node:process';
import type { Counters, Host } from '../index.ts';
import type { Engines } from './engines.ts';
import type { Watch } from './watch.ts';

/** What one pass of the scanner over all sources did. */
export interface Pass extends Counters {
  /** Number of the pass, from 1. */
  readonly pass: number;
  /** Run while the sources were still being loaded, to make room. */
  readonly loading: boolean;
  /** Time spent scanning in this pass. */
  readonly wall_s: number;
  /** CPU time of this process (all threads, user and system) in that time. */
  readonly cpu_s: number;
  /** Pages this pass looked at (the kernel's own counter never starts again; this is its growth). */
  readonly pages_scanned: number;
  /** Pages that smart scan passed over in this pass (growth, too). */
  readonly pages_skipped: number;
  readonly pages_per_s: number;
}

/** Pages between two looks at the signal: some milliseconds. */
const SLICE_PAGES = 16_384;
/** Passes after which settle() gives up. Memory at rest settles in three or four. */
const SETTLE_PASSES = 64;
/** Smart scan passes over a page at most 8 times in a row, so after 9 passes each page has had its turn. */
const SKIP_CYCLE = 9;

/** What a pass can change about merging. */
const MERGED = ['pages_shared', 'pages_sharing', 'ksm_zero_pages'] as const;
const TRACKED = [...MERGED, 'pages_unshared', 'pages_volatile'] as const;

export class Passes {
  readonly done: Pass[] = [];
  /** The last pass changed nothing. */
  settled = false;
  readonly #engines: Engines;
  readonly #watch: Watch;
  readonly #before: () => void;
  #clock = 0;
  /** Passes in a row after which the same pages were merged as before. */
  #quiet = 0;

  /** `before` is called before each pass. */
  constructor(engines: Engines, watch: Watch, before: () => void = () => {}) {
    this.#engines = engines;
    this.#watch = watch;
    this.#before = before;
  }

  /** Runs passes until one changes nothing; `settled` tells whether it came to that. */
  async settle(loading: boolean): Promise<void> {
    for (let i = 0; i < SETTLE_PASSES; i++) {
      await this.pass(loading);
      if (this.settled) return;
    }
  }

  /** Runs one pass over everything. */
  async pass(loading: boolean): Promise<void> {
    this.#before();
    const before = this.#engines.counters();
    const spent = { wall: 0, cpu: 0, scanned: 0 };
    for (const host of this.#engines.hosts) await this.#scan(host, loading, spent);
    const after = this.#engines.counters();
    const skipped = after.pages_skipped - before.pages_skipped;
    this.#judge(before, after, skipped);
    this.done.push({
      pass: this.done.length + 1,
      loading,
      wall_s: spent.wall,
      cpu_s: spent.cpu,
      ...after,
      pages_scanned: spent.scanned,
      pages_skipped: skipped,
      pages_per_s: spent.wall > 0 ? spent.scanned / spent.wall : 0,
    });
  }

  /** One engine's part of a pass. */
  async #scan({ ksm }: Host, loading: boolean, spent: { wall: number; cpu: number; scanned: number }): Promise<void> {
    const label = `${loading ? 'making room: ' : ''}pass ${this.done.length + 1}`;
    const whole = this.#engines.pages;
    for (let ended = false; !ended; ) {
      const wall = performance.now();
      const cpu = process.cpuUsage();
      const slice = ksm.scan(SLICE_PAGES, { now: Math.floor(this.#clock) });
      const { user, system } = process.cpuUsage(cpu);
      spent.wall += (performance.now() - wall) / 1000;
      spent.cpu += (user + system) / 1e6;
      spent.scanned += slice.pages_scanned;
      this.#clock += this.#ksmdMilliseconds(slice.pages_scanned);
      // Where nothing is mapped the kernel's scanner returns at once and no pass ever ends.
      ended = slice.passEnded || slice.pages_scanned === 0;
      await this.#watch.look(label, spent.scanned, whole);
    }
  }

  /**
   * A pass that leaves every counter as it was would do so again. Not so where smart scan passed over pages: those count
   * as volatile now and as unshared later, so there it takes a whole cycle of skips in which nothing was merged.
   */
  #judge(before: Counters, after: Counters, skipped: number): void {
    const same = (counters: readonly (keyof Counters)[]): boolean =>
      counters.every((name) => before[name] === after[name]);
    this.#quiet = same(MERGED) ? this.#quiet + 1 : 0;
    this.settled = skipped === 0 ? same(TRACKED) : this.#quiet >= SKIP_CYCLE;
  }

  #ksmdMilliseconds(pages: number): number {
    const { pages_to_scan, sleep_millisecs } = this.#engines.first.ksm.settings;
    return (pages / Math.max(pages_to_scan, 1)) * sleep_millisecs;
  }
}

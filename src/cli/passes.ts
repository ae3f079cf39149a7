/**
 * Runs the scanner pass by pass, measures each, and knows when another would change nothing.
 *
 * The scanner is synchronous, so it works in slices: between two of them the progress line moves and Ctrl-C is heard.
 * Its clock, by which it decides when to prune a chain, is not the wall clock but the time that ksmd would have taken at
 * the pace of pages_to_scan and sleep_millisecs: so the same scan gives the same report, however fast the machine is.
 */
import process from 'node:process';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Counters, Host } from '../index.ts';
import type { PassReport } from '../report/index.ts';
import type { Progress } from './progress.ts';

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
  readonly done: PassReport[] = [];
  /** The last pass changed nothing. */
  settled = false;
  readonly #host: Host;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  #clock = 0;
  /** Passes in a row after which the same pages were merged as before. */
  #quiet = 0;

  constructor(host: Host, progress: Progress, signal: AbortSignal) {
    this.#host = host;
    this.#progress = progress;
    this.#signal = signal;
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
    const { ksm } = this.#host;
    const before = ksm.counters();
    const whole = this.#host.usage().pages;
    const label = `${loading ? 'making room: ' : ''}pass ${this.done.length + 1}`;
    let wall = 0;
    let cpu = 0;
    let scanned = 0;
    for (let ended = false; !ended; ) {
      const wallStart = performance.now();
      const cpuStart = process.cpuUsage();
      const slice = ksm.scan(SLICE_PAGES, { now: Math.floor(this.#clock) });
      const { user, system } = process.cpuUsage(cpuStart);
      wall += (performance.now() - wallStart) / 1000;
      cpu += (user + system) / 1e6;
      scanned += slice.pages_scanned;
      this.#clock += this.#ksmdMilliseconds(slice.pages_scanned);
      // Where nothing is mapped the kernel's scanner returns at once and no pass ever ends.
      ended = slice.passEnded || slice.pages_scanned === 0;
      this.#progress.show(label, scanned, whole);
      await breathe();
      this.#signal.throwIfAborted();
    }
    const after = ksm.counters();
    const skipped = after.pages_skipped - before.pages_skipped;
    this.#judge(before, after, skipped);
    this.done.push({
      pass: this.done.length + 1,
      loading,
      wall_s: wall,
      cpu_s: cpu,
      ...after,
      pages_scanned: scanned,
      pages_skipped: skipped,
      pages_per_s: wall > 0 ? scanned / wall : 0,
    });
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
    const { pages_to_scan, sleep_millisecs } = this.#host.ksm.settings;
    return (pages / Math.max(pages_to_scan, 1)) * sleep_millisecs;
  }
}

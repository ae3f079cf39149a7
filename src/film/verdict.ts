/** What a film says: how much of what is alike stays as it is, and so what ksmd would keep of it at a pace. */
import type { Seen } from './film.ts';
import { copiesPerSecond, keptAt, keptBounds, mergeDelay, RANDOM_PLACE, smartBounds } from './kept.ts';
import { type Pace, passSeconds, smartPassSeconds } from './pace.ts';
import type { Bounds, RestPoint } from './survival.ts';

/**
 * Plain data. Pages are counted as KSM's pages_sharing and ksm_zero_pages do: those of each content but one. Only `parted_pages` are
 * counted each. Times are seconds.
 */
export interface FilmReport {
  readonly reads: number;
  /** When each read began. */
  readonly times_s: readonly number[];
  /** The longest read. */
  readonly read_took_s: number;
  /** Of ksmd, over all sources. Null: it would never end one. */
  readonly pass_s: number | null;
  readonly pass_is: 'measured' | 'computed';
  /** From a write to a merge, wherever the partner is; null as `pass_s`. */
  readonly merge_delay_s: Bounds | null;
  /** Alike at the last read. */
  readonly alike_pages: number;
  /** What had been as it was for a time, by ascending time. */
  readonly rest: readonly RestPoint[];
  /** Alike at the last read, and not at rest for the whole film. */
  readonly together_pages: number;
  /** Alike at the first read and not at the last. */
  readonly parted_pages: number;
  readonly copies_per_s: number;
  /** What the pages at rest are of what ksmd would keep: too much to say, all of it, or the least of it. */
  readonly bound: 'at most' | 'kept' | 'interval';
}

/** What stands beside it. */
export interface FilmKept {
  /** Between so many pages ksmd would keep, as smart_scan is set; without smart scan. */
  readonly pages: Bounds;
  readonly without_smart_scan: Bounds;
  /** The mean between those, if partners lie anywhere; without smart scan. */
  readonly estimate: number;
  readonly smart_scan: boolean;
  /** Of the pages that change together: between what shares of the time they would be merged, without smart scan. */
  readonly together_share: Bounds;
  /** What is alike at the last read is below the first by two percent or more. */
  readonly falling: boolean;
}

export interface Verdict {
  readonly film: FilmReport;
  readonly kept: FilmKept;
}

const FALLING = 0.98;

/** `pages`: all that ksmd would look at. `measured`: seconds of a pass, if it was measured. */
export function verdictOf(seen: Seen, pages: number, pace: Pace, measured: number | undefined): Verdict {
  const [whole, short] = [passSeconds(pages, pace), smartPassSeconds(pages, seen.atRest, pace)];
  // A pass that was measured is one as ksmd makes them: a shorter one with smart scan.
  const slower = measured === undefined || !Number.isFinite(whole) ? 1 : measured / (pace.smart_scan ? short : whole);
  const pass = whole * slower;
  const without = keptBounds(seen.saved, pass);
  const atRest = { all: seen.atRest, many: seen.manyAtRest };
  const kept = pace.smart_scan ? smartBounds(seen.saved, seen.many, atRest, short * slower) : without;
  const together = Math.max(0, seen.now - seen.atRest);
  const isShort = seen.saved.longest < 3 * pass;
  return {
    film: {
      reads: seen.times.length,
      times_s: seen.times,
      read_took_s: seen.took,
      pass_s: Number.isFinite(pass) ? pass : null,
      pass_is: measured === undefined ? 'computed' : 'measured',
      merge_delay_s: Number.isFinite(pass) ? mergeDelay(pass) : null,
      alike_pages: seen.now,
      rest: seen.saved.points,
      together_pages: together,
      parted_pages: seen.parted,
      copies_per_s: copiesPerSecond(seen.alike, pass, RANDOM_PLACE),
      bound: isShort ? 'at most' : together === 0 ? 'kept' : 'interval',
    },
    kept: {
      pages: kept,
      without_smart_scan: without,
      estimate: Number.isFinite(pass) ? keptAt(seen.saved, pass, RANDOM_PLACE) : 0,
      smart_scan: pace.smart_scan,
      together_share: [shareOf(without[0] - seen.atRest, together), shareOf(without[1] - seen.atRest, together)],
      falling: seen.now < FALLING * seen.first,
    },
  };
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(1, Math.max(0, part / whole));
}

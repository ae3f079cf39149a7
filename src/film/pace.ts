/**
 * How fast ksmd goes: how long a pass takes, and when to read so that a film says something of it.
 *
 * A pass that is computed is a lower bound: ksmd gives way to others, and may get little of a busy machine.
 */

/** What of /sys/kernel/mm/ksm decides how long a pass takes. */
export interface Pace {
  readonly pages_to_scan: number;
  readonly sleep_millisecs: number;
  readonly smart_scan: boolean;
}

/** Ticks of the kernel's clock a second, on most distributions; a sleep lasts one tick more than it was asked for, in whole ticks. */
const HZ = 250;
/** What ksmd takes for a page, and besides for a pass, as measured. */
const PAGE_S = 1.75e-6;
const PASS_S = 0.15;
/** Smart scan visits a page that found no partner every ninth pass in the end. */
const SKIPS = 9;

/** Seconds of a pass over so many pages; infinite where ksmd is to scan none at a time. */
export function passSeconds(pages: number, { pages_to_scan, sleep_millisecs }: Pace): number {
  if (pages_to_scan === 0) return Number.POSITIVE_INFINITY;
  const ticks = sleep_millisecs === 0 ? 0 : Math.ceil((sleep_millisecs * HZ) / 1000) + 1;
  return ((Math.ceil(pages / pages_to_scan) + 1) * ticks) / HZ + pages * PAGE_S + PASS_S;
}

/** Seconds of a pass with smart scan, which passes over most pages that are not merged. */
export function smartPassSeconds(pages: number, merged: number, pace: Pace): number {
  return passSeconds(Math.min(pages, merged + Math.max(0, pages - merged) / SKIPS), pace);
}

export interface Schedule {
  /** Seconds from the first read to the last. */
  readonly over: number;
  /** Seconds from one read to the next. */
  readonly every: number;
}

const [SHORTEST_S, LONGEST_S] = [2, 10];
const PASSES = 3;
const LEAST_READS = 3;
/** Unless they cost too much, there are more than the least: what changes and changes back is seen only by a read between. */
const STEPS = 4;
const MOST_STEPS = 40;
/** Of what was asked for: what is counted of each read is kept until the end. */
export const MOST_READS = 1000;
/** Reading takes at most half of the time. */
const BUSY = 2;

/**
 * When to read. `pass`: seconds of a pass; `shortest`: of the shortest that may matter, with smart scan. `took`: of one read of everything;
 * reads that are closer would tell pages apart that were written between them. `given`: what was asked for.
 */
export function scheduleOf(pass: number, shortest: number, took: number, given: Partial<Schedule>): Schedule {
  const passes = Math.min(LONGEST_S, Math.max(SHORTEST_S, PASSES * pass));
  const usual = Math.max(passes, (LEAST_READS - 1) * Math.max(took, given.every ?? 0));
  const over = Math.max(given.over ?? usual, took);
  const least = given.every ?? Math.max(over / MOST_STEPS, Math.min(shortest / 2, over / STEPS), BUSY * took);
  const most = given.every === undefined ? over / (LEAST_READS - 1) : over;
  return { over, every: Math.min(over, Math.max(took, over / MOST_READS, Math.min(most, least))) };
}

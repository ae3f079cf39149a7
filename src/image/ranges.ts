/**
 * How the pages of a process are numbered in a source: ranges, one behind another.
 *
 * Address spaces are sparse and large; those that a source is loaded into are not. So only what is present gets
 * numbers, by ascending address, and one number is left out between two ranges that do not touch in the process.
 */

import type { Run } from './pagemap.ts';
import { endOf, PAGE_BYTES, type PageRange, type PageRun } from './source.ts';

/**
 * An absent stretch of more pages than this ends a range. Reserved address space, of which there can be terabytes, then
 * costs nothing; smaller holes are kept because a range costs more than they do.
 */
const HOLE_PAGES = 16;

/** Pages that were there when the source was opened, with their number in the source. */
export interface NumberedRun extends Run {
  readonly page: number;
}

export interface Layout {
  readonly ranges: PageRange[];
  readonly runs: NumberedRun[];
}

/** Adds a run behind the others, to the last of them where they touch. */
export function extend(runs: Run[], { at, pages }: Run): void {
  const last = runs.at(-1);
  if (last === undefined || last.at + last.pages !== at) runs.push({ at, pages });
  else runs[runs.length - 1] = { at: last.at, pages: last.pages + pages };
}

/** Adds the runs of one mapping, in as many ranges as its large holes make of it. */
export function append(layout: Layout, runs: readonly Run[], label: string): void {
  let first = 0;
  for (let i = 1; i <= runs.length; i++) {
    const before = runs[i - 1];
    const after = runs[i];
    if (before && after && after.at - (before.at + before.pages) <= HOLE_PAGES) continue;
    appendRange(layout, runs.slice(first, i), label);
    first = i;
  }
}

function appendRange({ ranges, runs }: Layout, added: readonly Run[], label: string): void {
  const first = added[0];
  const last = added.at(-1);
  if (first === undefined || last === undefined) return;
  const before = ranges.at(-1);
  const touching = before !== undefined && pageAt(before.address) + before.pages === first.at;
  const page = before === undefined ? 0 : before.page + before.pages + (touching ? 0 : 1);
  const pages = last.at + last.pages - first.at;
  ranges.push({ page, pages, address: BigInt(first.at) * BigInt(PAGE_BYTES), label });
  for (const run of added) runs.push({ at: run.at, pages: run.pages, page: page + run.at - first.at });
}

function pageAt(address: bigint): number {
  return Number(address / BigInt(PAGE_BYTES));
}

/** The parts of `runs` whose pages are of `wanted`; both ascend. */
export function* within(runs: readonly NumberedRun[], wanted: readonly PageRun[]): Generator<NumberedRun> {
  let index = 0;
  for (const { page, pages } of wanted) {
    while (index < runs.length && endOf(runs[index] as PageRun) <= page) index++;
    for (let i = index; i < runs.length; i++) {
      const run = runs[i] as NumberedRun;
      if (run.page >= page + pages) break;
      const from = Math.max(run.page, page);
      yield { page: from, at: run.at + from - run.page, pages: Math.min(endOf(run), page + pages) - from };
    }
  }
}

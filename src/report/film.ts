/** A film for people: what is at rest and for how long, and below it what is alike but changes. */

import type { FilmKept, FilmReport } from '../film/index.ts';
import { bytes, count, percent, seconds } from '../format.ts';
import { PAGE_BYTES } from '../image/index.ts';
import { grid } from './grid.ts';
import type { ScanReport } from './types.ts';
import { wrap } from './wrap.ts';

const INDENT = '  ';

const size = (pages: number): string => bytes(Math.round(pages) * PAGE_BYTES);

/** The headline. Never "at rest" without a time. */
export function filmTitle({ saved_bytes, pages }: ScanReport, { reads, rest }: FilmReport): string {
  const whole = pages * PAGE_BYTES;
  const time = seconds(rest.at(-1)?.w_s ?? 0);
  return `${bytes(saved_bytes)} at rest for ${time} (${count(reads)} reads), of ${bytes(whole)} (${percent(saved_bytes, whole)}).`;
}

/** What stands below the headline. */
export function filmLines(report: ScanReport, film: FilmReport, kept: FilmKept, width: number): string[] {
  const lines = [wrap(promise(report, film, kept), width, INDENT), ...rowLines(rows(film, kept), width)];
  if (kept.falling) lines.push('Falling: two percent or more of what was alike at the first read is not at the last.');
  if (kept.smart_scan && film.together_pages > 0) lines.push(smart(kept));
  return lines.map((line) => (line.includes('\n') || line.startsWith(INDENT) ? line : wrap(line, width, INDENT)));
}

/** Names and sizes in columns, and beside them what there is to say. */
function rowLines(rows: readonly (readonly [name: string, pages: string, text: string])[], width: number): string[] {
  const heads = grid(
    rows.map(([name, pages]) => [name, pages]),
    [0],
  ).map((head) => `${INDENT}${head}  `);
  return heads.map((head, at) => {
    const indent = ' '.repeat(head.length);
    return (head + wrap(rows[at]?.[2] ?? '', width - head.length).replaceAll('\n', `\n${indent}`)).trimEnd();
  });
}

/** What ksmd would make of what is at rest. */
function promise({ saved_bytes, converged }: ScanReport, film: FilmReport, { pages, smart_scan }: FilmKept): string {
  const { bound, pass_s, merge_delay_s, rest, pass_is, together_pages } = film;
  const [least, most] = [Math.min(saved_bytes, pages[0] * PAGE_BYTES), Math.max(saved_bytes, pages[1] * PAGE_BYTES)];
  const read = seconds(rest.at(-1)?.w_s ?? 0);
  if (!converged) return 'The scan was ended before it had settled, so what ksmd would keep is not in these figures.';
  if (pass_s === null || merge_delay_s === null) return 'ksmd at this pace would never end a pass, and keep nothing.';
  if (bound === 'at most') {
    const pass = `a pass takes ${seconds(pass_s)} at this pace (${pass_is})`;
    return `At most ${bytes(Math.round(most))}: ${pass}; read for ${read} only.`;
  }
  const [soonest, latest] = merge_delay_s;
  const how = smart_scan && together_pages > 0 ? ' without smart_scan' : '';
  const kept = bound === 'kept' ? bytes(saved_bytes) : `at least ${bytes(Math.round(least))}`;
  return (
    `ksmd at this pace needs ${seconds(soonest)} to ${seconds(latest)} from a write to a merge${how} (pass ${pass_is}): ` +
    `it would keep ${kept}.`
  );
}

function rows(film: FilmReport, kept: FilmKept): [name: string, pages: string, text: string][] {
  const rows: [string, string, string][] = [];
  if (film.together_pages > 0 || film.bound !== 'kept') {
    rows.push(['kept', range(kept.pages, size), kept.smart_scan ? 'with smart_scan=1' : 'with smart_scan=0']);
  }
  rows.push(['alike now', size(film.alike_pages), '']);
  if (film.together_pages > 0) {
    const merged = `merged ${range(kept.together_share, (share) => percent(share, 1))} of the time`;
    const text = `${merged}${kept.smart_scan ? ' with smart_scan=0' : ''}, ${count(film.copies_per_s)} copies a second`;
    rows.push(['changing together', size(film.together_pages), text]);
  }
  if (film.parted_pages > 0) rows.push(['parted', size(film.parted_pages), 'alike at the first read, not at the last']);
  return rows;
}

function range([low, high]: readonly [number, number], show: (value: number) => string): string {
  return show(low) === show(high) ? show(low) : `${show(low)} to ${show(high)}`;
}

function smart({ without_smart_scan }: FilmKept): string {
  return (
    "This kernel's smart_scan merges changing pages 17 passes late and loses pairs for good; smart_scan 0 would keep " +
    `${range(without_smart_scan, size)}.`
  );
}

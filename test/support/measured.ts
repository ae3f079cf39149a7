/** What was measured of ksmd beside pages that are rewritten at known intervals: the rows of a film's golden file. */
import { readFileSync } from 'node:fs';

const FILE = new URL('../unit/film/measured.csv', import.meta.url);
/** Seconds between two reads, of the columns still_*. */
const GAPS = [0.25, 0.5, 1, 2, 5, 10, 20, 30, 45] as const;

/** A group of two processes whose pages are equal, beside ksmd with one setting. */
export interface MeasuredGroup {
  /** pages_to_scan, sleep_millisecs and the order of the processes. */
  readonly setting: string;
  readonly smart: boolean;
  readonly name: string;
  readonly content: string;
  /** All pages are written at once, or each by itself. */
  readonly scope: string;
  readonly pages: number;
  /** Seconds. */
  readonly pass: number;
  readonly interval: number;
  /** Distance between the visits to the two pages of a pair, as a part of a pass. */
  readonly place: number;
  /** The share of the time that pairs were merged, by frames. */
  readonly merged: number;
  readonly copies: number;
  /** By gap: the share of pairs that an ideal reader found unchanged. */
  readonly still: readonly { readonly w_s: number; readonly pages: number; readonly lo: null; readonly hi: null }[];
}

/** A line of the file, by the names of its columns. */
type Row = ReadonlyMap<string, string>;

export function measuredGroups(): MeasuredGroup[] {
  const [head = [], ...rows] = readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return rows.map((cells) => groupOf(new Map(head.map((name, at) => [name, cells[at] ?? '']))));
}

function groupOf(row: Row): MeasuredGroup {
  const text = (name: string): string => row.get(name) ?? '';
  const number = (name: string): number => Number(text(name));
  const seen = GAPS.map((w_s) => ({ w_s, pages: number(`still_${w_s}`), lo: null, hi: null }));
  return {
    setting: [text('batch'), text('sleep_ms'), text('order')].join('/'),
    smart: text('smart_scan') === '1',
    name: text('name'),
    content: text('content'),
    scope: text('scope'),
    pages: number('pages'),
    pass: number('pass_s'),
    interval: number('interval_s'),
    place: text('order') === 'adjacent' ? 1 / 72 : 1 / 2,
    merged: number('merged'),
    copies: number('copies_s'),
    still: [{ w_s: 0, pages: 1, lo: null, hi: null }, ...seen.filter(({ pages }) => pages >= 0)],
  };
}

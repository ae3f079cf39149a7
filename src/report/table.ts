/**
 * A report for people: one headline, then a row for each source and a total, what is shared most, how the scan went.
 *
 * Pure: the same report, width and colour give the same text. Columns that would hold only zeros are left out, and so
 * are the least important ones where the terminal is too narrow.
 */
import { styleText } from 'node:util';
import { PAGE_SIZE } from '../../assembly/layout/index.ts';
import { bytes, clip, count, large, percent, plural, seconds, shorten } from '../format.ts';
import { printable } from '../printable.ts';
import type { Pass } from '../scan/index.ts';
import { type Column, cells, columnWidths, fitting, grid, widthOf } from './grid.ts';
import type { Interval } from './interval.ts';
import { mergedNow, notLookedAt, splitHugePages } from './live.ts';
import { readAs } from './read-as.ts';
import type { ContentReport, SampleReport, ScanReport, SourceIntervals, SourceReport } from './types.ts';
import { wrap } from './wrap.ts';

/** More sources than these are summed up, more passes left out in the middle; JSON has all of them. */
const SOURCE_ROWS = 30;
const PASS_ROWS = 8;
/** A source's name keeps at least so many characters, if columns must go for it; what a content is, and where it is, too. */
const NAME_WIDTH = 20;
/** A line that goes on in another is indented there. */
const INDENT = '  ';

export interface TableOptions {
  /** Characters that a line may have, as far as possible: words and numbers are not broken. */
  readonly width: number;
  readonly colour: boolean;
}

/** A chance above this is worth a warning. */
const RARE = 1e-6;

type Style = (text: string) => string;

interface Styles {
  readonly strong: Style;
  readonly faint: Style;
  readonly good: Style;
}

/** The report as text with a final newline. */
export function renderTable(report: ScanReport, { width, colour }: TableOptions): string {
  const style = (format: 'bold' | 'dim' | 'green'): Style =>
    colour ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
  const styles: Styles = { strong: style('bold'), faint: style('dim'), good: style('green') };
  const parts = [
    headline(report, width, styles),
    sources(report, width, styles),
    wrap(readAs(report.ksm_stat), width, INDENT),
    processes(report, width, styles),
    contents(report, width, styles),
    passes(report, width, styles),
    wrap(settings(report), width, INDENT),
    report.notes.map((note) => wrap(`Note: ${printable(note)}`, width, INDENT)).join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function headline(report: ScanReport, width: number, { strong, good }: Styles): string {
  const whole = report.pages * PAGE_SIZE;
  const isSample = report.sample !== null;
  const saved =
    `KSM would save ${isSample ? 'about ' : ''}${bytes(report.saved_bytes)} of ${bytes(whole)} ` +
    `(${percent(report.saved_bytes, whole)}).`;
  const profit = report.sysfs.general_profit;
  const verdict = profit >= 0 ? 'remain' : '(more than it saves)';
  const lines = [
    strong(good(saved)),
    ...(report.sample === null ? [] : [strong(wrap(sampled(report.saved_bytes, report.sample), width, INDENT))]),
    wrap(
      `After the kernel's own records, 64 bytes a page, ${bytes(profit)} ${verdict} (general_profit).`,
      width,
      INDENT,
    ),
  ];
  if (!report.converged) lines.push('Not settled: another pass may still change something.');
  return lines.join('\n');
}

/** What a sample is good for. */
function sampled(saved: number, { share, intervals }: SampleReport): string {
  return (
    `A SAMPLE: estimated from 1 in ${count(1 / share)} contents: ${bytes(saved)} ± ${bytes(margin(saved, intervals))}, ` +
    'which is right in 95 of 100 samples.'
  );
}

/** How far the further bound is away; 0 where nothing is estimated. */
function margin(saved: number, intervals: { readonly saved_bytes: Interval } | undefined): number {
  const [low, high] = intervals?.saved_bytes ?? [saved, saved];
  return Math.max(saved - low, high - saved);
}

interface SourceColumn extends Column<SourceReport> {
  /** The column is left out where this is 0 for every source. */
  value?(source: SourceReport): number;
}

const COLUMNS: readonly SourceColumn[] = [
  { title: 'memory', rank: 0, cell: (s) => bytes(s.pages * PAGE_SIZE) },
  { title: 'saved', rank: 0, cell: (s) => bytes(s.saved_bytes) },
  {
    title: '',
    rank: 0,
    cell: (s) => `± ${bytes(margin(s.saved_bytes, s.intervals))}`,
    value: (s) => margin(s.saved_bytes, s.intervals),
  },
  { title: '', rank: 0, cell: (s) => percent(s.saved_bytes, s.pages * PAGE_SIZE) },
  { title: 'absent', rank: 3, cell: (s) => count(s.absent_pages ?? 0), value: (s) => s.absent_pages ?? 0 },
  { title: 'partial', rank: 6, cell: (s) => count(s.partial_pages ?? 0), value: (s) => s.partial_pages ?? 0 },
  { title: 'zero', rank: 3, cell: (s) => count(s.zero), value: (s) => s.zero },
  { title: 'shared', rank: 2, cell: (s) => count(s.shared) },
  { title: 'sharing', rank: 1, cell: (s) => count(s.sharing) },
  { title: 'unshared', rank: 4, cell: (s) => count(s.unshared) },
  { title: 'volatile', rank: 6, cell: (s) => count(s.volatile), value: (s) => s.volatile },
  { title: 'profit', rank: 5, cell: (s) => bytes(s.ksm_process_profit) },
];

function sources(report: ScanReport, width: number, { strong, faint }: Styles): string {
  const all = report.ksm_stat;
  const shown = all.length > SOURCE_ROWS ? all.slice(0, SOURCE_ROWS - 1) : [...all];
  const rest = all.slice(shown.length);
  if (rest.length > 0) shown.push(sum(rest, `${count(rest.length)} more`));
  shown.push(totalOf(report));
  const used = COLUMNS.filter(({ value }) => value === undefined || all.some((source) => value(source) !== 0));
  const columns = fitting(used, shown, width - NAME_WIDTH);
  const nameWidth = Math.max(NAME_WIDTH, width - widthOf(cells(columns, shown)));
  const names = ['source', ...shown.map(({ name }) => shortName(name, nameWidth))];
  const lines = grid(
    cells(columns, shown).map((row, i) => [names[i] ?? '', ...row]),
    [0],
  );
  const [head = '', total = ''] = [lines.shift(), lines.pop()];
  return [faint(head), ...lines, strong(total)].join('\n');
}

/** What there is to say of living processes. */
function processes(report: ScanReport, width: number, { strong }: Styles): string {
  const [title, ...rows] = notLookedAt(report);
  const sentences = [mergedNow(report), splitHugePages(report)].filter((text) => text !== '');
  return [
    ...(title === undefined
      ? []
      : [strong(title), ...rows.map((row) => ([...row].length > width ? wrap(row, width, INDENT) : row))]),
    ...sentences.map((text) => wrap(text, width, INDENT)),
  ].join('\n');
}

/** Of a path the end tells most, of a process the beginning. */
function shortName(name: string, width: number): string {
  return name.includes('/') ? shorten(printable(name), width) : clip(printable(name), width);
}

/** Its bounds are the whole's: those of the sources do not add up, as one is above the truth where another is below. */
function totalOf({ ksm_stat, sample }: ScanReport): SourceReport {
  const total = sum(ksm_stat, 'total');
  if (sample === null) return total;
  const { saved_bytes, pages_shared, pages_sharing, pages_unshared } = sample.intervals;
  return {
    ...total,
    intervals: { saved_bytes, shared: pages_shared, sharing: pages_sharing, unshared: pages_unshared },
  };
}

/** One row for many. Its profit is the sum of what the kernel would tell of each process. */
function sum(all: readonly SourceReport[], name: string): SourceReport {
  const add = (value: (source: SourceReport) => number): number => all.reduce((total, one) => total + value(one), 0);
  return {
    name,
    kind: 'process',
    pages: add((s) => s.pages),
    absent_pages: add((s) => s.absent_pages ?? 0),
    partial_pages: add((s) => s.partial_pages ?? 0),
    zero: add((s) => s.zero),
    shared: add((s) => s.shared),
    sharing: add((s) => s.sharing),
    unshared: add((s) => s.unshared),
    volatile: add((s) => s.volatile),
    saved_bytes: add((s) => s.saved_bytes),
    ksm_rmap_items: add((s) => s.ksm_rmap_items),
    ksm_zero_pages: add((s) => s.ksm_zero_pages),
    ksm_merging_pages: add((s) => s.ksm_merging_pages),
    ksm_process_profit: add((s) => s.ksm_process_profit),
    ksm_merge_any: 'no',
    ksm_mergeable: 'yes',
    ...(all.every(({ intervals }) => intervals) ? { intervals: sumOfBounds(all) } : {}),
  };
}

/** Too wide rather than too narrow: it is as if all were off to the same side. */
function sumOfBounds(all: readonly SourceReport[]): SourceIntervals {
  const add = (figure: keyof SourceIntervals): Interval => {
    const bound = (side: 0 | 1): number =>
      all.reduce((total, { intervals }) => total + (intervals?.[figure][side] ?? 0), 0);
    return [bound(0), bound(1)];
  };
  return { saved_bytes: add('saved_bytes'), shared: add('shared'), sharing: add('sharing'), unshared: add('unshared') };
}

function contents(report: ScanReport, width: number, { strong, faint }: Styles): string {
  if (report.contents.length === 0) return '';
  const numbers = [
    ['saved', 'pages'],
    ...report.contents.map((content) => [bytes(content.saved_bytes), count(content.pages)]),
  ];
  const left = width - widthOf(numbers);
  const least = Math.max(...report.contents.map(({ example }) => leastPlace(example)));
  const isRoom = left >= NAME_WIDTH + 2 + least;
  const whatWidth = isRoom
    ? Math.max(Math.min(Math.ceil(left * 0.6), left - 2 - least), NAME_WIDTH)
    : Math.max(left, NAME_WIDTH);
  const what = ['content', ...report.contents.map(({ description }) => clip(printable(description), whatWidth))];
  const widest = columnWidths(what.map((text) => [text]))[0] ?? 0;
  const where = ['for example', ...report.contents.map(({ example }) => place(example, left - widest - 2))];
  const [head = '', ...lines] = grid(
    numbers.map((row, i) => [...row, what[i] ?? '', ...(isRoom ? [where[i] ?? ''] : [])]),
    [2, 3],
  );
  return [strong('Contents that save most'), faint(head), ...lines].join('\n');
}

/** Characters that a place must have to be of use: the address, and some of the source's name. */
function leastPlace({ source, address }: ContentReport['example']): number {
  return Math.min([...source].length, 8) + 1 + address.length;
}

/** Source, label and address; if they are too long, the names give way, and the address stays. */
function place({ source, label, address }: ContentReport['example'], width: number): string {
  const room = width - address.length - 1;
  const labelRoom = Math.min(Math.floor(room / 2), room - 9);
  const shortLabel = label === '' || labelRoom < 6 ? '' : ` ${shorten(printable(label), labelRoom)}`;
  return `${shortName(source, Math.max(room - [...shortLabel].length, 1))}${shortLabel} ${address}`;
}

function passes(report: ScanReport, width: number, { strong, faint }: Styles): string {
  const all = report.passes;
  const scanned = all.reduce((total, pass) => total + pass.pages_scanned, 0);
  const wall = all.reduce((total, pass) => total + pass.wall_s, 0);
  const rate = wall > 0 ? `, ${large(scanned / wall)} pages a second` : '';
  const title = `${plural(all.length, 'pass')}: ${plural(scanned, 'page')} scanned in ${seconds(wall)}${rate}`;
  const shown = all.length > PASS_ROWS ? [...all.slice(0, PASS_ROWS / 2), ...all.slice(-PASS_ROWS / 2)] : all;
  const [head = '', ...lines] = grid(cells(fitting(PASS_COLUMNS, shown, width + 2), shown), []);
  if (shown.length < all.length) lines.splice(PASS_ROWS / 2, 0, faint('…'));
  if (shown.some(({ loading }) => loading)) lines.push(faint('* while loading, to make room'));
  const { memory_bytes, index } = report.options;
  const loaded =
    `Loaded ${bytes(report.loading.bytes)} in ${seconds(report.loading.wall_s)}. ` +
    `Engine: ${bytes(memory_bytes)} of memory, ${bytes(report.metadata_bytes)} of it records; ${index} order.`;
  const more = [loaded, certainty(report), pace(report)].map((line) => wrap(line, width, INDENT));
  return [strong(wrap(title, width, INDENT)), faint(head), ...lines, ...more].join('\n');
}

/** By what equal pages are known to be equal. */
function certainty({ engine, verification, pages }: ScanReport): string {
  const { by, compared, false_match_chance: chance } = verification;
  if (engine === 'bytes') return 'Equal pages were compared byte by byte.';
  if (by === 'bytes') return `${plural(compared, 'page')} compared byte by byte with another of the same content.`;
  const among = `the chance of a false match among ${plural(pages, 'page')}`;
  const rare = `Equal hashes are believed: ${among} is at most about ${chance.toExponential(0)}`;
  return chance > RARE ? `Warning: ${rare}; leave --trust-hash away.` : `${rare}.`;
}

/** What such a pass would take in the kernel, which spends nearly all of it asleep. */
function pace({ settings, passes }: ScanReport): string {
  const { pages_to_scan, sleep_millisecs } = settings;
  if (pages_to_scan === 0) return 'ksmd at pages_to_scan=0 would never end a pass.';
  const batches = (passes.at(-1)?.pages_scanned ?? 0) / Number(pages_to_scan);
  const time = seconds((batches * Number(sleep_millisecs)) / 1000);
  return `ksmd at pages_to_scan=${pages_to_scan} and sleep_millisecs=${sleep_millisecs} would sleep ${time} in the last pass.`;
}

const PASS_COLUMNS: readonly Column<Pass>[] = [
  { title: 'pass', rank: 0, cell: (pass) => `${pass.pass}${pass.loading ? '*' : ''}` },
  { title: 'time', rank: 0, cell: (pass) => seconds(pass.wall_s) },
  { title: 'CPU', rank: 4, cell: (pass) => seconds(pass.cpu_s) },
  { title: 'scanned', rank: 1, cell: (pass) => count(pass.pages_scanned) },
  { title: 'a second', rank: 3, cell: (pass) => large(pass.pages_per_s) },
  { title: 'shared', rank: 2, cell: (pass) => count(pass.pages_shared) },
  { title: 'sharing', rank: 0, cell: (pass) => count(pass.pages_sharing) },
  { title: 'unshared', rank: 5, cell: (pass) => count(pass.pages_unshared) },
];

/** Settings that the scan, or the user with --set, took off the kernel's defaults; `run` has to be 1 for any scan. */
function settings(report: ScanReport): string {
  const changed = Object.entries(report.settings).filter(
    ([file, value]) => file !== 'run' && report.default_settings[file] !== value,
  );
  if (changed.length === 0) return '';
  return `Settings other than the kernel's defaults: ${changed.map(([file, value]) => `${file}=${value}`).join(', ')}`;
}

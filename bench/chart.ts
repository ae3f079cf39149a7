/**
 * The results as a picture: bars of pages a second on a logarithmic scale, one group for each pass, as SVG.
 *
 * It is drawn from the reports that the benches keep and from nothing else. What they lack has no bar. The picture
 * brings its own background, so that it can be read on a light and on a dark page.
 */

import { type Machine, machineLine } from './machine.ts';
import { byCpuTime, KSMD, kernelTitle, MAP_FIRST, MAP_SECOND, READ, SHA, scanRow, scanTitle } from './names.ts';
import { GREY, INK, picture, round, smallPrint, text, WIDTH } from './svg.ts';
import type { BenchReport, BenchRow } from './table.ts';
import type { Workload } from './workloads.ts';

/** What is kept of the benches that the picture shows. */
export interface ChartReports {
  readonly scan: BenchReport;
  /** Missing where nobody could run ksmd. */
  readonly kernel?: BenchReport;
}

interface Bar {
  readonly label: string;
  readonly color: string;
  readonly row: BenchRow;
}

interface Group {
  readonly heading: string;
  readonly bars: readonly Bar[];
}

/** 1 GiB. */
const PAGES = 2 ** 18;

/** What each group shows: a workload, and its pass by the names that the benches give it. */
const GROUPS: readonly { heading: string; workload: Workload; scan: string; kernel: string; map: string }[] = [
  { heading: 'First pass', workload: 'unique', scan: 'first pass', kernel: 'first pass', map: MAP_FIRST },
  {
    heading: 'Second pass, all pages unique',
    workload: 'unique',
    scan: 'second pass',
    kernel: 'second pass',
    map: MAP_SECOND,
  },
  {
    heading: 'Third and later passes, all pages unique',
    workload: 'unique',
    scan: 'third pass',
    kernel: 'third pass',
    map: MAP_SECOND,
  },
  {
    heading: 'Second pass, merging 16:1',
    workload: '16:1',
    scan: 'second pass',
    kernel: 'merging pass',
    map: MAP_SECOND,
  },
  {
    heading: 'Third and later passes, 16:1 settled',
    workload: '16:1',
    scan: 'third pass',
    kernel: 'settled pass',
    map: MAP_SECOND,
  },
];

const TITLE = 'Pages scanned per second, in millions';
const SUBTITLE = `${PAGES / 2 ** 18} GiB in pages of 4 KiB, one thread; more is better`;
const NOTES = [
  'Medians; the thin line goes from the slowest to the fastest round. The scale is logarithmic.',
  'No scanner that looks at every byte is faster than reading. Settled pages are not looked at again.',
  'The Map and the Set do the same work in every later pass: their figure of the second pass stands for it.',
  'ksmd also walks page tables, takes locks and flushes TLBs, which ksm-wasm has no need for. It is measured apart.',
];

const TOP = 84;
const LEFT = 232;
const RIGHT = WIDTH - 96;
const BAR = 13;
const STEP = 18;
const HEAD = 26;
const GAP = 12;

/** The picture, as the text of an SVG file. Throws an Error where the reports have no figure to show. */
export function chartOf(reports: ChartReports): string {
  const groups = groupsOf(reports);
  const rows = groups.flatMap(({ bars }) => bars.map(({ row }) => row));
  if (rows.length === 0) throw new Error(`the results have no figures for ${PAGES} pages: run "npm run bench -- scan"`);
  const first = Math.floor(Math.log10(millions(Math.min(...rows.map(({ slowest }) => slowest)))));
  const most = Math.log10(millions(Math.max(...rows.map(({ fastest }) => fastest))));
  const last = Math.max(first + 1, Math.ceil(most));
  const at = (rate: number): number =>
    round(LEFT + ((Math.log10(millions(rate)) - first) / (last - first)) * (RIGHT - LEFT));
  const parts: string[] = [];
  let y = TOP;
  for (const { heading, bars } of groups) {
    parts.push(text(24, y + 15, heading, 'font-weight="600"'));
    y += HEAD;
    parts.push(...drawGrid(first, last, y - 3, y + bars.length * STEP - 2, at));
    for (const bar of bars) {
      parts.push(...drawBar(bar, y, at));
      y += STEP;
    }
    y += GAP;
  }
  const notes = smallPrint([...NOTES, ...footer(reports)], y);
  return picture(notes.bottom + 18, TITLE, SUBTITLE, [...drawScale(first, last, at), ...parts, ...notes.parts]);
}

function groupsOf({ scan, kernel }: ChartReports): Group[] {
  const groups = GROUPS.map(({ heading, workload, ...pass }) => {
    const scanned = (name: string): BenchRow | undefined => find(scan, scanTitle(workload, PAGES), name);
    const bars: [label: string, color: string, row: BenchRow | undefined][] = [
      ['reading all pages once', '#afb8c1', scanned(READ)],
      ['ksm-wasm, hash order', '#2f81f7', scanned(scanRow('hash order', pass.scan))],
      ['ksm-wasm, content order', '#a5d0ff', scanned(scanRow('content order', pass.scan))],
      ['xxhash-wasm + Map', '#e8955a', scanned(pass.map)],
      ['SHA-1 + Set (node:crypto)', '#d9b44a', scanned(SHA)],
      ['ksmd, CPU time', '#d4606e', find(kernel, kernelTitle(workload, PAGES, pass.kernel), byCpuTime(KSMD))],
    ];
    return { heading, bars: bars.flatMap(([label, color, row]) => (row === undefined ? [] : [{ label, color, row }])) };
  });
  return groups.filter(({ bars }) => bars.length > 0);
}

function find(report: BenchReport | undefined, title: string, name: string): BenchRow | undefined {
  return report?.tables.find((table) => table.title === title)?.rows.find((row) => row.name === name);
}

function drawBar({ label, color, row }: Bar, y: number, at: (rate: number) => number): string[] {
  const middle = y + BAR / 2;
  const [from, to] = [at(row.slowest), at(row.fastest)];
  const ends = `${y + 3}V${y + BAR - 3}`;
  return [
    text(LEFT - 8, y + 11, label, 'text-anchor="end" font-size="12"'),
    `<rect x="${LEFT}" y="${y}" width="${round(at(row.median) - LEFT)}" height="${BAR}" fill="${color}"/>`,
    `<path d="M${from} ${middle}H${to}M${from} ${ends}M${to} ${ends}" stroke="${INK}"/>`,
    text(
      to + 6,
      y + 11,
      figure(row.median),
      'class="figure" font-size="12" paint-order="stroke" stroke="#ffffff" stroke-width="3"',
    ),
  ];
}

/** The powers of ten from 10^first to 10^last, in M pages/s. */
function powers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

function drawScale(first: number, last: number, at: (rate: number) => number): string[] {
  return powers(first, last).map((power) =>
    text(at(power * 1e6), TOP - 4, `${power}`, `text-anchor="middle" font-size="11" fill="${GREY}"`),
  );
}

function drawGrid(first: number, last: number, top: number, bottom: number, at: (rate: number) => number): string[] {
  return powers(first, last).map((power) => `<path d="M${at(power * 1e6)} ${top}V${bottom}" stroke="#d0d7de"/>`);
}

/** On what and when it was measured. */
function footer({ scan, kernel }: ChartReports): string[] {
  const ofKernel = kernel === undefined ? [] : [`ksmd: ${day(kernel)}`, ...machineUnlessSame(scan, kernel)];
  return [machineLine(scan.machine), [`Measured: ${day(scan)}`, ...ofKernel].join('; ')];
}

function machineUnlessSame(scan: BenchReport, kernel: BenchReport): string[] {
  const facts = ({ cpu, cores, kernel, node }: Machine): string => `${cpu}, ${cores} cores; ${kernel}; Node ${node}`;
  const own = facts(kernel.machine);
  return own === facts(scan.machine) ? [] : [`on ${own}`];
}

function day({ date }: BenchReport): string {
  return date.slice(0, 10);
}

function millions(rate: number): number {
  return rate / 1e6;
}

/** A rate in M pages/s for people: three digits, or all before the point. */
function figure(rate: number): string {
  const value = millions(rate);
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

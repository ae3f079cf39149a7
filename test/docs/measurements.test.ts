/**
 * The tables of docs/performance.md are those of the runs that are kept in bench/results: each figure is what a run gave, rounded to as
 * many places as the table has. So a run that is made anew shows which sentences have to follow.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Xp52Report } from '../../bench/xp52/table.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs/performance.md'), 'utf8');

interface Row {
  readonly name: string;
  readonly median: number;
  readonly ratio: number;
}
interface Report {
  readonly tables: readonly { readonly title: string; readonly rows: readonly Row[] }[];
}

const PAGES = { '256 MiB': 65_536, '1 GiB': 262_144, '3 GiB': 786_432 } as const;
type Size = keyof typeof PAGES;
const SIZES = Object.keys(PAGES) as Size[];

const reports = new Map<string, Report>();
function rowOf(bench: string, title: string, name: string): Row {
  const report: Report =
    reports.get(bench) ?? JSON.parse(readFileSync(join(ROOT, 'bench/results', `${bench}.json`), 'utf8'));
  reports.set(bench, report);
  const table = report.tables.find((each) => each.title.includes(title));
  const row = table?.rows.find((each) => each.name === name);
  if (row === undefined) throw new Error(`${bench}.json has no row "${name}" in a table "${title}"`);
  return row;
}

const scanned = (size: Size, workload: string, name: string): Row =>
  rowOf('scan', `Scanning ${PAGES[size]} pages (${PAGES[size] / 256} MiB), workload "${workload}"`, name);
const besideKsmd = (size: Size, workload: string, pass: string, who: string): Row =>
  rowOf('kernel', `${PAGES[size]} pages (${PAGES[size] / 256} MiB), workload "${workload}", ${pass} pass`, who);
const threads = (size: Size, workload: string, pass: string, who: string): Row =>
  rowOf('threads', `${PAGES[size]} pages (${PAGES[size] / 256} MiB), workload "${workload}", ${pass}`, who);

/** The cells behind the first of a row of the table whose head is that line. */
function cells(head: string, row: string): string[] {
  const [, table = ''] = DOCUMENT.split(`\n${head}\n`);
  const line = table
    .split('\n\n')[0]
    ?.split('\n')
    .find((each) => each.startsWith(`| ${row} |`));
  if (line === undefined) throw new Error(`docs/performance.md has no row "${row}" in the table "${head}"`);
  return line
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

/** Is the written figure the measured one, rounded? */
function expectRounded(written: string, measured: number, what: string): void {
  const places = written.split('.')[1]?.length ?? 0;
  expect(
    Math.abs(Number(written) - measured),
    `${what}: ${written} is written, ${measured} was measured`,
  ).toBeLessThanOrEqual(0.5 * 10 ** -places + 1e-9);
}

const millions = ({ median }: Row): number => median / 1e6;

/** The scanner's tables: a row of the document, the workload, and the row of the bench. */
const HASH: readonly (readonly [row: string, workload: string, name: string])[] = [
  ['first, unique', 'unique', 'hash order, first pass'],
  ['second, unique', 'unique', 'hash order, second pass'],
  ['third, unique', 'unique', 'hash order, third pass'],
  ['1 % written', 'unique', 'hash order, 1 % written'],
  ['10 % written', 'unique', 'hash order, 10 % written'],
  ['third, dirty tracking', 'unique', 'dirty tracking, third pass'],
  ['1 % written, dirty tracking', 'unique', 'dirty tracking, 1 % written'],
  ['10 % written, dirty tracking', 'unique', 'dirty tracking, 10 % written'],
  ['second, 16:1 (merging)', '16:1', 'hash order, second pass'],
  ['second, half (merging)', 'half', 'hash order, second pass'],
  ['third, 16:1 (settled)', '16:1', 'hash order, third pass'],
  ['second, linux', 'linux', 'hash order, second pass'],
  ['third, linux', 'linux', 'hash order, third pass'],
];
const CONTENT: typeof HASH = [
  ['first, unique', 'unique', 'content order, first pass'],
  ['second, unique', 'unique', 'content order, second pass'],
  ['second, 16:1 (merging)', '16:1', 'content order, second pass'],
  ['second, half (merging)', 'half', 'content order, second pass'],
  ['third, 16:1 (settled)', '16:1', 'content order, third pass'],
  ['second, linux', 'linux', 'content order, second pass'],
];

test.each([
  ['| pass | 256 MiB | 1 GiB | 3 GiB |', HASH],
  ['| pass | 256 MiB | 1 GiB |', CONTENT],
] as const)('the whole scanner: %s', (head, rows) => {
  for (const [row, workload, name] of rows) {
    for (const [index, cell] of cells(head, row).entries()) {
      const [, ratio = '', rate = ''] = /^([\d.]+) \(([\d.]+)\)$/.exec(cell) ?? [];
      const found = scanned(SIZES[index] as Size, workload, name);
      expectRounded(ratio, found.ratio, `${row}, ${SIZES[index]}`);
      expectRounded(rate, millions(found), `${row}, ${SIZES[index]}, M pages/s`);
    }
  }
});

test('the rivals', () => {
  const rows: readonly (readonly [row: string, workload: string, name: string])[] = [
    ['xxhash-wasm + Map, first pass', 'unique', 'xxhash-wasm + Map, first pass'],
    ['... second pass, unique', 'unique', 'xxhash-wasm + Map, second pass'],
    ['... second pass, 16:1', '16:1', 'xxhash-wasm + Map, second pass'],
    ['... second pass, half', 'half', 'xxhash-wasm + Map, second pass'],
  ];
  for (const [row, workload, name] of rows)
    for (const [index, cell] of cells('| | 256 MiB | 1 GiB | 3 GiB |', row).entries())
      expectRounded(cell, scanned(SIZES[index] as Size, workload, name).ratio, `${row}, ${SIZES[index]}`);
});

/** ksmd is taken at its CPU time, and so is what it is compared with. */
const OURS = 'ksm-wasm, hash order, by its CPU time';
const KSMD = 'ksmd, by its CPU time';
const PASSES = [
  ['first, all unique', 'unique', 'first'],
  ['second, all unique', 'unique', 'second'],
  ['third, all unique', 'unique', 'third'],
  ['merging 16:1', '16:1', 'merging'],
  ['settled 16:1', '16:1', 'settled'],
] as const;

test('beside ksmd, in hash order', () => {
  for (const [row, workload, pass] of PASSES) {
    const written = cells('| hash order | 1 GiB: ksm-wasm | ksmd | ratio | 3 GiB: ksm-wasm | ksmd | ratio |', row);
    for (const [index, size] of (['1 GiB', '3 GiB'] as const).entries()) {
      const [rate = '', ksmd = '', ratio = ''] = written.slice(3 * index, 3 * index + 3);
      expectRounded(rate, millions(besideKsmd(size, workload, pass, OURS)), `${row}, ${size}`);
      expectRounded(ksmd, millions(besideKsmd(size, workload, pass, KSMD)), `${row}, ${size}, ksmd`);
      expectRounded(ratio, besideKsmd(size, workload, pass, OURS).ratio, `${row}, ${size}, ratio`);
    }
  }
});

test('beside ksmd, in content order, and at 256 MiB', () => {
  for (const [row, workload, pass] of PASSES.slice(0, 4)) {
    const [rate = '', ratio = ''] = cells('| content order, 1 GiB | ksm-wasm | ratio |', row);
    const found = besideKsmd('1 GiB', workload, pass, 'ksm-wasm, content order, by its CPU time');
    expectRounded(rate, millions(found), row);
    expectRounded(ratio, found.ratio, `${row}, ratio`);
  }
  const said =
    /At 256 MiB the ratios are (\d+) \(second\), (\d+) \(third\), ([\d.]+)\s+\(merging\) and (\d+) \(settled\)/.exec(
      DOCUMENT,
    );
  for (const [index, [, workload, pass]] of PASSES.slice(1).entries())
    expectRounded(said?.[index + 1] ?? '', besideKsmd('256 MiB', workload, pass, OURS).ratio, `256 MiB, ${pass}`);
});

test('several threads', () => {
  const rows = [
    ['reading', 'unique', 'reading only'],
    ['first, unique', 'unique', 'first pass'],
    ['second, unique', 'unique', 'second pass'],
    ['third, unique', 'unique', 'third pass'],
    ['merging 16:1', '16:1', 'merging pass'],
  ] as const;
  for (const [row, workload, pass] of rows) {
    const written = cells('| | 256 MiB | | | 1 GiB | | | 3 GiB | | |', row);
    for (const [index, size] of SIZES.entries()) {
      const [one = '', two = '', ratio = ''] = written.slice(3 * index, 3 * index + 3);
      expectRounded(one, millions(threads(size, workload, pass, 'one thread')), `${row}, ${size}, one`);
      expectRounded(two, millions(threads(size, workload, pass, 'two threads')), `${row}, ${size}, two`);
      expectRounded(ratio, threads(size, workload, pass, 'two threads').ratio, `${row}, ${size}, ratio`);
    }
  }
});

test('the whole job', () => {
  interface JobRow {
    readonly name: string;
    readonly wallSeconds: { readonly median: number };
    readonly cpuSeconds: { readonly median: number };
    readonly peakMib?: { readonly median: number };
  }
  const report: { tables: { rows: JobRow[] }[] } = JSON.parse(
    readFileSync(join(ROOT, 'bench/results/job.json'), 'utf8'),
  );
  const rows = report.tables[0]?.rows ?? [];
  expect(rows.length).toBeGreaterThan(5);
  for (const { name, wallSeconds, cpuSeconds, peakMib } of rows) {
    const [wall = '', cpu = '', memory = ''] = cells('| four guests | wall s | CPU s | MiB |', name);
    expectRounded(wall, wallSeconds.median, `${name}, wall`);
    expectRounded(cpu, cpuSeconds.median, `${name}, CPU`);
    if (peakMib !== undefined) expectRounded(memory, peakMib.median, `${name}, memory`);
  }
});

test('52 guests on a host with 16 GiB', () => {
  const text = readFileSync(join(ROOT, 'bench/results/xp52.json'), 'utf8');
  const { runs, leastBytes, scale } = JSON.parse(text) as Xp52Report;
  expect(scale).toBe(1);
  const counts = '`pages_shared` | `pages_sharing` | `ksm_zero_pages`';
  const head = `| settings | guests | all by | waits from | out at | peak | end | ${counts} | ksmd | CPU | MiB |`;
  for (const { scenario, guests, doneAt, waitedAt, ranOutAt, peak, samples, counters, load, ...cost } of runs) {
    const written = cells(head, scenario.name).map((cell) => cell.replaceAll(/[,%]/g, '').trim());
    const times = written.slice(1, 4).map((cell) => {
      const [hours = Number.NaN, minutes = 0, seconds = 0] = cell.split(':').map(Number);
      return cell === '–' ? undefined : 3600 * hours + 60 * minutes + seconds;
    });
    expect(times, scenario.name).toEqual(
      [doneAt, waitedAt, ranOutAt].map((at) => (at === undefined ? at : Math.floor(at))),
    );
    const gibibytes = [peak, samples.at(-1)?.frames ?? Number.NaN].map((frames) => frames / PAGES['1 GiB']);
    const { pages_shared, pages_sharing, ksm_zero_pages } = counters;
    const measured = [...gibibytes, pages_shared, pages_sharing, ksm_zero_pages, 100 * load];
    const figures = [guests, ...measured, cost.cpuSeconds, cost.memory / 2 ** 20];
    for (const [index, figure] of figures.entries())
      expectRounded(written.toSpliced(1, 3)[index] ?? '', figure, `${scenario.name}, figure ${index}`);
  }
  const [, least = ''] = /the guests need ([\d.]+) GiB/.exec(DOCUMENT) ?? [];
  expectRounded(least, leastBytes / 2 ** 30, 'the least');
});

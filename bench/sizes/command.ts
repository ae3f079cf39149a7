/**
 * npm run bench -- sizes: does `ksm scan` keep its pace, and its budget of memory, however large what it scans is?
 *
 * Guests of 1 GiB that are made while they are read (generated.ts), each scan in a process of its own: within half of the free memory,
 * within 1.6 GiB, and within 128 MiB, where from some size on only a sample fits.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bytes, count } from '../../src/format.ts';
import { wholeNumber } from '../arguments.ts';
import { inColumns } from '../columns.ts';
import { describeMachine, type Machine, machineLine } from '../machine.ts';
import { type SizeRun, type SizesReport, sizesChart } from './chart.ts';

export const SIZES_USAGE = `usage: npm run bench -- sizes [--gib N…] [--json FILE]

  ksm scan of guests that nobody stores: its rate, its peak memory, and what a sample of contents comes to.

  --gib N     GiB to scan, 1 to 1024; may be given again. Default: 1, 2, 4, 16 and 64
  --json F    write the outcome there. Without any option it goes to bench/results/sizes.json, and docs/sizes.svg is drawn`;

export const SIZES_RESULTS = 'bench/results/sizes.json';
const CHART = 'docs/sizes.svg';
const CHILD = fileURLToPath(new URL('child.js', import.meta.url));
const GIB: readonly number[] = [1, 2, 4, 16, 64];
const MIB = 2 ** 20;
/** Bytes; undefined: half of what is free. */
const BUDGETS: readonly (number | undefined)[] = [undefined, 1.6 * 2 ** 30, 128 * MIB];

/** What the arguments ask for. */
export interface SizesCommand {
  readonly gib: readonly number[];
  readonly json: string | undefined;
}

/** Throws an Error that says what is wrong with the arguments. */
export function parseSizes(args: readonly string[]): SizesCommand {
  const { values } = parseArgs({
    args: [...args],
    options: { gib: { type: 'string', multiple: true, default: [] }, json: { type: 'string' } },
  });
  const gib = values.gib.map((value) => wholeNumber('--gib', value, 1, 1024));
  return { gib: gib.length > 0 ? gib : GIB, json: values.json ?? (args.length === 0 ? SIZES_RESULTS : undefined) };
}

/** Scans and prints. */
export async function runSizes({ gib, json }: SizesCommand): Promise<void> {
  const machine = describeMachine();
  console.log(`${machineLine(machine)}\n`);
  const runs: SizeRun[] = [];
  for (const size of gib) {
    for (const budget of BUDGETS) runs.push(await scanApart(size, budget));
  }
  console.log(inColumns([HEAD, ...runs.map(row)]).join('\n'));
  if (json !== undefined) save(json, machine, runs);
  if (json === SIZES_RESULTS) drawSizes();
}

/** Draws what is kept. Throws if nothing is. */
export function drawSizes(): void {
  writeFileSync(CHART, sizesChart(JSON.parse(readFileSync(SIZES_RESULTS, 'utf8')) as SizesReport));
  console.log(`\n${CHART} is drawn`);
}

/** A scan in a process of its own, whose peak is its own, too. */
async function scanApart(gib: number, budget: number | undefined): Promise<SizeRun> {
  const child = spawn(process.execPath, [CHILD, String(gib), String(budget ?? '')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (status !== 0) throw new Error(`the scan of ${gib} GiB failed with exit code ${status}`);
  return { gib, budget, ...(JSON.parse(output) as Omit<SizeRun, 'gib' | 'budget'>) };
}

const HEAD = [
  'memory',
  'budget',
  'sample',
  'wall s',
  'CPU s',
  'pages a CPU s',
  'peak MiB',
  'bytes a page',
  'saved',
  'bounds',
];

function row(run: SizeRun): string[] {
  const { gib, budget, pages, wallSeconds, cpuSeconds, peakMib, metadata, savedBytes, share, bounds } = run;
  return [
    `${gib} GiB`,
    budget === undefined ? 'default' : bytes(budget),
    share === 1 ? 'all' : `1 in ${1 / share}`,
    wallSeconds.toFixed(1),
    cpuSeconds.toFixed(1),
    count(pages / cpuSeconds),
    peakMib.toFixed(0),
    metadata.toFixed(1),
    bytes(savedBytes),
    bounds === null ? '' : bounds.map(bytes).join(' to '),
  ];
}

function save(file: string, machine: Machine, runs: readonly SizeRun[]): void {
  if (file === SIZES_RESULTS) mkdirSync('bench/results', { recursive: true });
  const report: SizesReport = { version: 1, date: new Date().toISOString(), machine, runs };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

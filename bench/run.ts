/**
 * npm run bench: all benches or those named, as tables, and as JSON.
 *
 * A full run writes bench/results/NAME.json for each bench, and draws docs/chart.svg from what lies there;
 * --json FILE puts all tables into one file instead.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { wholeNumber } from './arguments.ts';
import { chartOf } from './chart.ts';
import { compareBenches } from './compare.ts';
import { contentsBench } from './contents.ts';
import { guestBench } from './guest.ts';
import { hashBench } from './hash.ts';
import { imagesOf, jobBench } from './job/bench.ts';
import { formatJob, type JobTable } from './job/table.ts';
import { kernelBench } from './kernel.ts';
import { describeMachine, machineLine } from './machine.ts';
import { pageKindsBench } from './page-kinds.ts';
import { scanBench } from './scan.ts';
import { drawSizes, parseSizes, runSizes, SIZES_RESULTS, SIZES_USAGE } from './sizes/command.ts';
import { type BenchReport, type BenchTable, formatTable, reportOf } from './table.ts';
import { threadsBench } from './threads.ts';
import { treeBench } from './tree.ts';
import { drawXp52, parseXp52, runXp52, XP52_RESULTS, XP52_USAGE } from './xp52/command.ts';

const USAGE = `usage: npm run bench [-- NAME… [--quick] [--pages N] [--kernel] [--images PATH] [--unique] [--seed N] [--json FILE]]
       npm run bench -- xp52 …      many guests in virtual time, with options of its own: -- xp52 --help
       npm run bench -- sizes …     ksm scan of up to 64 GiB within budgets of memory: -- sizes --help

  NAME       hash, compare, tree, scan, threads, guest, names, contents, job or kernel; default: all but kernel
             chart: only draws the results that are kept, without running anything
  --kernel   kernel too: this engine beside ksmd (root, CONFIG_KSM, cc)
  --pages N  scan, threads, names and kernel: N pages only, instead of several sizes; job: pages of an image that is made
  --images P job: a file of memory, or a folder of *.img; may be given again. Default: four seeded images of 192 MiB
  --unique   job: an image of 2 GiB whose pages all differ, too
  --quick    little memory and few rounds: to see that it works, not to quote; keeps no results
  --seed N   of the pages' bytes and of the keyed hash; default 1
  --json F   write all tables to one file instead of bench/results/NAME.json`;

const RESULTS = 'bench/results';
const CHART = 'chart';
/** About a third of the minute that is promised; the rest is the build's. */
const QUICK = { rounds: 5, bytes: 2 ** 24, pages: [2 ** 12], keys: [2 ** 14], sets: [256], writes: 20_000 };

interface Options {
  readonly seed: number;
  readonly rounds?: number;
  readonly bytes?: number;
  readonly pages?: readonly number[];
  readonly keys?: readonly number[];
  readonly sets?: readonly number[];
  readonly writes?: number;
  readonly images: readonly string[];
  readonly unique: boolean;
}

type Table = BenchTable | JobTable;

/** A bench yields its tables one by one, as they become known. */
type Bench = (options: Options) => AsyncIterable<Table>;

const BENCHES: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  ['hash', (options) => single(hashBench(options))],
  ['compare', compareBenches],
  ['tree', treeBench],
  ['scan', scanBench],
  ['threads', threadsBench],
  ['guest', guestBench],
  ['names', pageKindsBench],
  ['contents', (options) => single(contentsBench(options))],
  ['job', jobBench],
  ['kernel', kernelBench],
]);

async function* single(table: Promise<BenchTable>): AsyncGenerator<BenchTable, void, void> {
  yield await table;
}

interface Command {
  readonly names: readonly string[];
  readonly options: Options;
  readonly json: string | undefined;
  /** Keep results under bench/results. */
  readonly keep: boolean;
  readonly draw: boolean;
}

/** What the arguments ask for; throws an Error that says what is wrong. */
function parse(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      kernel: { type: 'boolean', default: false },
      pages: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      images: { type: 'string', multiple: true, default: [] },
      unique: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.find((name) => !BENCHES.has(name) && name !== CHART);
  if (unknown !== undefined) throw new Error(`there is no bench "${unknown}"`);
  const named = positionals.filter((name) => name !== CHART);
  const chosen = positionals.length > 0 ? named : [...BENCHES.keys()].filter((name) => name !== 'kernel');
  const names = values.kernel && !chosen.includes('kernel') ? [...chosen, 'kernel'] : chosen;
  const seed = wholeNumber('--seed', values.seed, 1, 2 ** 30);
  const pages =
    values.pages === undefined ? {} : { pages: [wholeNumber('--pages', values.pages, 2 ** 10, 3 * 2 ** 18)] };
  const images = imagesOf(values.images);
  const options: Options = { seed, images, unique: values.unique, ...(values.quick ? QUICK : {}), ...pages };
  const keep = !values.quick && values.pages === undefined && values.json === undefined;
  return { names, options, json: values.json, keep, draw: keep || positionals.includes(CHART) };
}

async function run({ names, options, json, keep, draw }: Command): Promise<void> {
  console.log(machineLine(describeMachine()));
  const all: Table[] = [];
  for (const name of names) {
    const tables: Table[] = [];
    for await (const table of BENCHES.get(name)?.(options) ?? []) {
      console.log(`\n${'unit' in table ? formatTable(table) : formatJob(table)}`);
      tables.push(table);
    }
    all.push(...tables);
    if (keep) save(resultsFile(name), tables);
  }
  if (json !== undefined) save(json, all);
  if (draw) drawChart();
}

function resultsFile(name: string): string {
  return `${RESULTS}/${name}.json`;
}

function save(file: string, tables: readonly Table[]): void {
  if (file.startsWith(RESULTS)) mkdirSync(RESULTS, { recursive: true });
  writeFileSync(file, `${JSON.stringify(reportOf(tables), null, 2)}\n`);
}

/** Draws what is kept of the scanner's benches, of xp52 and of sizes; nothing of what has never run. */
function drawChart(): void {
  if (existsSync(XP52_RESULTS)) drawXp52();
  if (existsSync(SIZES_RESULTS)) drawSizes();
  const [scan, kernel] = ['scan', 'kernel'].map(resultsFile).map(readReport);
  const file = `docs/${CHART}.svg`;
  if (scan === undefined) {
    console.log(`\nno ${file}: it needs ${resultsFile('scan')}`);
    return;
  }
  writeFileSync(file, chartOf({ scan, ...(kernel === undefined ? {} : { kernel }) }));
  console.log(`\n${file} is drawn`);
}

function readReport(file: string): BenchReport | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BenchReport) : undefined;
}

function workOf(args: readonly string[]): () => Promise<void> {
  const command = parse(args);
  return () => run(command);
}

async function workOfXp52(args: readonly string[]): Promise<() => Promise<void>> {
  const simulation = await parseXp52(args);
  return () => runXp52(simulation);
}

function workOfSizes(args: readonly string[]): () => Promise<void> {
  const command = parseSizes(args);
  return () => runSizes(command);
}

interface Program {
  readonly usage: string;
  /** Throws, or rejects with, an Error that says what is wrong with the arguments. */
  work(args: readonly string[]): (() => Promise<void>) | Promise<() => Promise<void>>;
}

/** Benches that are no races, and have arguments of their own. */
const PROGRAMS: ReadonlyMap<string, Program> = new Map([
  ['xp52', { usage: XP52_USAGE, work: workOfXp52 }],
  ['sizes', { usage: SIZES_USAGE, work: workOfSizes }],
]);

const [name = '', ...words] = process.argv.slice(2);
const program = PROGRAMS.get(name);
const usage = program?.usage ?? USAGE;
let work: () => void | Promise<void> = () => console.log(usage);
try {
  if (!process.argv.includes('--help')) {
    work = program === undefined ? workOf(process.argv.slice(2)) : await program.work(words);
  }
} catch (error) {
  work = () => console.error(`bench: ${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
await work();

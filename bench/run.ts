/**
 * npm run bench: all benches or those named, as tables, and as JSON.
 *
 * A full run writes bench/results/NAME.json for each bench; --json FILE puts all tables into one file instead.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compareBench } from './compare.ts';
import { hashBench } from './hash.ts';
import { kernelBench } from './kernel.ts';
import { describeMachine, machineLine } from './machine.ts';
import { scanBench } from './scan.ts';
import { type BenchTable, formatTable, reportOf } from './table.ts';
import { treeBench } from './tree.ts';

const USAGE = `usage: npm run bench [-- NAME… [--quick] [--pages N] [--kernel] [--seed N] [--json FILE]]

  NAME       hash, compare, tree, scan or kernel; default: all but kernel
  --kernel   kernel too: this engine beside ksmd (root, CONFIG_KSM, cc)
  --pages N  scan and kernel: N pages only, instead of several sizes
  --quick    little memory and few rounds: to see that it works, not to quote; keeps no results
  --seed N   of the pages' bytes and of the keyed hash; default 1
  --json F   write all tables to one file instead of bench/results/NAME.json`;

const RESULTS = 'bench/results';
const QUICK = { rounds: 5, bytes: 2 ** 26, pages: [2 ** 14], keys: [2 ** 16] };

interface Options {
  readonly seed: number;
  readonly rounds?: number;
  readonly bytes?: number;
  readonly pages?: readonly number[];
  readonly keys?: readonly number[];
}

/** A bench yields its tables one by one, as they become known. */
type Bench = (options: Options) => AsyncIterable<BenchTable>;

const BENCHES: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  ['hash', (options) => single(hashBench(options))],
  ['compare', (options) => single(compareBench(options))],
  ['tree', treeBench],
  ['scan', scanBench],
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
    },
  });
  const unknown = positionals.find((name) => !BENCHES.has(name));
  if (unknown !== undefined) throw new Error(`there is no bench "${unknown}"`);
  const chosen = positionals.length > 0 ? positionals : [...BENCHES.keys()].filter((name) => name !== 'kernel');
  const names = values.kernel && !chosen.includes('kernel') ? [...chosen, 'kernel'] : chosen;
  const seed = wholeNumber('--seed', values.seed, 1, 2 ** 30);
  const pages =
    values.pages === undefined ? {} : { pages: [wholeNumber('--pages', values.pages, 2 ** 10, 3 * 2 ** 18)] };
  const options: Options = { seed, ...(values.quick ? QUICK : {}), ...pages };
  return { names, options, json: values.json, keep: !values.quick && values.pages === undefined };
}

function wholeNumber(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`${name} is "${value}"; expected a whole number from ${min} to ${max}`);
}

async function run({ names, options, json, keep }: Command): Promise<void> {
  console.log(machineLine(describeMachine()));
  const all: BenchTable[] = [];
  for (const name of names) {
    const tables: BenchTable[] = [];
    for await (const table of BENCHES.get(name)?.(options) ?? []) {
      console.log(`\n${formatTable(table)}`);
      tables.push(table);
    }
    all.push(...tables);
    if (json === undefined && keep) save(`${RESULTS}/${name}.json`, tables);
  }
  if (json !== undefined) save(json, all);
}

function save(file: string, tables: readonly BenchTable[]): void {
  if (file.startsWith(RESULTS)) mkdirSync(RESULTS, { recursive: true });
  writeFileSync(file, `${JSON.stringify(reportOf(tables), null, 2)}\n`);
}

let command: Command | undefined;
try {
  command = parse(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
if (command !== undefined) await run(command);

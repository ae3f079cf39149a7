/**
 * Measures contestants against each other and prints the result: what every bench has in common.
 *
 * Contestants take turns within a round, so that a machine that slows down or speeds up does it to all of them
 * alike. What counts is the median over the rounds, and of that only the ratio to the reference measured in the
 * same rounds.
 */

import { Bench } from 'tinybench';
import { inColumns } from './columns.ts';
import { describeMachine, type Machine, machineLine } from './machine.ts';

export interface Contestant {
  readonly name: string;
  /** One run over all of the work. What it returns depends on all of its results, so that none is optimised away. */
  readonly run: () => number | bigint;
  /** Run before and after each run, while the clock stands. */
  readonly before?: () => void;
  readonly after?: () => void;
}

export interface RaceOptions {
  readonly title: string;
  /** What work counts, in the plural: "pages". */
  readonly unit: string;
  /** How much of it one run does. */
  readonly work: number;
  /** Name of the contestant that is 1.00 in the column of ratios. */
  readonly reference: string;
  /** Rounds counted; at least 5. Default 9. */
  readonly rounds?: number;
  /** Rounds run before, for the compilers to settle. Default 2. */
  readonly warmup?: number;
  /** Seed of whatever was random in the work. */
  readonly seed: number;
  /** What a reader has to know to compare fairly. */
  readonly note?: string;
}

/** What every bench takes from its caller. */
export interface BenchOptions {
  readonly seed?: number;
  readonly rounds?: number;
  /** Bytes to work on. */
  readonly bytes?: number;
}

export interface BenchRow {
  readonly name: string;
  /** Work per second in each round, in order. */
  readonly rates: readonly number[];
  readonly median: number;
  readonly slowest: number;
  readonly fastest: number;
  /** Median over the rounds of this rate / the reference's rate in the same round. */
  readonly ratio: number;
}

export interface BenchTable {
  readonly title: string;
  readonly unit: string;
  readonly reference: string;
  readonly seed: number;
  readonly note?: string;
  readonly rows: readonly BenchRow[];
}

export interface BenchReport<Table = BenchTable> {
  readonly version: 1;
  readonly date: string;
  readonly machine: Machine;
  readonly tables: readonly Table[];
}

/** Runs the contestants in turns and counts. */
export async function race(contestants: readonly Contestant[], options: RaceOptions): Promise<BenchTable> {
  return tableOf(await ratesOf(contestants, options), options);
}

/** Runs the contestants in turns. Their rates round by round, by name. */
export async function ratesOf(
  contestants: readonly Contestant[],
  { work, rounds = 9, warmup = 2 }: Pick<RaceOptions, 'work' | 'rounds' | 'warmup'>,
): Promise<Map<string, readonly number[]>> {
  if (rounds < 5) throw new RangeError(`rounds is ${rounds}: a median needs at least 5`);
  const rates = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -warmup; round < rounds; round++) {
    for (const contestant of contestants) {
      const rate = work / (await secondsOf(contestant));
      if (round >= 0) rates.get(contestant.name)?.push(rate);
    }
  }
  return rates;
}

/** The table of rates that were measured round by round. */
export function tableOf(
  rates: ReadonlyMap<string, readonly number[]>,
  { title, unit, reference, seed, note }: Omit<RaceOptions, 'work'>,
): BenchTable {
  const base = rates.get(reference);
  if (base === undefined) throw new RangeError(`reference "${reference}" is not among the contestants`);
  const rows = [...rates].map(([name, own]) => rowOf(name, own, base));
  return { title, unit, reference, seed, ...(note === undefined ? {} : { note }), rows };
}

/** Seconds that one run of a contestant takes, by tinybench's clock. */
async function secondsOf(contestant: Contestant): Promise<number> {
  let sink: number | bigint | undefined;
  const bench = new Bench({ iterations: 1, time: 0, warmup: false, throws: true, timestampProvider: 'hrtimeNow' });
  bench.add(
    contestant.name,
    () => {
      sink = contestant.run();
    },
    { async: false, beforeEach: () => contestant.before?.(), afterEach: () => contestant.after?.() },
  );
  const [task] = await bench.run();
  if (sink === undefined || task?.result.state !== 'completed') {
    throw new Error(`contestant "${contestant.name}" did not complete a run`);
  }
  return task.result.latency.p50 / 1000;
}

/** A contestant's row, and its ratio to a reference that was measured in the same rounds. */
export function rowOf(name: string, rates: readonly number[], base: readonly number[]): BenchRow {
  const ratios = rates.map((rate, round) => rate / (base[round] ?? Number.NaN));
  return {
    name,
    rates,
    median: median(rates),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    ratio: median(ratios),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** A table as lines for people. Rates are in millions a second. */
export function formatTable(table: BenchTable): string {
  const head = ['', `M ${table.unit}/s`, 'slowest..fastest', 'ratio'];
  const body = table.rows.map((row) => [
    row.name,
    millions(row.median),
    `${millions(row.slowest)}..${millions(row.fastest)}`,
    row.ratio.toFixed(2),
  ]);
  const rounds = table.rows[0]?.rates.length ?? 0;
  const legend = `medians of ${rounds} rounds; ratio to "${table.reference}" in the same round; seed ${table.seed}`;
  const notes = table.note === undefined ? [legend] : [legend, table.note];
  return formatCells(table.title, [head, ...body], notes);
}

/** Lines for people: a title, rows of cells in columns, the first of them to the left, and what has to be said of them. */
export function formatCells(title: string, rows: readonly (readonly string[])[], notes: readonly string[]): string {
  return [title, ...inColumns(rows), ...notes].join('\n');
}

/** Tables with what is needed to read them later, ready for JSON.stringify. */
export function reportOf<Table>(tables: readonly Table[]): BenchReport<Table> {
  return { version: 1, date: new Date().toISOString(), machine: describeMachine(), tables };
}

/** Prints a report: JSON where the arguments ask for it, else tables. */
export function printReport(report: BenchReport, args: readonly string[] = process.argv.slice(2)): void {
  if (args.includes('--json')) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  console.log(machineLine(report.machine));
  for (const table of report.tables) console.log(`\n${formatTable(table)}`);
}

function millions(rate: number): string {
  return (rate / 1e6).toFixed(rate < 1e5 ? 4 : 2);
}

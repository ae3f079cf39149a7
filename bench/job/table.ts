/** Tables of whole processes: seconds and memory in place of rates. Less is better. */

import { formatCells } from '../table.ts';

/** One figure over all rounds. */
export interface Spread {
  readonly each: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface JobRow {
  readonly name: string;
  readonly wallSeconds: Spread;
  readonly cpuSeconds: Spread;
  /** Missing where it is not the contestant's own. */
  readonly peakMib?: Spread;
  /** Medians over the rounds of this time / the reference's in the same round. */
  readonly wallRatio: number;
  readonly cpuRatio: number;
}

export interface JobTable {
  readonly title: string;
  readonly reference: string;
  readonly seed: number;
  readonly note: string;
  readonly rows: readonly JobRow[];
}

/** What a contestant took in one round. */
export interface Figures {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMib?: number;
}

export function spreadOf(each: readonly number[]): Spread {
  const sorted = [...each].sort((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? Number.NaN;
  const last = sorted.length - 1;
  return { each, median: (at(last >> 1) + at((last + 1) >> 1)) / 2, min: at(0), max: at(last) };
}

/** The rows of what was measured round by round, in order of appearance. */
export function jobRows(rounds: ReadonlyMap<string, readonly Figures[]>, reference: string): JobRow[] {
  const base = rounds.get(reference);
  if (base === undefined) throw new RangeError(`reference "${reference}" is not among the contestants`);
  return [...rounds].map(([name, figures]) => {
    const all = (what: keyof Figures): number[] => figures.flatMap((round) => round[what] ?? []);
    const ratio = (what: 'wallSeconds' | 'cpuSeconds'): number =>
      spreadOf(figures.map((round, index) => round[what] / (base[index]?.[what] ?? Number.NaN))).median;
    const peaks = all('peakMib');
    return {
      name,
      wallSeconds: spreadOf(all('wallSeconds')),
      cpuSeconds: spreadOf(all('cpuSeconds')),
      ...(peaks.length === 0 ? {} : { peakMib: spreadOf(peaks) }),
      wallRatio: ratio('wallSeconds'),
      cpuRatio: ratio('cpuSeconds'),
    };
  });
}

/** A table as lines for people. */
export function formatJob({ title, reference, seed, note, rows }: JobTable): string {
  const head = ['', 'wall s', 'min..max', 'ratio', 'CPU s', 'min..max', 'ratio', 'MiB'];
  const body = rows.map(({ name, wallSeconds, wallRatio, cpuSeconds, cpuRatio, peakMib }) => [
    name,
    ...cellsOf(wallSeconds, wallRatio),
    ...cellsOf(cpuSeconds, cpuRatio),
    peakMib?.median.toFixed(0) ?? '',
  ]);
  const rounds = rows[0]?.wallSeconds.each.length ?? 0;
  const legend = `medians of ${rounds} rounds; ratios to "${reference}" in the same round; seed ${seed}`;
  return formatCells(title, [head, ...body], [legend, note]);
}

function cellsOf({ median, min, max }: Spread, ratio: number): string[] {
  return [seconds(median), `${seconds(min)}..${seconds(max)}`, ratio.toFixed(2)];
}

function seconds(value: number): string {
  return value.toFixed(value < 0.1 ? 4 : 3);
}

/** What was scanned of each size as a picture: rate, peak memory and metadata, a line for each budget. */

import { bytes } from '../../src/format.ts';
import { drawPanel, legendLine, PANEL, type Style, stepOf } from '../lines.ts';
import { type Machine, machineLine } from '../machine.ts';
import { picture, smallPrint } from '../svg.ts';

/** One scan: what it was given, took, and found. */
export interface SizeRun {
  readonly gib: number;
  /** Bytes; undefined: half of what was free. */
  readonly budget?: number | undefined;
  readonly pages: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Largest resident size of the process, in MiB. */
  readonly peakMib: number;
  /** The engine's records, bytes for each page that it has. */
  readonly metadata: number;
  readonly savedBytes: number;
  /** Of a sample. */
  readonly share: number;
  readonly bounds: readonly [number, number] | null;
}

export interface SizesReport {
  readonly version: 1;
  readonly date: string;
  readonly machine: Machine;
  readonly runs: readonly SizeRun[];
}

/** By the order of the budgets. Where lines lie on each other, the earlier shows between the dashes of the later. */
const LINES: readonly Style[] = ['stroke="#2f81f7"', 'stroke="#d9b44a" stroke-dasharray="8 6"', 'stroke="#d4606e"'];
const LEGEND = 19;
const GAP = 52;

const PANELS: readonly { heading: string; value(run: SizeRun): number }[] = [
  { heading: 'Rate, M pages a CPU second', value: ({ pages, cpuSeconds }) => pages / cpuSeconds / 1e6 },
  { heading: 'Peak memory of the process, MiB', value: ({ peakMib }) => peakMib },
  { heading: 'Metadata, bytes a page that the engine has', value: ({ metadata }) => metadata },
];

/** The picture, as the text of an SVG file. */
export function sizesChart({ runs, machine, date }: SizesReport): string {
  const budgets = [...new Set(runs.map(({ budget }) => budget))];
  const sizes = [...new Set(runs.map(({ gib }) => gib))].sort((one, other) => one - other);
  const place = (gib: number): number => (sizes.length < 2 ? 0 : Math.log(gib / first) / Math.log(last / first));
  const [first = 1, last = 1] = [sizes[0], sizes.at(-1)];
  const names = sizes.map((gib) => ({ at: place(gib), name: `${gib} GiB` }));
  const parts = budgets.flatMap((budget, index) => {
    const words = `--memory ${budget === undefined ? 'as it is by default: half of what is free' : bytes(budget)}`;
    return legendLine(84 + index * LEGEND, LINES[index] as Style, words + samplesOf(runs, budget));
  });
  let top = 84 + budgets.length * LEGEND + 24;
  for (const { heading, value } of PANELS) {
    const lines = budgets.map((budget, index) => {
      const points = runs.filter((run) => run.budget === budget).map((run) => [place(run.gib), value(run)] as const);
      return { style: LINES[index] as Style, points };
    });
    const step = stepOf(Math.max(...runs.map(value)));
    const most = step * Math.ceil(Math.max(...runs.map(value)) / step);
    parts.push(...drawPanel({ heading, top, most, step, names, lines }));
    top += PANEL + GAP;
  }
  const notes = smallPrint([`${date.slice(0, 10)}; ${machineLine(machine)}`], top - 18);
  const title = `ksm scan of ${first} to ${last} GiB`;
  const subtitle = 'Guests of 1 GiB that are made while they are read: 30 % of the pages common to all, 20 % zero';
  return picture(notes.bottom + 18, title, subtitle, [...parts, ...notes.parts]);
}

/** From which size on a budget has room for a sample only. */
function samplesOf(runs: readonly SizeRun[], budget: number | undefined): string {
  const sampled = runs.filter((run) => run.budget === budget && run.share < 1).map(({ gib }) => gib);
  return sampled.length === 0 ? '' : `; from ${Math.min(...sampled)} GiB on a sample`;
}

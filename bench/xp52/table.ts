/** Outcomes as a table for people, and as what is kept of them. */

import { inColumns } from '../columns.ts';
import type { Machine } from '../machine.ts';
import { settingsLine } from './scenarios.ts';
import type { Outcome } from './simulate.ts';

/** An outcome, and what the simulation of it cost. */
export interface Run extends Outcome {
  readonly wallSeconds: number;
  /** CPU time, which what else runs on the machine takes none of. */
  readonly cpuSeconds: number;
  /** Bytes that the process had resident at its end. */
  readonly memory: number;
}

/** What was simulated, in units that do not depend on the scale, and what came of it. */
export interface Xp52Report {
  readonly version: 1;
  readonly date: string;
  readonly machine: Machine;
  readonly guests: number;
  /** Bytes of a guest's memory, and of the host's. */
  readonly guestBytes: number;
  readonly hostBytes: number;
  readonly scale: number;
  readonly seconds: number;
  readonly seed: number;
  /** Bytes in use if all that is equal were one. */
  readonly leastBytes: number;
  readonly runs: readonly Run[];
}

/** Bytes of a frame of a report. */
export function frameBytes({ scale }: Pick<Xp52Report, 'scale'>): number {
  return 4096 * scale;
}

const HEAD = [
  '',
  'guests',
  'all by',
  'waits from',
  'out at',
  'peak GiB',
  'end GiB',
  'pages_shared',
  'pages_sharing',
  'ksm_zero_pages',
  'ksmd',
  'wall s',
  'CPU s',
  'MiB',
];

export function formatRuns(report: Xp52Report): string {
  const rows = report.runs.map((run) => rowOf(report, run));
  const legend = report.runs.map(({ scenario }) => `${scenario.name}: ${settingsLine(scenario)}`);
  return [titleOf(report), ...inColumns([HEAD, ...rows]), ...notesOf(report), ...legend].join('\n');
}

export function titleOf({ guests, guestBytes, hostBytes, scale }: Xp52Report): string {
  const scaled = scale === 1 ? '' : `, a page for ${scale}`;
  return `${guests} guests of ${gibibytes(guestBytes, 0)} GiB in a host with ${gibibytes(hostBytes, 0)} GiB${scaled}`;
}

/** What a reader has to know to understand the figures. */
function notesOf({ seconds, seed, leastBytes }: Xp52Report): string[] {
  return [
    `Virtual time (h:mm:ss): ${seconds / 3600} hours, or half an hour more than all guests need to boot; seed ${seed}.`,
    `All that is equal merged: ${gibibytes(leastBytes)} GiB.`,
    'A guest is started when the one before has booted and all of its memory fits; "waits from": when one first did not fit.',
    '"out at": when a guest first got no frame that it wanted. ksmd: its part of one CPU, at 2 µs a page.',
  ];
}

function rowOf(report: Xp52Report, run: Run): string[] {
  const { counters, samples, scenario } = run;
  const bytes = (frames: number): string => gibibytes(frames * frameBytes(report));
  const pages = (count: number): string => (count * report.scale).toLocaleString('en');
  return [
    scenario.name,
    String(run.guests),
    ...[run.doneAt, run.waitedAt, run.ranOutAt].map(clockTime),
    bytes(run.peak),
    bytes(samples.at(-1)?.frames ?? 0),
    ...[counters.pages_shared, counters.pages_sharing, counters.ksm_zero_pages].map(pages),
    `${(run.load * 100).toFixed(1)} %`,
    run.wallSeconds.toFixed(0),
    run.cpuSeconds.toFixed(run.cpuSeconds < 10 ? 1 : 0),
    (run.memory / 2 ** 20).toFixed(0),
  ];
}

function gibibytes(bytes: number, digits: number = 2): string {
  const value = bytes / 2 ** 30;
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.max(1, digits));
}

/** h:mm:ss, or a dash if it never came. */
function clockTime(second: number | undefined): string {
  if (second === undefined) return '–';
  const [hours, minutes, seconds] = [second / 3600, (second / 60) % 60, second % 60].map(Math.floor) as [
    number,
    number,
    number,
  ];
  return `${hours}:${String(minutes).padStart(2, '0')}:${String(seconds).padStart(2, '0')}`;
}

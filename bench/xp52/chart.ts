/** What was simulated as a picture: frames in use and guests that run over virtual time, a line for each scenario. */

import { GREY, picture, round, smallPrint, text, WIDTH } from '../svg.ts';
import { settingsLine } from './scenarios.ts';
import type { Sample } from './simulate.ts';
import { frameBytes, type Run, titleOf, type Xp52Report } from './table.ts';

/** By the order of the scenarios; those that are alike are told apart by the dashes. */
const LINES = [
  'stroke="#8c959f"',
  'stroke="#d4606e"',
  'stroke="#d4606e" stroke-dasharray="5 4"',
  'stroke="#d9b44a"',
  'stroke="#2f81f7"',
  'stroke="#2da44e"',
];
const LEFT = 64;
const RIGHT = WIDTH - 32;
const LEGEND = 19;
const PANEL = 230;
const GAP = 52;

interface Panel {
  readonly heading: string;
  /** The limit, and the steps of the scale up to it. */
  readonly most: number;
  readonly step: number;
  value(sample: Sample): number;
}

/** The picture, as the text of an SVG file. */
export function xp52Chart(report: Xp52Report): string {
  const { runs, guests, hostBytes, leastBytes, seconds, date } = report;
  const gibibyte = 2 ** 30;
  const panels: Panel[] = [
    {
      heading: 'Frames in use, GiB',
      most: hostBytes / gibibyte,
      step: stepOf(hostBytes / gibibyte),
      value: ({ frames }) => (frames * frameBytes(report)) / gibibyte,
    },
    { heading: 'Guests that have booted', most: guests, step: stepOf(guests), value: (sample) => sample.guests },
  ];
  const parts = runs.flatMap((run, index) => legendOf(run, index, 84 + index * LEGEND));
  let top = 84 + runs.length * LEGEND + 24;
  for (const panel of panels) {
    parts.push(...drawPanel(panel, runs, seconds, top));
    top += PANEL + GAP;
  }
  const least = `If all that is equal were one page: ${(leastBytes / gibibyte).toFixed(1)} GiB. ksmd takes 2 µs a page.`;
  const notes = smallPrint([least, `Simulated in virtual time: ${date.slice(0, 10)}, seed ${report.seed}`], top - 18);
  const subtitle =
    'A guest is started when the one before has booted and it fits; each touches all of its memory in a minute';
  return picture(notes.bottom + 18, titleOf(report), subtitle, [...parts, ...notes.parts]);
}

function legendOf({ scenario, guests }: Run, index: number, y: number): string[] {
  return [
    `<path d="M24 ${y - 4}H52" fill="none" stroke-width="2" ${LINES[index % LINES.length]}/>`,
    text(62, y, `${scenario.name} (${settingsLine(scenario)}): ${guests} guests`, 'font-size="12"'),
  ];
}

function drawPanel(
  { heading, most, step, value }: Panel,
  runs: readonly Run[],
  seconds: number,
  top: number,
): string[] {
  const across = (second: number): number => round(LEFT + (second / seconds) * (RIGHT - LEFT));
  const up = (of: number): number => round(top + PANEL - (of / most) * PANEL);
  const grid = stepsTo(most, step).flatMap((of) => [
    `<path d="M${LEFT} ${up(of)}H${RIGHT}" stroke="#d0d7de"/>`,
    text(LEFT - 8, up(of) + 4, String(of), `text-anchor="end" font-size="11" fill="${GREY}"`),
  ]);
  const hours = stepsTo(seconds / 3600, seconds > 7200 ? 0.5 : 0.25).map((hour) =>
    text(across(hour * 3600), top + PANEL + 17, `${hour} h`, `text-anchor="middle" font-size="11" fill="${GREY}"`),
  );
  const lines = runs.map(({ samples }, index) => {
    const points = samples.map((sample) => `${across(sample.second)} ${up(value(sample))}`);
    return `<path d="M${points.join('L')}" fill="none" stroke-width="2" ${LINES[index % LINES.length]}/>`;
  });
  return [text(24, top - 10, heading, 'font-weight="600"'), ...grid, ...hours, ...lines];
}

/** 0, then every step that is not too near to the end, and the end. */
function stepsTo(end: number, step: number): number[] {
  const steps = Array.from({ length: Math.max(1, Math.round(end / step)) }, (_, index) => index * step);
  return [...steps, end];
}

/** A step of 1, 2 or 5 times a power of ten that gives at most six. */
function stepOf(end: number): number {
  const least = end / 6;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((times) => power * times >= least) ?? 10);
}

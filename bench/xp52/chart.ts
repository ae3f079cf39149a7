/** What was simulated as a picture: frames in use and guests that run over virtual time, a line for each scenario. */

import { drawPanel, legendLine, PANEL, type Style, stepOf, stepsTo } from '../lines.ts';
import { picture, smallPrint } from '../svg.ts';
import { settingsLine } from './scenarios.ts';
import type { Sample } from './simulate.ts';
import { frameBytes, titleOf, type Xp52Report } from './table.ts';

/** By the order of the scenarios; those that are alike are told apart by the dashes. */
const LINES = [
  'stroke="#8c959f"',
  'stroke="#d4606e"',
  'stroke="#d4606e" stroke-dasharray="5 4"',
  'stroke="#d9b44a"',
  'stroke="#2f81f7"',
  'stroke="#2da44e"',
];
const LEGEND = 19;
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
  const parts = runs.flatMap(({ scenario, guests: booted }, index) => {
    const words = `${scenario.name} (${settingsLine(scenario)}): ${booted} guests`;
    return legendLine(84 + index * LEGEND, styleOf(index), words);
  });
  const hours = stepsTo(seconds / 3600, seconds > 7200 ? 0.5 : 0.25);
  const names = hours.map((hour) => ({ at: (hour * 3600) / seconds, name: `${hour} h` }));
  let top = 84 + runs.length * LEGEND + 24;
  for (const panel of panels) {
    const lines = runs.map(({ samples }, index) => {
      const points = samples.map((sample) => [sample.second / seconds, panel.value(sample)] as const);
      return { style: styleOf(index), points };
    });
    parts.push(...drawPanel({ ...panel, top, names, lines }));
    top += PANEL + GAP;
  }
  const least = `If all that is equal were one page: ${(leastBytes / gibibyte).toFixed(1)} GiB. ksmd takes 2 µs a page.`;
  const notes = smallPrint([least, `Simulated in virtual time: ${date.slice(0, 10)}, seed ${report.seed}`], top - 18);
  const subtitle =
    'A guest is started when the one before has booted and it fits; each touches all of its memory in a minute';
  return picture(notes.bottom + 18, titleOf(report), subtitle, [...parts, ...notes.parts]);
}

function styleOf(index: number): Style {
  return LINES[index % LINES.length] as Style;
}

/** The picture of a run: what was saved over time, and what each page of both guests is at the end. */
import { drawPanel, PANEL } from '../../bench/lines.ts';
import { GREY, picture, round, smallPrint, text, WIDTH } from '../../bench/svg.ts';
import { KINDS, type Kind } from './watch.ts';

const PAGES_A_MIB = 256;
const COLUMNS = 192;
/** Side of a page's cell. */
const CELL = 2;
const COLOURS: Record<Kind, string> = { untouched: '#eaeef2', unique: '#8c959f', shared: '#1a7f37', zero: '#54aeff' };
const MEANINGS: Record<Kind, string> = {
  untouched: 'never touched',
  unique: 'like no other',
  shared: 'shared',
  zero: 'zero, on the zero frame',
};
const TOP = 100;
const MAPS = TOP + PANEL + 76;

export interface Sample {
  /** Since the guests were switched on. */
  readonly seconds: number;
  /** Pages saved, and those of them that are pages of zeros. */
  readonly saved: number;
  readonly zero: number;
}

export interface Mark {
  readonly name: string;
  readonly seconds: number;
}

export interface Run {
  readonly title: string;
  readonly subtitle: string;
  readonly samples: readonly Sample[];
  /** What both guests had reached, and when. */
  readonly marks: readonly Mark[];
  /** For each guest what its pages are, as places in KINDS. */
  readonly maps: readonly Uint8Array[];
}

/** Draws a run. Needs a sample at least. */
export function pictureOf({ title, subtitle, samples, marks, maps }: Run): string {
  const rows = Math.max(...maps.map((map) => Math.ceil(map.length / COLUMNS)));
  const legend = MAPS + rows * CELL + 30;
  const reached = marks.map(({ name, seconds }) => `${name} (${Math.round(seconds)} s)`).join(', ');
  const { parts, bottom } = smallPrint(
    [
      `Dashed: when both guests had reached ${reached || 'nothing yet'}.`,
      `A cell is a page of 4 KiB; the pages of a guest are in the order of their physical addresses, ${COLUMNS} in a row.`,
    ],
    legend + 14,
  );
  const gap = (WIDTH - maps.length * COLUMNS * CELL) / (maps.length + 1);
  const drawn = maps.flatMap((map, index) => {
    const left = round(gap + index * (COLUMNS * CELL + gap));
    return [text(left, MAPS - 10, `Guest ${index + 1}`, 'font-weight="600"'), ...mapOf(map, left)];
  });
  const curves = curvesOf(samples, marks);
  return picture(bottom + 16, title, subtitle, [...curves, ...drawn, ...legendOf(maps, legend), ...parts]);
}

function curvesOf(samples: readonly Sample[], marks: readonly Mark[]): string[] {
  const end = Math.max(1, ...samples.map(({ seconds }) => seconds));
  const highest = Math.max(1, ...samples.map(({ saved }) => saved / PAGES_A_MIB));
  const step = [1, 2, 5, 10, 20, 50, 100].find((each) => highest / each <= 5) ?? 200;
  const most = Math.ceil(highest / step) * step;
  const line = (of: (sample: Sample) => number): [number, number][] =>
    samples.map((sample) => [sample.seconds / end, of(sample) / PAGES_A_MIB]);
  const tick = [5, 10, 20, 50, 100].find((each) => end / each <= 12) ?? 200;
  const names = Array.from({ length: Math.floor(end / tick) + 1 }, (_, index) => index * tick);
  return drawPanel({
    heading: 'MiB saved: all (green), and of these the pages of zeros (blue)',
    top: TOP,
    most,
    step,
    names: names.map((seconds) => ({ at: seconds / end, name: `${seconds} s` })),
    lines: [
      ...marks.map(({ seconds }) => ({
        style: `stroke="${GREY}" stroke-dasharray="2 4"`,
        points: [[seconds / end, 0] as const, [seconds / end, most] as const],
      })),
      { style: `stroke="${COLOURS.zero}"`, points: line(({ zero }) => zero) },
      { style: `stroke="${COLOURS.shared}"`, points: line(({ saved }) => saved) },
    ],
  });
}

/** A guest's pages: a path for each kind, of strokes as long as there are pages of that kind in a row. */
function mapOf(map: Uint8Array, left: number): string[] {
  const height = Math.ceil(map.length / COLUMNS) * CELL;
  const strokes = KINDS.map(() => '');
  for (let from = 0; from < map.length; ) {
    const kind = map[from] as number;
    const row = Math.floor(from / COLUMNS);
    const limit = Math.min(map.length, (row + 1) * COLUMNS);
    let to = from + 1;
    while (to < limit && map[to] === kind) to++;
    strokes[kind] += `M${from % COLUMNS} ${row}h${to - from}`;
    from = to;
  }
  const paths = KINDS.flatMap((kind, index) =>
    index === 0 || strokes[index] === ''
      ? []
      : [`<path class="${kind}" stroke="${COLOURS[kind]}" d="${strokes[index]}"/>`],
  );
  return [
    `<rect x="${left}" y="${MAPS}" width="${COLUMNS * CELL}" height="${height}" fill="${COLOURS.untouched}"/>`,
    `<g fill="none" transform="translate(${left} ${MAPS + CELL / 2}) scale(${CELL})">`,
    ...paths,
    '</g>',
  ];
}

function legendOf(maps: readonly Uint8Array[], y: number): string[] {
  const all = maps.flatMap((map) => [...map]);
  return KINDS.flatMap((kind, index) => {
    const x = 64 + index * 216;
    const count = all.filter((each) => each === index).length.toLocaleString('en-US');
    return [
      `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${COLOURS[kind]}"/>`,
      text(x + 18, y, `${MEANINGS[kind]}: ${count}`, 'font-size="12"'),
    ];
  });
}

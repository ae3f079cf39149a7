/** The picture that examples/v86 draws: each page is one cell of its kind, and the curve ends where the run did. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pictureOf, type Run } from '../../../examples/v86/picture.ts';
import { KINDS } from '../../../examples/v86/watch.ts';
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';
import { malformed } from '../bench/xml.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MEANINGS = ['never touched', 'like no other', 'shared', 'zero, on the zero frame'];
const COLUMNS = 192;
const dice = new Dice('picture');
/** The last row is not full. */
const maps = [5 * COLUMNS + 77, 2 * COLUMNS].map((pages) => Uint8Array.from({ length: pages }, () => dice.below(4)));
const run: Run = {
  title: 'Two & a half',
  subtitle: 'below',
  samples: [
    { seconds: 2, saved: 0, zero: 0 },
    { seconds: 4, saved: 256 * 8, zero: 256 * 2 },
    { seconds: 8, saved: 256 * 10, zero: 0 },
  ],
  marks: [{ name: 'their kernel', seconds: 4.4 }],
  maps,
};
const svg = pictureOf(run);

/** Pages of a kind as they are drawn, in one guest's map. */
function drawn(guest: number, kind: string): number[] {
  const group = svg.split('<g fill="none"')[guest + 1]?.split('</g>')[0] ?? '';
  const [, strokes = ''] = new RegExp(`class="${kind}"[^>]* d="([^"]*)"`).exec(group) ?? [];
  return [...strokes.matchAll(/M(\d+) (\d+)h(\d+)/g)].flatMap(([, x, y, length]) =>
    Array.from({ length: Number(length) }, (_, index) => Number(y) * COLUMNS + Number(x) + index),
  );
}

test.each([0, 1])('each page of guest %i is drawn once, in its kind', (guest) => {
  const map = maps[guest] as Uint8Array;
  for (const [index, kind] of KINDS.entries()) {
    if (kind === 'untouched') continue; // the ground on which the others are drawn
    const pages = [...map.keys()].filter((page) => map[page] === index);
    expect(drawn(guest, kind), kind).toEqual(pages);
  }
  expect(drawn(guest, 'untouched')).toEqual([]);
});

test('the legend counts the pages of both', () => {
  const all = maps.flatMap((map) => [...map]);
  const counts = KINDS.map((_, index) => all.filter((kind) => kind === index).length);
  for (const [index, meaning] of MEANINGS.entries()) expect(svg).toContain(`>${meaning}: ${counts[index]}<`);
});

test('the curve of what is saved goes from the first sample to the last, on a scale from 0', () => {
  const [curve = ''] = svg.match(/<path d="M[^"]*" fill="none" stroke-width="2" stroke="#1a7f37"\/>/) ?? [];
  const [x, y] = [0, 1].map((at) => [...curve.matchAll(/([\d.]+) ([\d.]+)(?=[L"])/g)].map((m) => Number(m[at + 1])));
  // A panel of 230, from 100 on; 10 MiB is the highest, and the end of the scale.
  expect(y).toEqual([330, 330 - 230 * 0.8, 100]);
  const [first = 0, second = 0, last = 0] = x ?? [];
  expect((second - first) / (last - first)).toBeCloseTo(1 / 3, 3);
});

test('the picture in docs/ is of two guests of 96 MiB, and docs/embedding.md has its figures', () => {
  const sample = readFileSync(join(ROOT, 'docs/v86.svg'), 'utf8');
  expect(malformed(sample)).toBeUndefined();
  expect(sample.length).toBeLessThan(40_000);
  const [untouched = 0, unique = 0, shared = 0, zero = 0] = MEANINGS.map((meaning) =>
    Number(new RegExp(`>${meaning}: ([\\d,]+)<`).exec(sample)?.[1]?.replaceAll(',', '')),
  );
  expect(untouched + unique + shared + zero).toBe((2 * 96 * 2 ** 20) / PAGE);
  const [, saved, present] = /KSM would save ([\d.]+) of ([\d.]+) MiB/.exec(sample) ?? [];
  expect(((unique + shared + zero) / 256).toFixed(1)).toBe(present);
  expect(readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8')).toContain(
    `At the end KSM would save ${saved} of ${present} MiB.`,
  );
});

test('it is well formed, and names the mark with its time', () => {
  expect(malformed(svg)).toBeUndefined();
  expect(svg).toContain('had reached their kernel (4 s).');
  expect(svg).toContain('Two &amp; a half');
});

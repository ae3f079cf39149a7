/** Panels of lines, for the pictures of the benches: a scale on the left, names below, and a line for each of what is compared. */

import { GREY, round, text, WIDTH } from './svg.ts';

const LEFT = 64;
const RIGHT = WIDTH - 32;
export const PANEL = 230;

/** How a line is drawn: attributes of its path. */
export type Style = string;

export interface LinePanel {
  readonly heading: string;
  /** Where its scale begins, in the picture. */
  readonly top: number;
  /** The limit of the scale, which begins at 0. */
  readonly most: number;
  readonly step: number;
  /** Below the panel, by their place from 0, left, to 1, right. */
  readonly names: readonly { readonly at: number; readonly name: string }[];
  /** Points are {place from 0 to 1, value}. */
  readonly lines: readonly { readonly style: Style; readonly points: readonly (readonly [number, number])[] }[];
}

export function drawPanel({ heading, top, most, step, names, lines }: LinePanel): string[] {
  const across = (at: number): number => round(LEFT + at * (RIGHT - LEFT));
  const up = (of: number): number => round(top + PANEL - (of / most) * PANEL);
  const grid = stepsTo(most, step).flatMap((of) => [
    `<path d="M${LEFT} ${up(of)}H${RIGHT}" stroke="#d0d7de"/>`,
    text(LEFT - 8, up(of) + 4, String(of), `text-anchor="end" font-size="11" fill="${GREY}"`),
  ]);
  const below = names.map(({ at, name }) =>
    text(across(at), top + PANEL + 17, name, `text-anchor="middle" font-size="11" fill="${GREY}"`),
  );
  const paths = lines.map(({ style, points }) => {
    const places = points.map(([at, value]) => `${across(at)} ${up(value)}`);
    return `<path d="M${places.join('L')}" fill="none" stroke-width="2" ${style}/>`;
  });
  return [text(24, top - 10, heading, 'font-weight="600"'), ...grid, ...below, ...paths];
}

/** A line of the legend, from y = `y` up. */
export function legendLine(y: number, style: Style, words: string): string[] {
  return [`<path d="M24 ${y - 4}H52" fill="none" stroke-width="2" ${style}/>`, text(62, y, words, 'font-size="12"')];
}

/** 0, then every step that is not too near to the end, and the end. */
export function stepsTo(end: number, step: number): number[] {
  const steps = Array.from({ length: Math.max(1, Math.round(end / step)) }, (_, index) => index * step);
  return [...steps, end];
}

/** A step of 1, 2 or 5 times a power of ten that gives at most six. */
export function stepOf(end: number): number {
  const least = end / 6;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((times) => power * times >= least) ?? 10);
}

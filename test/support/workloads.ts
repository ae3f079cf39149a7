/**
 * Contents of small memory images, as numbers: six ways in which pages are alike. A number's page follows from it alone, and no two
 * numbers have the same; 0 is a page of zeros.
 */
import type { Dice } from './dice.ts';
import { PAGE } from './page.ts';

/** What the pages of an image have in common. */
export const WORKLOADS = ['unique', 'sixteen', 'half', 'zero', 'linux', 'few'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** The contents of `pages` pages, in the order in which they lie. */
export function contentsOf(workload: Workload, pages: number, dice: Dice): number[] {
  const list = Array.from({ length: pages }, (_, index) => ONE[workload](index, pages, dice));
  return workload === 'linux' ? list : shuffled(list, dice);
}

/** The content of page `index` of so many. */
const ONE: Readonly<Record<Workload, (index: number, pages: number, dice: Dice) => number>> = {
  unique: (index) => 1 + index,
  sixteen: (index) => 1 + (index >> 4),
  half: (index, pages) => 1 + (index < pages / 2 ? index : pages + (index >> 1)),
  zero: (index) => (index % 4 === 0 ? 1 + index : 0),
  /** As a process's: zeros, few contents over and over, libraries that others have too, and half of all nobody else's. */
  linux: (index, _, dice) =>
    dice.pick([0, 1 + dice.below(3), 1000 + (index % 50), ...Array(4).fill(10_000 + (dice.bits() >>> 1))]),
  few: (_, __, dice) => 1 + dice.below(3),
};

function shuffled(list: number[], dice: Dice): number[] {
  for (let at = list.length - 1; at > 0; at--) {
    const other = dice.below(at + 1);
    [list[at], list[other]] = [list[other] as number, list[at] as number];
  }
  return list;
}

/**
 * The page of a content. They begin alike in three of four, for 2 bytes to all but the last, so that only what lies behind orders them: as
 * memory of programs does, and as orders by the first bytes get wrong. Words are of all magnitudes, the highest bit included.
 */
export function pageOf(content: number): Uint8Array {
  const page = new Uint8Array(PAGE);
  if (content === 0) return page;
  const from = [0, 2, 12, PAGE - 8][content % 4] as number;
  page.fill(content % 8 < 4 ? 0 : 0xc3, 0, from);
  const view = new DataView(page.buffer);
  let word = Math.imul(content, 0x9e37_79b1) >>> 0;
  for (let at = Math.min(from, PAGE - 8); at + 8 <= PAGE; at += from === PAGE - 8 ? 8 : 250) {
    view.setUint32(at, word);
    view.setUint32(at + 4, content);
    word = Math.imul(word ^ (word >>> 15), 0x85eb_ca6b) >>> 0;
  }
  return page;
}

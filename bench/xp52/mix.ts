/**
 * What a guest's memory is made of: how many of its pages have a content that others have, too.
 *
 * The shares follow from what Difference Engine (Gupta et al., OSDI 2008) counted in three guests of 512 MiB, with Windows XP and two
 * Linux distributions: of 393,120 pages 149,038 zero, 52,436 with a content that is there twice or more, 191,646 unique. A guest of 1 GiB
 * is taken to have used as much, and the other half of its memory to be free. Windows writes zeros to free memory soon after it starts, so
 * the host has to give it a frame for each page.
 *
 * That is careful: guests with one system share more than guests with three. How often contents are there within one guest is left out.
 */

import { xorshift } from '../workloads.ts';

/** Shares of a guest's memory; they sum to 1. */
export interface Mix {
  /** In all guests: kernel, programs, libraries, caches of the same files. */
  readonly common: number;
  /** In all guests of the same kind. */
  readonly kind: number;
  /** In this guest only, and never written again. */
  readonly still: number;
  /** In this guest only, and written again and again. */
  readonly busy: number;
  /** Zeros. */
  readonly zero: number;
}

/** The same in pages. */
export type Sizes = Readonly<Record<keyof Mix, number>>;

const COUNTED = { zero: 149_038, duplicate: 52_436, unique: 191_646 };
const TOTAL = COUNTED.zero + COUNTED.duplicate + COUNTED.unique;
/** The part of a guest's memory that is as counted; the rest is free. Chosen: 512 MiB of 1 GiB. */
const USED = 0.5;
/** Chosen: of what several guests have, the part that only guests of one kind have. */
const KIND = 0.25;
/** Chosen: of what one guest has, the part that is written again and again. */
const BUSY = 0.25;
/** Chosen: a guest has up to so much more or less of its own than the mix says. */
const SPREAD = 0.2;

export const MIX: Mix = {
  common: (USED * (1 - KIND) * COUNTED.duplicate) / TOTAL,
  kind: (USED * KIND * COUNTED.duplicate) / TOTAL,
  still: (USED * (1 - BUSY) * COUNTED.unique) / TOTAL,
  busy: (USED * BUSY * COUNTED.unique) / TOTAL,
  zero: 1 - (USED * (COUNTED.duplicate + COUNTED.unique)) / TOTAL,
};

/** Numbers from 0 to 1, 1 left out, the same for the same seed. */
export function diceOf(seed: number): () => number {
  let state = seed || 1;
  return () => {
    state = xorshift(state);
    return state / 2 ** 32;
  };
}

/** What one guest has in `pages` pages: the mix, but more or less of its own, which dice decide. */
export function sizesOf(mix: Mix, pages: number, dice: () => number): Sizes {
  const common = Math.round(mix.common * pages);
  const kind = Math.round(mix.kind * pages);
  const most = (pages - common - kind) / ((mix.still + mix.busy) * pages);
  const factor = Math.min(most, 1 - SPREAD + 2 * SPREAD * dice());
  const still = Math.floor(factor * mix.still * pages);
  const busy = Math.floor(factor * mix.busy * pages);
  return { common, kind, still, busy, zero: pages - common - kind - still - busy };
}

/**
 * Frames that guests need once everything that is equal is merged, the zero page left out. `common`: different contents among the pages
 * that all have in common; default: each of them is another.
 */
export function leastFrames(
  guests: readonly { readonly sizes: Sizes; readonly kind: number }[],
  common: number = guests[0]?.sizes.common ?? 0,
): number {
  const own = guests.reduce((sum, { sizes }) => sum + sizes.still + sizes.busy, 0);
  const kinds = new Map(guests.map(({ kind, sizes }) => [kind, sizes.kind]));
  return own + [...kinds.values()].reduce((sum, pages) => sum + pages, common);
}

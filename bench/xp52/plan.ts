/**
 * What each guest will do, before any is started: how much it has of what, of which kind it is, and which contents these are. It depends on
 * the seed alone, so all scenarios have the same guests.
 */

import { Contents } from './contents.ts';
import type { GuestOptions, Part } from './guest.ts';
import { diceOf, type Mix, type Sizes, sizesOf } from './mix.ts';

/** How many kinds of guests there are. Chosen. */
const KINDS = 4;
/** Chosen: a guest has touched all its memory after a minute, and writes each of its busy pages once a minute. */
const BOOT_SECONDS = 60;
const BUSY_SECONDS = 60;

export interface Plan {
  readonly sizes: Sizes;
  /** Which kind of guest it is, from 0. */
  readonly kind: number;
  readonly contents: Contents;
  readonly options: GuestOptions;
}

export interface PlanOptions {
  readonly guests: number;
  /** Pages of each guest. */
  readonly pages: number;
  readonly seed: number;
  readonly mix: Mix;
  /** Names of the pages that all have in common, as many as the mix says. Default: contents of the simulation's own. */
  readonly common?: BigUint64Array | undefined;
}

export function plansOf({ guests, pages, seed, mix, common: given }: PlanOptions): Plan[] {
  const dice = diceOf(seed);
  const contents = new Contents(seed);
  const common = given === undefined ? partOf(contents, Math.round(mix.common * pages)) : partOfNames(given);
  const kinds = Array.from({ length: KINDS }, () => partOf(contents, Math.round(mix.kind * pages)));
  return Array.from({ length: guests }, () => {
    const kind = Math.floor(dice() * KINDS);
    const sizes = sizesOf(mix, pages, dice);
    const own = [partOf(contents, sizes.still), partOf(contents, sizes.busy)];
    const parts = [common, kinds[kind] as Part, ...own, zeros(sizes.zero)];
    return { sizes, kind, contents, options: { parts, busy: 3, bootSeconds: BOOT_SECONDS, busySeconds: BUSY_SECONDS } };
  });
}

function partOf(contents: Contents, pages: number): Part {
  const first = contents.fresh(pages);
  return { pages, names: (from, count) => contents.names(first + from, count) };
}

function partOfNames(names: BigUint64Array): Part {
  return { pages: names.length, names: (from, count) => names.subarray(from, from + count) };
}

function zeros(pages: number): Part {
  return { pages, names: (_from, count) => new BigUint64Array(count) };
}

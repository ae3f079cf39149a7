/**
 * What ksmd would keep of memory that changes: what survives the time that it needs from a write to a merge.
 *
 * It has to see a content twice, both pages in one pass, so that time is between 1 + d and 2 + d passes, where d is how far apart in a pass
 * the two pages are visited: 0 for neighbours, 1 at most. With smart scan it is more than seventeen passes, though shorter ones, and pages
 * of two or three copies may miss each other for good.
 */
import type { Bounds, Survival } from './survival.ts';

/** How far apart two pages are on average, if they lie anywhere. */
export const RANDOM_PLACE: number = 1 / 3;
/** Passes of smart scan from a write to a merge, at most, of neighbours. */
const SMART_PASSES = 18;

/** Seconds from a write to the merge, wherever the partner is. */
export function mergeDelay(pass: number): Bounds {
  return [pass, 3 * pass];
}

/** The share of the time, in pages, that a partner `place` of a pass away is merged. */
export function keptAt(survival: Survival, pass: number, place: number): number {
  return survival.mean((1 + place) * pass, (2 + place) * pass);
}

/** Between what the pages lie that ksmd keeps, without smart scan. */
export function keptBounds(survival: Survival, pass: number): Bounds {
  const [soonest, latest] = mergeDelay(pass);
  return [survival.bounds(latest)[0], survival.at(soonest)];
}

/** Pages a second that are copied because they are written while merged. `alike`: the survival of all pages that have a partner. */
export function copiesPerSecond(alike: Survival, pass: number, place: number): number {
  if (!Number.isFinite(pass)) return 0;
  const lost = alike.at((1 + place) * pass) - alike.bounds((2 + place) * pass)[0];
  return Math.max(0, lost) / pass;
}

/**
 * The same bounds with smart scan. `atRest`: pages that did not change in the whole film. `many`: the survival of pages whose content has
 * four copies or more; two or three may miss each other, so they count nothing at the lower end. `pass`: seconds of one with smart scan.
 */
export function smartBounds(
  survival: Survival,
  many: Survival,
  atRest: { readonly all: number; readonly many: number },
  pass: number,
): Bounds {
  const high = survival.at(pass);
  const late = SMART_PASSES * pass;
  if (survival.longest < late) return [Math.min(high, survival.bounds(late)[0]), high];
  return [Math.min(high, atRest.all + Math.max(0, many.at(late) - atRest.many)), high];
}

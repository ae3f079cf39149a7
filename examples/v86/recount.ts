/**
 * What KSM would save, counted from the guests' bytes alone: no engine and no hash of this project has a part in it.
 *
 * It stands beside the engine's counters to show that they are right, and reads all the memory at once.
 */
import { createHash } from 'node:crypto';
import { type Counts, KINDS, type Kind, savedOf } from './watch.ts';

const PAGE = 4096;

export interface Recount {
  /** Contents that several pages have, pages of these beyond the first, and pages like no other; without pages of zeros. */
  readonly shared: number;
  readonly sharing: number;
  readonly unshared: number;
  readonly zeros: number;
}

/** Counts the pages of all memories by the SHA-1 of their bytes. */
export function recount(rams: readonly Uint8Array[]): Recount {
  const pagesOf = new Map<string, number>();
  const digestOf = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('base64');
  for (const ram of rams) {
    for (let at = 0; at < ram.length; at += PAGE) {
      const digest = digestOf(ram.subarray(at, at + PAGE));
      pagesOf.set(digest, (pagesOf.get(digest) ?? 0) + 1);
    }
  }
  const zero = digestOf(new Uint8Array(PAGE));
  const zeros = pagesOf.get(zero) ?? 0;
  pagesOf.delete(zero);
  const counts = [...pagesOf.values()];
  const several = counts.filter((count) => count > 1);
  const sharing = several.reduce((sum, count) => sum + count - 1, 0);
  return { shared: several.length, sharing, unshared: counts.length - several.length, zeros };
}

/**
 * Where the engine's counters and the map of the pages differ from what is in the memories; empty if nowhere. To be asked once all is
 * settled.
 *
 * Two things are to be known. Pages that were never touched are pages of zeros, of which the engine knows nothing. And a frame that several
 * pages shared counts as shared, as in Linux, until the last of them is gone; but each content has one frame.
 */
export function differences(counts: Counts, maps: readonly Uint8Array[], rams: readonly Uint8Array[]): string[] {
  const pages = rams.reduce((sum, ram) => sum + ram.length / PAGE, 0);
  const right = recount(rams);
  const untouched = pages - counts.present;
  const mapped = (kind: Kind): number =>
    maps.reduce((sum, map) => sum + map.filter((each) => KINDS[each] === kind).length, 0);
  const rows: readonly (readonly [what: string, said: number, is: number])[] = [
    ['pages_sharing', counts.sharing, right.sharing],
    ['contents, pages_shared and pages_unshared', counts.shared + counts.unshared, right.shared + right.unshared],
    ['pages of zeros', counts.zero + untouched, right.zeros],
    ['pages saved', savedOf(counts), right.sharing + right.zeros - untouched],
    ['pages of the map that are shared', mapped('shared'), right.shared + right.sharing],
    ['pages of the map that are like no other', mapped('unique'), right.unshared],
    ['pages of the map that are zeros', mapped('zero') + mapped('untouched'), right.zeros],
  ];
  return rows.filter(([, said, is]) => said !== is).map(([what, said, is]) => `${what}: ${said}, but there are ${is}`);
}

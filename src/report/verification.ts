/** What a report says of how sure it is that equal pages are equal. */
import type { Scanned } from '../scan/index.ts';

/** Bound of the keyed hash: any two different pages have the same with at most this probability (docs/page-kernels.md). */
const PAIR = 2 ** -62;

export interface Verification {
  /** By what equal pages were found equal: the engine over bytes compares them itself. */
  readonly by: 'bytes' | 'hash';
  /** Merged pages that were read again and compared with another of their content. */
  readonly compared: number;
  /** Merged pages that have changed, or are gone, since they were first read: they were equal if equal hashes mean equal contents. */
  readonly changed: number;
  /** Merged pages that cannot be read again, or that a sample counts exactly, zero pages aside: of them the same is believed. */
  readonly believed: number;
  /** How often the scan began again, because different contents had the same hash. */
  readonly repaired: number;
  /** At most so likely do any two different pages have the same hash, n^2 / 2^63 for n pages; 0 if bytes have decided of all. */
  readonly false_match_chance: number;
}

export function verificationOf({ engines, verdict, renamings, sample }: Scanned, pages: number): Verification {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const isHash = engines.areNames && verdict === undefined;
  const heavy = isHash ? 0 : (sample?.heavy.believed() ?? 0);
  const [changed, believed] = [sum(verdict?.changed ?? []), sum(verdict?.believed ?? []) + heavy];
  return {
    by: isHash ? 'hash' : 'bytes',
    compared: verdict?.equal ?? 0,
    changed,
    believed,
    repaired: renamings,
    false_match_chance: isHash || changed + believed > 0 ? ((pages * pages) / 2) * PAIR : 0,
  };
}

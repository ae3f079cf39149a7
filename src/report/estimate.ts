/**
 * What a sample says of the whole: each figure times the weight of a content, and what was counted exactly. With bounds for it.
 *
 * Exact are, besides what heavy contents add: how many pages there are, of each source, and so rmap items, which all pages have but those
 * that map the zero frame.
 */
import { PAGE_BYTES } from '../image/index.ts';
import type { Counters } from '../index.ts';
import { RMAP_ITEM_COST } from '../machine/index.ts';
import type { Outcome, Sample, Scanned } from '../scan/index.ts';
import { type Interval, intervalOf, type Spread } from './interval.ts';
import type { Merged, MergedSpreads } from './merged.ts';
import { spreadOfContents, spreadOfOnes } from './spreads.ts';
import type { SampleReport, SourceIntervals, SourceReport } from './types.ts';

/** What a report says of merging: of all pages, or of a sample's. */
export interface Figures {
  readonly sysfs: Counters;
  readonly ksm_stat: readonly SourceReport[];
}

/** Passes that meet a zero page before it maps the zero frame: one notes its checksum, the next sees that it is the same, and merges it. */
const ZERO_PASSES = 2;
const NOTHING: Outcome = { pages: 0, zero: 0, shared: 0, sharing: 0, unshared: 0 };

/** The figures of the whole, from those of the sample. */
export function estimate(
  { sysfs, ksm_stat }: Figures,
  merged: Merged,
  { pages, passes }: Pick<Scanned, 'pages' | 'passes'>,
  sample: Sample,
): Figures & { readonly sample: SampleReport } {
  const { weight, heavy } = sample;
  const outcomes = heavy.outcomes();
  const ofHeavy = outcomes.reduce(plus, NOTHING);
  const whole = pages.reduce((total, some) => total + some, 0);
  const spreads = spreadOfContents(merged.contents());
  const { shared, sharing, unshared, saved_bytes } = intervals(spreads, sysfs.pages_unshared, weight, ofHeavy);
  const items = (whole - ofHeavy.zero) * RMAP_ITEM_COST;
  return {
    sysfs: countersOf(sysfs, sample, ofHeavy, items, passes.done.length),
    ksm_stat: ksm_stat.map((row, at) =>
      rowOf(row, pages[at] ?? 0, merged.spreads[at] as MergedSpreads, weight, outcomes[at] ?? NOTHING),
    ),
    sample: {
      share: 1 / weight,
      pages: sample.pages,
      heavy: { contents: heavy.count, pages: ofHeavy.pages },
      intervals: {
        saved_bytes,
        pages_shared: shared,
        pages_sharing: sharing,
        pages_unshared: unshared,
        general_profit: [saved_bytes[0] - items, saved_bytes[1] - items],
      },
    },
  };
}

/** `items`: bytes that they cost. */
function countersOf(sysfs: Counters, { weight, heavy }: Sample, of: Outcome, items: number, passes: number): Counters {
  const { chains, dups } = heavy.chains();
  const pages_sharing = weight * sysfs.pages_sharing + of.sharing;
  const ksm_zero_pages = weight * sysfs.ksm_zero_pages + of.zero;
  return {
    full_scans: sysfs.full_scans,
    pages_shared: weight * sysfs.pages_shared + of.shared,
    pages_sharing,
    pages_unshared: weight * sysfs.pages_unshared + of.unshared,
    pages_volatile: weight * sysfs.pages_volatile,
    pages_scanned:
      weight * sysfs.pages_scanned + (of.pages - of.zero) * passes + of.zero * Math.min(passes, ZERO_PASSES),
    pages_skipped: weight * sysfs.pages_skipped,
    ksm_zero_pages,
    stable_node_chains: weight * sysfs.stable_node_chains + chains,
    stable_node_dups: weight * sysfs.stable_node_dups + dups,
    general_profit: (pages_sharing + ksm_zero_pages) * PAGE_BYTES - items,
  };
}

function rowOf(row: SourceReport, pages: number, spreads: MergedSpreads, weight: number, of: Outcome): SourceReport {
  const zero = weight * row.zero + of.zero;
  const shared = weight * row.shared + of.shared;
  const sharing = weight * row.sharing + of.sharing;
  const ksm_rmap_items = pages - zero;
  return {
    ...row,
    pages,
    zero,
    shared,
    sharing,
    unshared: weight * row.unshared + of.unshared,
    volatile: weight * row.volatile,
    saved_bytes: (sharing + zero) * PAGE_BYTES,
    ksm_rmap_items,
    ksm_zero_pages: zero,
    ksm_merging_pages: shared + sharing,
    ksm_process_profit: (shared + sharing + zero) * PAGE_BYTES - ksm_rmap_items * RMAP_ITEM_COST,
    ksm_mergeable: pages > 0 ? 'yes' : row.ksm_mergeable, // none of its pages may be in the sample
    intervals: intervals(spreads, row.unshared, weight, of),
  };
}

/** Of a content at most one page is unshared, so these are as many contents. */
function intervals({ shared, sharing }: MergedSpreads, unshared: number, weight: number, of: Outcome): SourceIntervals {
  const bounds = (spread: Spread, exact: number, scale: number = 1): Interval => {
    const [low, high] = intervalOf(spread, weight);
    return [(low + exact) * scale, (high + exact) * scale];
  };
  return {
    saved_bytes: bounds(sharing, of.sharing + of.zero, PAGE_BYTES),
    shared: bounds(shared, of.shared),
    sharing: bounds(sharing, of.sharing),
    unshared: bounds(spreadOfOnes(unshared), of.unshared),
  };
}

function plus(one: Outcome, other: Outcome): Outcome {
  return {
    pages: one.pages + other.pages,
    zero: one.zero + other.zero,
    shared: one.shared + other.shared,
    sharing: one.sharing + other.sharing,
    unshared: one.unshared + other.unshared,
  };
}

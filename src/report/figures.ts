/**
 * The figures of a report: from the page tables and the engines' counters.
 *
 * It assumes that every address space was loaded by plain writes and has not been written since: then nobody maps the zero frame but by
 * use_zero_pages.
 */
import { type LiveFacts, PAGE_BYTES, type PageSource } from '../image/index.ts';
import type { KsmStat } from '../index.ts';
import type { Scanned } from '../scan/index.ts';
import { estimate, type Figures } from './estimate.ts';
import { hugePages } from './huge.ts';
import { type Content, type Merged, readMerged } from './merged.ts';
import type { HugePagesReport, SampleReport, SourceReport } from './types.ts';

/** What figures are made from. */
export type Counted = Pick<Scanned, 'engines' | 'placed' | 'passes' | 'pages' | 'sample'>;

export interface AllFigures extends Figures {
  readonly sample: SampleReport | null;
  /** One after the other: there can be many. */
  readonly contents: Iterable<Content>;
}

/** The figures of a finished scan: exact, or estimates where it was a sample's. Reads every page table once. */
export function figuresOf(scanned: Counted): AllFigures {
  const { engines, sample } = scanned;
  const merged = readMerged(scanned);
  const figures = { sysfs: engines.counters(), ksm_stat: sourceReports(scanned, merged) };
  if (sample === undefined) return { ...figures, sample: null, contents: merged.contents() };
  return { ...estimate(figures, merged, scanned, sample), contents: both(merged.contents(), sample.heavy.contents()) };
}

function* both(some: Iterable<Content>, others: Iterable<Content>): Generator<Content> {
  yield* some;
  yield* others;
}

/** One row a source. What is merged of it is in its ksm_stat; which of those pages are kept, the page tables tell. */
function sourceReports(counted: Counted, merged: Merged): SourceReport[] {
  const { placed } = counted;
  const huge = hugePages(counted);
  return placed.map(({ source, spaces }, i) => {
    const stat = spaces.map((space) => space.ksmStat()).reduce(together);
    const unshared = spaces.reduce((total, space) => total + space.unsharedPages(), 0);
    const shared = merged.shared[i] ?? 0;
    const sharing = stat.ksm_merging_pages - shared;
    return {
      name: source.name,
      kind: source.kind,
      ...imageFigures(source),
      pages: merged.resident[i] ?? 0,
      zero: stat.ksm_zero_pages,
      shared,
      sharing,
      unshared,
      volatile: stat.ksm_rmap_items - stat.ksm_merging_pages - unshared,
      saved_bytes: (sharing + stat.ksm_zero_pages) * PAGE_BYTES,
      ...stat,
      engine: stat,
      ...liveOf(source.live, huge[i]),
    };
  });
}

/** What there is to be said of an image only. */
function imageFigures({ image }: PageSource): Partial<SourceReport> {
  if (image === undefined) return {};
  const { format, title, absent, partial } = image;
  return { format, read_as: title, absent_pages: absent, partial_pages: partial };
}

/** What only processes have. */
function liveOf(
  live: LiveFacts | undefined,
  huge: HugePagesReport | undefined,
): Pick<SourceReport, 'live' | 'not_looked_at' | 'huge_pages'> {
  if (live === undefined) return {};
  const { ksm, unseen } = live;
  const hasAsked = ksm?.ksm_merge_any === 'yes' || ksm?.ksm_mergeable === 'yes';
  return {
    live: ksm === null ? null : { ...ksm, opted_in: hasAsked },
    not_looked_at: unseen,
    ...(huge === undefined ? {} : { huge_pages: huge }),
  };
}

/** The ksm_stat of a source that is in two engines. */
function together(one: KsmStat, other: KsmStat): KsmStat {
  return {
    ...one,
    ksm_rmap_items: one.ksm_rmap_items + other.ksm_rmap_items,
    ksm_zero_pages: one.ksm_zero_pages + other.ksm_zero_pages,
    ksm_merging_pages: one.ksm_merging_pages + other.ksm_merging_pages,
    ksm_process_profit: one.ksm_process_profit + other.ksm_process_profit,
    ksm_mergeable: one.ksm_mergeable === 'yes' ? 'yes' : other.ksm_mergeable,
  };
}

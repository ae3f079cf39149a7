/**
 * Makes the report of a scan that has ended, from the page tables and the engines' counters.
 *
 * It assumes that every address space was loaded by plain writes and has not been written since: then nobody maps the zero frame but by
 * use_zero_pages.
 */
import { PAGE_BYTES } from '../image/index.ts';
import type { KsmStat } from '../index.ts';
import type { Scanned } from '../scan/index.ts';
import { describeContents } from './contents.ts';
import { machine } from './machine.ts';
import { type Merged, readMerged } from './merged.ts';
import { notesOf } from './notes.ts';
import type { OptionsReport, ScanReport, SourceReport } from './types.ts';
import { verificationOf } from './verification.ts';

/** Contents that a report lists. */
const TOP_CONTENTS = 10;

/** What only the one who asked for the scan knows. */
export interface ScanFacts {
  readonly scanned: Scanned;
  readonly options: OptionsReport;
  readonly settings: ScanReport['settings'];
  readonly default_settings: ScanReport['settings'];
  /** Whole sentences, before those of the scan itself. */
  readonly notes: readonly string[];
}

/** The report of a finished scan. Reads every page table once, and the contents that it names. */
export async function buildReport(facts: ScanFacts): Promise<ScanReport> {
  const { scanned, options, settings, default_settings, notes } = facts;
  const { engines, placed, passes, phases } = scanned;
  const merged = readMerged(scanned, TOP_CONTENTS);
  const sysfs = engines.counters();
  const pages = merged.resident.reduce((total, resident) => total + resident, 0);
  return {
    version: 2,
    engine: engines.areNames ? 'names' : 'bytes',
    pages,
    saved_bytes: (sysfs.pages_sharing + sysfs.ksm_zero_pages) * PAGE_BYTES,
    metadata_bytes: engines.metadataBytes,
    converged: passes.settled,
    sysfs,
    ksm_stat: sourceReports(scanned, merged),
    contents: await describeContents(merged.best, placed),
    passes: passes.done,
    loading: { wall_s: phases.of('loading'), bytes: pages * PAGE_BYTES },
    phases: phases.done,
    verification: verificationOf(scanned, pages),
    settings,
    default_settings,
    options,
    machine: machine(),
    notes: [...notes, ...notesOf(scanned)],
  };
}

/** One row a source. What is merged of it is in its ksm_stat; which of those pages are kept, the page tables tell. */
function sourceReports({ placed }: Scanned, merged: Merged): SourceReport[] {
  return placed.map(({ source, spaces }, i) => {
    const stat = spaces.map((space) => space.ksmStat()).reduce(together);
    const unshared = spaces.reduce((total, space) => total + space.unsharedPages(), 0);
    const shared = merged.shared[i] ?? 0;
    const sharing = stat.ksm_merging_pages - shared;
    return {
      name: source.name,
      kind: source.kind,
      pages: merged.resident[i] ?? 0,
      zero: stat.ksm_zero_pages,
      shared,
      sharing,
      unshared,
      volatile: stat.ksm_rmap_items - stat.ksm_merging_pages - unshared,
      saved_bytes: (sharing + stat.ksm_zero_pages) * PAGE_BYTES,
      ...stat,
    };
  });
}

/** The ksm_stat of a source that is in two engines. */
function together(one: KsmStat, other: KsmStat): KsmStat {
  return {
    ...one,
    ksm_rmap_items: one.ksm_rmap_items + other.ksm_rmap_items,
    ksm_zero_pages: one.ksm_zero_pages + other.ksm_zero_pages,
    ksm_merging_pages: one.ksm_merging_pages + other.ksm_merging_pages,
    ksm_process_profit: one.ksm_process_profit + other.ksm_process_profit,
  };
}

/**
 * Makes the report of a scan that has ended, from the page tables and the engine's counters.
 *
 * It assumes that every address space was loaded by plain writes and has not been written since: then a frame that two
 * pages map is a merged one, and nobody maps the zero frame but by use_zero_pages.
 */
import { PAGE_SIZE } from '../../assembly/layout/index.ts';
import type { Host } from '../index.ts';
import { topContents } from './contents.ts';
import { type FrameUse, frameUse, type LoadedSource } from './frames.ts';
import { machine } from './machine.ts';
import type { OptionsReport, PassReport, ScanReport, SourceReport } from './types.ts';

/** Contents that a report lists. */
const TOP_CONTENTS = 10;

/** What only the one who ran the scan knows. */
export interface ScanFacts {
  readonly host: Host;
  readonly sources: readonly LoadedSource[];
  readonly passes: readonly PassReport[];
  readonly converged: boolean;
  readonly loading: ScanReport['loading'];
  readonly options: OptionsReport;
  readonly settings: ScanReport['settings'];
  readonly default_settings: ScanReport['settings'];
  readonly notes: readonly string[];
}

/** The report of a finished scan. Reads every page table once and the frames that are shared. */
export function buildReport(facts: ScanFacts): ScanReport {
  const { host, sources, passes, converged, loading, options, settings, default_settings, notes } = facts;
  const use = frameUse(sources, host.limits.frames + 1);
  const sysfs = host.ksm.counters();
  const zeroFrame = host.frame(0);
  return {
    version: 1,
    pages: use.resident.reduce((total, pages) => total + pages, 0),
    saved_bytes: (sysfs.pages_sharing + sysfs.ksm_zero_pages) * PAGE_SIZE,
    metadata_bytes: host.usage().metadataBytes,
    converged,
    sysfs,
    ksm_stat: sourceReports(sources, use, zeroFrame),
    contents: topContents(sources, use, zeroFrame, TOP_CONTENTS),
    passes,
    loading,
    settings,
    default_settings,
    options,
    machine: machine(),
    notes,
  };
}

/** One row a source. What is merged of it is in its ksm_stat; which of those pages are kept, the page tables tell. */
function sourceReports(sources: readonly LoadedSource[], use: FrameUse, zeroFrame: number): SourceReport[] {
  const kept = sources.map(() => 0);
  use.pages.forEach((pages, frame) => {
    const source = use.firstSource[frame] ?? 0;
    if (pages >= 2 && frame !== zeroFrame) kept[source] = (kept[source] ?? 0) + 1;
  });
  return sources.map(({ name, kind, space }, i) => {
    const stat = space.ksmStat();
    const unshared = space.unsharedPages();
    const shared = kept[i] ?? 0;
    const sharing = stat.ksm_merging_pages - shared;
    return {
      name,
      kind,
      pages: use.resident[i] ?? 0,
      zero: stat.ksm_zero_pages,
      shared,
      sharing,
      unshared,
      volatile: stat.ksm_rmap_items - stat.ksm_merging_pages - unshared,
      saved_bytes: (sharing + stat.ksm_zero_pages) * PAGE_SIZE,
      ...stat,
    };
  });
}

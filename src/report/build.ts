/** Makes the report of a scan that has ended. */

import { count, plural } from '../format.ts';
import { PAGE_BYTES } from '../image/index.ts';
import type { Sample, Scanned } from '../scan/index.ts';
import { topContents } from './contents.ts';
import { figuresOf } from './figures.ts';
import { machine } from './machine.ts';
import { notesOf } from './notes.ts';
import type { OptionsReport, ScanReport } from './types.ts';
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
  const { engines, placed, passes, phases, sample } = scanned;
  const { contents, ...figures } = figuresOf(scanned);
  const { sysfs } = figures;
  const pages = scanned.pages.reduce((total, some) => total + some, 0);
  return {
    version: 2,
    engine: engines.areNames ? 'names' : 'bytes',
    pages,
    saved_bytes: (sysfs.pages_sharing + sysfs.ksm_zero_pages) * PAGE_BYTES,
    metadata_bytes: engines.metadataBytes,
    converged: passes.settled,
    ...figures,
    contents: await topContents(contents, placed, TOP_CONTENTS),
    passes: passes.done,
    loading: { wall_s: phases.of('loading'), bytes: pages * PAGE_BYTES },
    phases: phases.done,
    verification: verificationOf(scanned, pages),
    settings,
    default_settings,
    options,
    machine: machine(),
    notes: [...notes, ...notesOf(scanned), ...notesOn(engines.hosts.length, sample)],
  };
}

/** What the reader should know of how the pages were held. */
function notesOn(engines: number, sample: Sample | undefined): string[] {
  const notes: string[] = [];
  if (sample !== undefined) {
    notes.push(
      `All pages did not fit into the memory that ksm may take (--memory): the figures are estimated from 1 in ${count(sample.weight)} ` +
        `contents. ${plural(sample.heavy.count, 'content')} of many pages, zero pages among them, are counted exactly, as KSM has ` +
        'merged them once it is settled; equal hashes are believed of them. Passes and the engine are those of the sample.',
    );
  }
  if (engines > 1) {
    notes.push(
      `The pages are in ${plural(engines, 'engine')}, by their contents, and the counters are the sums. The memory of the engines ` +
        'and their records are more than one engine would take.',
    );
  }
  return notes;
}

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
    film: scanned.film?.film ?? null,
    film_kept: scanned.film?.kept ?? null,
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
        `contents. ${notesOnHeavy(sample.heavy)}Passes and the engine are those of the sample.`,
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

/** Which contents were counted exactly, and by what their pages were found equal; nothing if there are none. */
function notesOnHeavy({ count: all, hasZeros }: Sample['heavy']): string {
  const others = hasZeros ? all - 1 : all;
  const named = others > 0 ? [`${plural(others, 'content')} of many pages`] : [];
  const [first, ...more] = hasZeros ? ['Zero pages', ...named] : named;
  if (first === undefined) return '';
  const isOne = !hasZeros && others === 1;
  const counted = `${[first, ...more].join(' and ')} ${isOne ? 'is' : 'are'} counted exactly`;
  const merged = `as KSM has merged ${isOne ? 'it' : 'them'} once it is settled`;
  const believed = others > 0 ? `; equal hashes are believed${hasZeros ? ', but of zero pages' : ''}` : '';
  return `${counted}, ${merged}${believed}. `;
}

/** Scans sources with the library's own parts, as `ksm scan` does, and takes from the report what does not depend on the machine. */
import type { PageSource } from '../../src/image/index.ts';
import { buildReport, type ScanReport } from '../../src/report/index.ts';
import { type JobOptions, scan, Watch } from '../../src/scan/index.ts';

/** What a scan is set up with, where it is not the default. */
export interface Setup extends Partial<Omit<JobOptions, 'prepare'>> {
  /** Written to files of /sys/kernel/mm/ksm. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** Nobody watches. */
export const watch = (): Watch => new Watch({ show: () => {} }, new AbortController().signal);

/** Scans and reports. */
export async function reportOf(
  sources: readonly PageSource[],
  { settings = {}, ...options }: Setup,
): Promise<ScanReport> {
  const job: JobOptions = {
    engine: 'names',
    passes: undefined,
    trustHash: false,
    copyBytes: 2 ** 20,
    seed: 1n,
    prepare: (host) => {
      host.ksm.write('run', '1');
      for (const [file, value] of Object.entries(settings)) host.ksm.write(file, String(value));
    },
    ...options,
  };
  const scanned = await scan(sources, job, watch());
  using _ = scanned.engines;
  const facts = { index: job.index ?? 'hash', memory_bytes: 0, scanners: 1, seed: null } as const;
  return await buildReport({ scanned, options: facts, settings: {}, default_settings: {}, notes: [] });
}

/** What a scan counts and finds, of whichever engine: all but times, and what the engine takes for itself. */
export function findingsOf({ pages, saved_bytes, converged, sysfs, ksm_stat, contents, passes }: ScanReport): object {
  const counted = passes.map(({ wall_s: _, cpu_s: __, pages_per_s: ___, ...counters }) => counters);
  return { pages, saved_bytes, converged, sysfs, ksm_stat, contents, passes: counted };
}

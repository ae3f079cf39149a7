/** The machine that guests and scanners share, and what merging must have happened in it for a run to mean anything. */
import { createHost, type Host } from '../../../src/index.ts';

export interface MachineOptions {
  /** Of the machine and of all that happens in it. */
  readonly seed: number;
  readonly index: 'hash' | 'content';
  readonly dirty: 'off' | 'on';
  readonly page: 'bytes' | 'names';
}

/** Small, so that frames are used again and again. */
export async function startMachine({ seed, index, dirty, page }: MachineOptions): Promise<Host> {
  const limits = { memory: page === 'bytes' ? '24M' : '5400K', pages: 2 ** 15, processes: 128, vmas: 2048 };
  const host = await createHost({ ...limits, seed, index, page, dirtyTracking: dirty });
  const { settings } = host.ksm;
  settings.run = 1;
  settings.smart_scan = false;
  settings.max_page_sharing = 16;
  return host;
}

/** What the scanner has done. */
export interface Merging {
  readonly full_scans: number;
  readonly pages_scanned: number;
  /** Merged pages that were written. */
  readonly cow_ksm: number;
  /** The most at any time. */
  readonly pages_sharing: number;
}

export function mergingOf(host: Host, pages_sharing: number): Merging {
  const { full_scans, pages_scanned } = host.ksm.counters();
  return { full_scans, pages_scanned, cow_ksm: host.vmstat().cow_ksm, pages_sharing };
}

/** What has not happened yet; undefined where merging was put to the test. */
export function idleOf(merging: Merging): string | undefined {
  return Object.entries(merging).find(([, count]) => count === 0)?.[0];
}

/** Throws where merging was not put to the test at all. */
export function expectMerging(merging: Merging): void {
  const idle = idleOf(merging);
  if (idle !== undefined) throw new Error(`${idle} is 0: nothing was tested`);
}

export function merged({ full_scans, pages_scanned, cow_ksm, pages_sharing }: Merging): string {
  const passes = `${full_scans} passes over ${pages_scanned} pages`;
  return `${passes}, at most ${pages_sharing} sharing, ${cow_ksm} sharings broken`;
}

/**
 * What the kernel says of a live process besides its pages: whether KSM may take its memory and what it has merged already, what is in
 * huge pages, and what a scan leaves out.
 *
 * The lines of /proc/PID/ksm_stat keep their names; older kernels have fewer.
 */
import { readFile } from 'node:fs/promises';
import type { Entry } from './smaps.ts';
import type { Unseen } from './unseen.ts';

/** KSM's account of a process, by the kernel itself. */
export interface KsmNow {
  readonly ksm_rmap_items: number;
  readonly ksm_zero_pages: number;
  readonly ksm_merging_pages: number;
  readonly ksm_process_profit: number;
  readonly ksm_merge_any: 'yes' | 'no';
  /** Has any mapping been made mergeable? */
  readonly ksm_mergeable: 'yes' | 'no';
}

export interface LiveFacts {
  readonly unseen: readonly Unseen[];
  /** Null where the kernel does not say it: it has no KSM, or this user may not know. */
  readonly ksm: KsmNow | null;
  /** Huge pages, by the number of their first page / 512; null where nobody knows which they are. */
  readonly huge: readonly number[] | null;
  /** In huge pages. */
  readonly hugeBytes: number;
}

/** VmFlags of a mapping that was made mergeable. */
const MERGEABLE = 'mg';

export async function readKsmNow(pid: number, entries: readonly Entry[]): Promise<KsmNow | null> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/ksm_stat`, 'utf8');
  } catch {
    return null;
  }
  return parseKsmStat(
    text,
    entries.some(({ flags }) => flags.has(MERGEABLE)),
  );
}

/** `hasMergeable`: what kernels that do not write ksm_mergeable show in smaps. */
export function parseKsmStat(text: string, hasMergeable: boolean): KsmNow {
  const lines = new Map([...text.matchAll(/^(\w+):? +(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]));
  const number = (name: string): number => Number(lines.get(name) ?? 0) || 0;
  const flag = (name: string, otherwise: boolean): 'yes' | 'no' =>
    (lines.get(name) ?? (otherwise ? 'yes' : 'no')) === 'yes' ? 'yes' : 'no';
  return {
    ksm_rmap_items: number('ksm_rmap_items'),
    ksm_zero_pages: number('ksm_zero_pages'),
    ksm_merging_pages: number('ksm_merging_pages'),
    ksm_process_profit: number('ksm_process_profit'),
    ksm_merge_any: flag('ksm_merge_any', false),
    ksm_mergeable: flag('ksm_mergeable', hasMergeable),
  };
}

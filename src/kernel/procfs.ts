/**
 * What /proc says about KSM: two counters of the machine, ksm_stat of each process, and who uses KSM at all.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import type { RecordingStep } from '../trace/index.ts';

type Vmstat = RecordingStep['vmstat'];
type KsmStat = RecordingStep['ksm_stat'][string];

/** "NAME VALUE" or "NAME: VALUE" lines. */
function pairs(text: string): [name: string, value: string][] {
  return Array.from(text.matchAll(/^(\w+):? +(\S+)$/gm), ([, name = '', value = '']) => [name, value]);
}

/** Both count since boot. A kernel without swap has no ksm_swpin_copy: nothing is ever copied then. */
export function readVmstat(proc: string): Vmstat {
  const all = new Map(pairs(fs.readFileSync(join(proc, 'vmstat'), 'latin1')));
  const count = (name: string): number => Number(all.get(name) ?? 0);
  return { ksm_swpin_copy: count('ksm_swpin_copy'), cow_ksm: count('cow_ksm') };
}

/** A process's ksm_stat, numbers as numbers, in the kernel's order. Throws where the process does not exist. */
export function readKsmStat(proc: string, pid: number): KsmStat {
  const lines = pairs(fs.readFileSync(join(proc, String(pid), 'ksm_stat'), 'latin1'));
  const typed = lines.map(([name, value]) => [name, /^-?\d+$/.test(value) ? Number(value) : value]);
  return Object.fromEntries(typed) as KsmStat;
}

/** The ids of all processes and kernel threads. */
export function listPids(proc: string): number[] {
  return fs
    .readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Processes that KSM knows: those with mergeable memory, or with items of memory that was. */
export function ksmUsers(proc: string): number[] {
  return listPids(proc).filter((pid) => {
    try {
      const { ksm_mergeable, ksm_rmap_items } = readKsmStat(proc, pid);
      return ksm_mergeable === 'yes' || Number(ksm_rmap_items ?? 0) > 0;
    } catch {
      // It has ended since it was listed.
      return false;
    }
  });
}

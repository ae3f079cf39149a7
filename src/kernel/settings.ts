/**
 * The live kernel's settings: what a trace starts from, and how they get back to what they were.
 *
 * Two files have a say in others. Nothing but `run` = 2 unmerges, and while something is merged max_page_sharing and
 * merge_across_nodes cannot be changed. And advisor_mode sets pages_to_scan when it is written, and guards it while it
 * is on. So both go first to where they disturb nothing, and are put back last.
 */
import { KsmError } from '../errors.ts';
import type { Sysfs } from './sysfs.ts';

/** Every setting, in the order in which they can be put back. */
const SETTINGS = [
  'max_page_sharing',
  'merge_across_nodes',
  'use_zero_pages',
  'smart_scan',
  'stable_node_chains_prune_millisecs',
  'pages_to_scan',
  'advisor_max_cpu',
  'advisor_min_pages_to_scan',
  'advisor_max_pages_to_scan',
  'advisor_target_scan_time',
  'advisor_mode',
  'sleep_millisecs',
  'run',
] as const;

/** What a trace starts from (docs/trace-format.md). */
const START = {
  max_page_sharing: '256',
  merge_across_nodes: '1',
  use_zero_pages: '0',
  smart_scan: '1',
  stable_node_chains_prune_millisecs: '2000',
};

export type Saved = ReadonlyMap<string, string>;

export function saveSettings(sysfs: Sysfs): Saved {
  return new Map(SETTINGS.filter((file) => sysfs.has(file)).map((file) => [file, sysfs.read(file)]));
}

/** Everything unmerged, every item forgotten, the scanner stopped and its place in the pass forgotten. */
export function unmergeAll(sysfs: Sysfs): void {
  // What is 2 already would not unmerge again.
  sysfs.set('run', '0');
  sysfs.set('run', '2');
  sysfs.set('run', '0');
}

/** Unmerges everything and sets what a trace starts from. Throws KsmError where the kernel does not take it. */
export function setForTrace(sysfs: Sysfs): void {
  unmergeAll(sysfs);
  if (sysfs.has('advisor_mode')) sysfs.set('advisor_mode', 'none');
  for (const [file, value] of Object.entries(START)) {
    if (sysfs.has(file)) sysfs.set(file, value);
  }
}

/** Unmerges everything and puts every setting back. Throws KsmError EIO naming those that the kernel refused. */
export function restoreSettings(sysfs: Sysfs, saved: Saved): void {
  for (const run of ['0', '2']) sysfs.write('run', run);
  if (saved.has('advisor_mode')) sysfs.write('advisor_mode', 'none');
  const failed = [...saved].filter(([file, value]) => sysfs.write(file, value) !== 0);
  if (failed.length === 0) return;
  const list = failed.map(([file, value]) => `${file} to ${value}`).join(', ');
  throw new KsmError('EIO', `these files of KSM could not be put back, please write them: ${list}.`);
}

/**
 * The live kernel's settings: what a trace starts from, and how they get back to what they were.
 *
 * Two files have a say in others. Nothing but `run` = 2 unmerges, and while something is merged max_page_sharing and
 * merge_across_nodes cannot be changed. And advisor_mode sets pages_to_scan when it is written, and guards it while it
 * is on. So both go first to where they disturb nothing, and are put back last.
 */
import { KsmError } from '../errors.ts';
import { SETTING_FILES } from '../ksm/index.ts';
import { PACING } from '../trace/index.ts';
import type { Sysfs } from './sysfs.ts';

/** What is put back last, in this order. */
const LAST: readonly string[] = ['advisor_mode', 'run'];

const isLast = (file: string): boolean => LAST.includes(file);

/** Every setting, in the order in which they can be put back. */
const SETTINGS: readonly string[] = [...SETTING_FILES.map(({ name }) => name).filter((file) => !isLast(file)), ...LAST];

/** What a player does not pace ksmd with, nor starts it. */
const steersMerging = (file: string): boolean =>
  !isLast(file) && !PACING.includes(file) && !file.startsWith('advisor_');

/** What a trace starts from (docs/trace-format.md): the kernel's defaults. */
const START: readonly (readonly [file: string, value: string])[] = SETTING_FILES.filter(({ name }) =>
  steersMerging(name),
).map(({ name, initial }) => [name, String(initial)]);

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
  for (const [file, value] of START) {
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

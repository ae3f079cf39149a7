/** The settings of ksmd that are simulated, from the careless to the careful. */

import type { Settings } from '../../src/index.ts';

export interface Scenario {
  readonly name: string;
  /** What is written to /sys/kernel/mm/ksm; all else is as the kernel has it. */
  readonly settings: Partial<Settings>;
  /** What a guest must find free before it is started, as a part of its memory. */
  readonly room: number;
}

/** In the order in which they are run and shown. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'KSM off', settings: {}, room: 1 },
  { name: 'defaults', settings: { run: 1 }, room: 1 },
  // Nobody looks whether there is room: a guest is started as soon as the one before has booted.
  { name: 'defaults, no waiting', settings: { run: 1 }, room: 0 },
  // Where Red Hat's ksmtuned ends when memory is short: /etc/ksmtuned.conf, KSM_NPAGES_MAX and KSM_SLEEP_MSEC at 16 GiB.
  { name: 'ksmtuned', settings: { run: 1, pages_to_scan: 1250, sleep_millisecs: 10 }, room: 1 },
  // The kernel's own: it finds pages_to_scan by itself, so that a pass takes advisor_target_scan_time (200 s).
  { name: 'advisor', settings: { run: 1, advisor_mode: 'scan-time' }, room: 1 },
  // The upper end of what the author of the advisor recommends, and zero pages without records.
  { name: '5000 pages', settings: { run: 1, pages_to_scan: 5000, use_zero_pages: true }, room: 1 },
];

/** The settings that are not the kernel's, as one would write them. */
export function settingsLine({ settings }: Scenario): string {
  const { run = 0, ...others } = settings;
  const words = Object.entries(others).map(
    ([name, value]) => `${name}=${typeof value === 'boolean' ? Number(value) : value}`,
  );
  if (run === 0) return 'run=0';
  return words.length === 0 ? "the kernel's" : words.join(' ');
}

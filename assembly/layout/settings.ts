/// <reference path="../u32.d.ts" preserve="true" />
/**
 * Every setting, each in one place: its word in the memory, and its row in the table.
 *
 * The files of sysfs, typed settings, the walker's ranges, the values of a fresh memory, what a trace starts from and docs/sysfs.md
 * come from the table. A word has 64 bits; of a setting of 32 bits, the upper half is 0. The rows are a function because asc compiles
 * no function that the engine does not call: nothing of the table is in the binary.
 */
import { WORKERS_END } from './header.ts';

const WORD: u32 = 8;

export const SETTINGS: u32 = WORKERS_END;
export const H_RUN: u32 = SETTINGS;
export const H_PAGES_TO_SCAN: u32 = H_RUN + WORD;
export const H_SLEEP_MILLISECS: u32 = H_PAGES_TO_SCAN + WORD;
export const H_MERGE_ACROSS_NODES: u32 = H_SLEEP_MILLISECS + WORD;
export const H_MAX_PAGE_SHARING: u32 = H_MERGE_ACROSS_NODES + WORD;
export const H_USE_ZERO_PAGES: u32 = H_MAX_PAGE_SHARING + WORD;
export const H_SMART_SCAN: u32 = H_USE_ZERO_PAGES + WORD;
export const H_STABLE_NODE_CHAINS_PRUNE_MILLISECS: u32 = H_SMART_SCAN + WORD;
export const H_ADVISOR_MODE: u32 = H_STABLE_NODE_CHAINS_PRUNE_MILLISECS + WORD;
export const H_ADVISOR_MAX_CPU: u32 = H_ADVISOR_MODE + WORD;
/** u64, as the next two. */
export const H_ADVISOR_MIN_PAGES_TO_SCAN: u32 = H_ADVISOR_MAX_CPU + WORD;
export const H_ADVISOR_MAX_PAGES_TO_SCAN: u32 = H_ADVISOR_MIN_PAGES_TO_SCAN + WORD;
export const H_ADVISOR_TARGET_SCAN_TIME: u32 = H_ADVISOR_MAX_PAGES_TO_SCAN + WORD;
/** Is a page that nobody wrote since it was hashed read again? One of DIRTY_*. */
export const H_DIRTY_TRACKING: u32 = H_ADVISOR_TARGET_SCAN_TIME + WORD;
/** Which of Linux's pathologies are cured: CURE_* bits. */
export const H_CURES: u32 = H_DIRTY_TRACKING + WORD;
export const SETTINGS_END: u32 = H_CURES + WORD;

/** Every page is read in every pass, as Linux does. */
export const DIRTY_OFF: u32 = 0;
/** A page that is not marked dirty is not read. */
export const DIRTY_ON: u32 = 1;
/** As DIRTY_ON, but each page is read in every DIRTY_PERIOD-th pass all the same. */
export const DIRTY_ADVISORY: u32 = 2;
export const DIRTY_PERIOD: u32 = 8;
/** Smart scan skips by the number of the pass, so that equal pages are looked at in the same pass sooner or later. */
export const CURE_SMART_SCAN_PHASE: u32 = 1;
/** The scan-time advisor keeps to advisor_min_pages_to_scan, and may use less than 10 % CPU. */
export const CURE_ADVISOR_FLOOR: u32 = 2;

const U32_MAX: u32 = 0xffffffff;
const INT_MAX: u32 = 0x7fffffff;

/** A setting. */
export interface SettingRow {
  /** A file of /sys/kernel/mm/ksm; of our own, an option of the host. */
  readonly name: string;
  /** Address of its word. */
  readonly word: u32;
  /** The first Linux that has it; empty for our own. */
  readonly since: string;
  /** The value of a fresh memory. */
  readonly initial: u32;
  /** Which of the kernel's parsers reads what is written to the file; empty: there is no file. */
  readonly parser: string;
  readonly least: u32;
  /** The greatest value; 0: the greatest of 64 bits. */
  readonly most: u32;
  /** What is accepted, in words; empty: the whole numbers from `least` to `most`. */
  readonly takes: string;
  /** What it decides. */
  readonly is: string;
}

/** The table of settings. Linux's come first, in the order in which reports have them. */
export function settingRows(): SettingRow[] {
  // biome-ignore format: a table
  return [
    { name: 'run', word: H_RUN, since: '2.6.32', initial: 0,
      parser: 'kstrtouint', least: 0, most: 2, takes: '0 (stop), 1 (run) or 2 (stop and unmerge everything)',
      is: 'what ksmd does' },
    { name: 'pages_to_scan', word: H_PAGES_TO_SCAN, since: '2.6.32', initial: 100,
      parser: 'kstrtouint', least: 0, most: U32_MAX, takes: '',
      is: 'pages of a batch; while `advisor_mode` is `scan-time`, the advisor\'s: EINVAL' },
    { name: 'sleep_millisecs', word: H_SLEEP_MILLISECS, since: '2.6.32', initial: 20,
      parser: 'kstrtouint', least: 0, most: U32_MAX, takes: '',
      is: 'milliseconds between two batches' },
    { name: 'merge_across_nodes', word: H_MERGE_ACROSS_NODES, since: '3.9', initial: 1,
      parser: 'kstrtoul', least: 0, most: 1, takes: '0 or 1',
      is: 'may pages of different NUMA nodes be merged? EBUSY while anything is' },
    { name: 'max_page_sharing', word: H_MAX_PAGE_SHARING, since: '4.13', initial: 256,
      parser: 'kstrtoint', least: 2, most: INT_MAX, takes: '',
      is: 'pages that one frame may stand for, at most; EBUSY while anything is merged' },
    { name: 'use_zero_pages', word: H_USE_ZERO_PAGES, since: '4.12', initial: 0,
      parser: 'kstrtobool', least: 0, most: 1, takes: '0 or 1',
      is: 'are pages of zeros mapped to the zero frame?' },
    { name: 'smart_scan', word: H_SMART_SCAN, since: '6.7', initial: 1,
      parser: 'kstrtobool', least: 0, most: 1, takes: '0 or 1',
      is: 'are pages that found no partner passed over for some passes?' },
    { name: 'stable_node_chains_prune_millisecs', word: H_STABLE_NODE_CHAINS_PRUNE_MILLISECS, since: '4.13', initial: 2000,
      parser: 'kstrtouint', least: 0, most: U32_MAX, takes: '',
      is: 'milliseconds after which a search in a chain drops its stale dups again' },
    { name: 'advisor_mode', word: H_ADVISOR_MODE, since: '6.8', initial: 0,
      parser: 'sysfs_streq', least: 0, most: 1, takes: 'none or scan-time',
      is: 'who sets `pages_to_scan`' },
    { name: 'advisor_max_cpu', word: H_ADVISOR_MAX_CPU, since: '6.8', initial: 70,
      parser: 'kstrtoul as u32', least: 0, most: U32_MAX, takes: 'a percentage',
      is: 'percent of a CPU that the advisor lets ksmd have, at most' },
    { name: 'advisor_min_pages_to_scan', word: H_ADVISOR_MIN_PAGES_TO_SCAN, since: '6.8', initial: 500,
      parser: 'kstrtoul', least: 0, most: 0, takes: '',
      is: 'pages of a batch when the advisor begins' },
    { name: 'advisor_max_pages_to_scan', word: H_ADVISOR_MAX_PAGES_TO_SCAN, since: '6.8', initial: 30000,
      parser: 'kstrtoul', least: 0, most: 0, takes: '',
      is: 'pages of a batch, at most' },
    { name: 'advisor_target_scan_time', word: H_ADVISOR_TARGET_SCAN_TIME, since: '6.8', initial: 200,
      parser: 'kstrtoul', least: 1, most: 0, takes: '',
      is: 'seconds that a pass should take' },
    { name: 'dirtyTracking', word: H_DIRTY_TRACKING, since: '', initial: DIRTY_OFF,
      parser: '', least: DIRTY_OFF, most: DIRTY_ADVISORY, takes: '"off", "on" or "advisory"',
      is: 'are pages read again that nobody wrote since they were hashed?' },
    { name: 'cures', word: H_CURES, since: '', initial: 0,
      parser: '', least: 0, most: CURE_SMART_SCAN_PHASE | CURE_ADVISOR_FLOOR, takes: '',
      is: 'which of Linux\'s pathologies are cured' },
  ];
}

/// <reference path="../u32.d.ts" preserve="true" />
/**
 * Every counter of the whole machine, each in one place: its word in the memory, and its row in the table.
 *
 * The files of sysfs, ksmd's samples, recordings, the report, what a live kernel must have and docs/sysfs.md come from the table. Linux's
 * rows are frozen, in the order in which reports and recordings have them. A counter of our own is a word and a row here; what counts
 * it calls `count(WORD, n)`, and `host.ksm.ownCounters()` shows it.
 *
 * A word has 64 bits. Whoever counts records, of which there are fewer than 2^32, changes only the lower half; the upper one stays 0.
 * The rows are a function because asc compiles no function that the engine does not call: nothing of the table is in the binary.
 */
import { SETTINGS_END } from './settings.ts';

const WORD: u32 = 8;

/** On cache lines of their own. */
export const COUNTERS: u32 = (SETTINGS_END + 63) & ~63;
export const H_FULL_SCANS: u32 = COUNTERS;
export const H_PAGES_SHARED: u32 = H_FULL_SCANS + WORD;
export const H_PAGES_SHARING: u32 = H_PAGES_SHARED + WORD;
export const H_PAGES_UNSHARED: u32 = H_PAGES_SHARING + WORD;
export const H_PAGES_SCANNED: u32 = H_PAGES_UNSHARED + WORD;
export const H_PAGES_SKIPPED: u32 = H_PAGES_SCANNED + WORD;
export const H_KSM_ZERO_PAGES: u32 = H_PAGES_SKIPPED + WORD;
export const H_STABLE_NODE_CHAINS: u32 = H_KSM_ZERO_PAGES + WORD;
export const H_STABLE_NODE_DUPS: u32 = H_STABLE_NODE_CHAINS + WORD;
export const H_KSM_SWPIN_COPY: u32 = H_STABLE_NODE_DUPS + WORD;
export const H_COW_KSM: u32 = H_KSM_SWPIN_COPY + WORD;
export const H_RMAP_ITEMS: u32 = H_COW_KSM + WORD;
export const H_DMA_PINS: u32 = H_RMAP_ITEMS + WORD;
export const H_DUPS_SEEN: u32 = H_DMA_PINS + WORD;
export const COUNTERS_END: u32 = H_DUPS_SEEN + WORD;

/** A counter. */
export interface CounterRow {
  readonly name: string;
  /** Address of its word; 0: it is computed from others when it is read (src/ksm/counters.ts). */
  readonly word: u32;
  /** Where it is read: `sysfs` is /sys/kernel/mm/ksm, `vmstat` is /proc/vmstat; `own` is this engine's alone. */
  readonly whose: string;
  /** The first Linux that has it; empty for our own. */
  readonly since: string;
  /** It counts what has happened, and not what there is: a live kernel began at its boot. */
  readonly isTotal: boolean;
  /** What is counted. */
  readonly counts: string;
}

/** The table of counters. */
export function counterRows(): CounterRow[] {
  // biome-ignore format: a table
  return [
    { name: 'full_scans', word: H_FULL_SCANS, whose: 'sysfs', since: '2.6.32', isTotal: true,
      counts: 'passes that ended since `run` was last set to 2' },
    { name: 'pages_shared', word: H_PAGES_SHARED, whose: 'sysfs', since: '2.6.32', isTotal: false,
      counts: 'merged frames' },
    { name: 'pages_sharing', word: H_PAGES_SHARING, whose: 'sysfs', since: '2.6.32', isTotal: false,
      counts: 'pages merged into those, beyond the first of each: what is saved' },
    { name: 'pages_unshared', word: H_PAGES_UNSHARED, whose: 'sysfs', since: '2.6.32', isTotal: false,
      counts: 'pages that have found no partner yet' },
    { name: 'pages_volatile', word: 0, whose: 'sysfs', since: '2.6.32', isTotal: false,
      counts: 'pages that are new to the scanner, that change, that smart scan passed over, or that are gone' },
    { name: 'pages_scanned', word: H_PAGES_SCANNED, whose: 'sysfs', since: '6.6', isTotal: true,
      counts: 'pages that a batch has compared' },
    { name: 'pages_skipped', word: H_PAGES_SKIPPED, whose: 'sysfs', since: '6.7', isTotal: true,
      counts: 'pages that smart scan has passed over' },
    { name: 'ksm_zero_pages', word: H_KSM_ZERO_PAGES, whose: 'sysfs', since: '6.6', isTotal: false,
      counts: 'pages that map the zero frame because KSM put it there' },
    { name: 'stable_node_chains', word: H_STABLE_NODE_CHAINS, whose: 'sysfs', since: '4.13', isTotal: false,
      counts: 'chains: contents that have, or had, several merged frames' },
    { name: 'stable_node_dups', word: H_STABLE_NODE_DUPS, whose: 'sysfs', since: '4.13', isTotal: false,
      counts: 'dups: merged frames of chains' },
    { name: 'general_profit', word: 0, whose: 'sysfs', since: '6.4', isTotal: false,
      counts: 'bytes that are saved, less 64 for each rmap item; may be negative' },
    { name: 'ksm_swpin_copy', word: H_KSM_SWPIN_COPY, whose: 'vmstat', since: '5.18', isTotal: true,
      counts: 'copies made because a page came back from swap; here there is no swap' },
    { name: 'cow_ksm', word: H_COW_KSM, whose: 'vmstat', since: '5.19', isTotal: true,
      counts: 'copies made because a merged page was written to, or had to be unmerged' },
    { name: 'rmapItems', word: H_RMAP_ITEMS, whose: 'own', since: '', isTotal: false,
      counts: 'rmap items' },
    { name: 'dmaPins', word: H_DMA_PINS, whose: 'own', since: '', isTotal: false,
      counts: 'pins for DMA, of all frames' },
    { name: 'dupsSeen', word: H_DUPS_SEEN, whose: 'own', since: '', isTotal: true,
      counts: 'dups that searches and changes of dups have looked at: what chains cost' },
  ];
}

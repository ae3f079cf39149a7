/** ksmd and its settings, and merging on demand. */
import { EINVAL, ESRCH, H_MAX_PAGE_SHARING, H_MERGE_ACROSS_NODES, MM_PAGES, SCAN_PAGES_MAX } from '../layout';
import * as ksmd from '../policy/linux/ksmd';
import * as keys from '../policy/linux/rekey';
import * as run from '../policy/linux/run';
import * as range from '../policy/range/range';
import { Mm } from '../records/mm';
import { isPage, isProcess } from './check';

/** See policy/linux/ksmd. */
export function scanBatch(pages: u32, now: u32): u32 {
  return ksmd.scanBatch(min(pages, SCAN_PAGES_MAX), now);
}

/** Writes `run`. */
export function runWrite(value: u32): u32 {
  return value <= 2 ? run.runWrite(value) : -EINVAL;
}

/** Writes a setting that may change only while nothing is merged: the one whose word is at `setting`. */
export function quietSettingWrite(setting: u32, value: u32): u32 {
  if (setting == H_MERGE_ACROSS_NODES) return value <= 1 ? run.quietSettingWrite(setting, value) : -EINVAL;
  if (setting != H_MAX_PAGE_SHARING || value < 2 || <i32>value < 0) return -EINVAL;
  return run.quietSettingWrite(setting, value);
}

/** Draws another key for the keyed hash from a 64-bit seed: all pages count as never seen. */
export function rekey(seedLow: u32, seedHigh: u32): void {
  keys.rekey(seedLow, seedHigh);
}

/**
 * Merges what is equal in `pages` pages of a process now. How many are merged that were not before; or an errno, negative, because small
 * numbers are counts.
 */
export function rangeMerge(mm: Mm, id: u32, page: u32, pages: u32): i32 {
  if (!isProcess(mm, id)) return -ESRCH;
  if (!isPage(page) || pages > MM_PAGES - page) return -EINVAL;
  return range.rangeMerge(mm, page, page + pages);
}

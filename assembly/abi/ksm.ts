/** ksmd and its settings. */
import { EINVAL, H_MAX_PAGE_SHARING, H_MERGE_ACROSS_NODES, SCAN_PAGES_MAX } from '../layout';
import * as ksmd from '../policy/linux/ksmd';
import * as keys from '../policy/linux/rekey';
import * as run from '../policy/linux/run';

/** See policy/linux/ksmd. */
export function scanBatch(pages: u32, now: u32): u32 {
  return ksmd.scanBatch(min(pages, SCAN_PAGES_MAX), now);
}

/** Writes `run`. */
export function runWrite(value: u32): u32 {
  return value <= 2 ? run.runWrite(value) : EINVAL;
}

/** Writes a setting that may change only while nothing is merged: the one whose word is at `setting`. */
export function quietSettingWrite(setting: u32, value: u32): u32 {
  if (setting == H_MERGE_ACROSS_NODES) return value <= 1 ? run.quietSettingWrite(setting, value) : EINVAL;
  if (setting != H_MAX_PAGE_SHARING || value < 2 || <i32>value < 0) return EINVAL;
  return run.quietSettingWrite(setting, value);
}

/** Draws another key for the keyed hash from a 64-bit seed: all pages count as never seen. */
export function rekey(seedLow: u32, seedHigh: u32): void {
  keys.rekey(seedLow, seedHigh);
}

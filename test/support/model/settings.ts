/*
 * Writing the files of /sys/kernel/mm/ksm: how the kernel reads numbers and truth values, which values it takes and
 * when it is busy.
 */
import { EACCES, EBUSY, EINVAL, ERANGE } from './trace.ts';

export interface Settings {
  run: number;
  mergeAcrossNodes: number;
  maxPageSharing: number;
  useZeroPages: boolean;
  smartScan: boolean;
  pruneMillisecs: number;
  now: () => number;
}

/** What a store sets off. */
export interface Effects {
  readonly unmergeAll: () => void;
  /** Drops what is no longer mapped; false where something is still merged. */
  readonly nothingMerged: () => boolean;
}

export function defaultSettings(now: () => number): Settings {
  return {
    run: 0,
    mergeAcrossNodes: 1,
    maxPageSharing: 256,
    useZeroPages: false,
    smartScan: true,
    pruneMillisecs: 2000,
    now,
  };
}

const BITS = { int: 31n, u32: 32n, u64: 64n };

/** A decimal number with one newline after it at most, or a negative errno as `error`. */
function parseNumber(text: string, type: keyof typeof BITS): { value: number } | { error: number } {
  const [, sign, digits] = /^([+-]?)([0-9]+)\n?$/.exec(text) ?? [];
  if (digits === undefined || (sign === '-' && type !== 'int')) return { error: -EINVAL };
  const value = BigInt(digits) * (sign === '-' ? -1n : 1n);
  const limit = 1n << BITS[type];
  return value >= limit || value < -limit ? { error: -ERANGE } : { value: Number(value) };
}

/** Only the first character counts, or the first two of on and off. */
function parseTruth(text: string): boolean | undefined {
  if (/^([1yYtTeE]|[oO][nN])/.test(text)) return true;
  return /^([0nNfFdD]|[oO][fF])/.test(text) ? false : undefined;
}

/** Writes `text` to a file; 0 or a negative errno. */
export function storeSetting(settings: Settings, file: string, text: string, effects: Effects): number {
  switch (file) {
    case 'run':
      return storeRun(settings, text, effects);
    case 'max_page_sharing':
      return storeWhenIdle(settings, 'maxPageSharing', parseNumber(text, 'int'), [2, Infinity], effects);
    case 'merge_across_nodes':
      return storeWhenIdle(settings, 'mergeAcrossNodes', parseNumber(text, 'u64'), [0, 1], effects);
    case 'use_zero_pages':
      return storeTruth(settings, 'useZeroPages', text);
    case 'smart_scan':
      return storeTruth(settings, 'smartScan', text);
    case 'stable_node_chains_prune_millisecs': {
      const parsed = parseNumber(text, 'u32');
      if ('error' in parsed) return -EINVAL;
      settings.pruneMillisecs = parsed.value;
      return 0;
    }
    case 'advisor_mode':
      return /^(none|scan-time)\n?$/.test(text) ? 0 : -EINVAL;
    case 'advisor_target_scan_time': {
      const parsed = parseNumber(text, 'u64');
      return 'error' in parsed || parsed.value === 0 ? -EINVAL : 0;
    }
    case 'advisor_max_cpu':
    case 'advisor_min_pages_to_scan':
    case 'advisor_max_pages_to_scan':
      return 'error' in parseNumber(text, 'u64') ? -EINVAL : 0;
    default:
      return -EACCES;
  }
}

function storeTruth(settings: Settings, key: 'useZeroPages' | 'smartScan', text: string): number {
  const value = parseTruth(text);
  if (value === undefined) return -EINVAL;
  settings[key] = value;
  return 0;
}

function storeRun(settings: Settings, text: string, effects: Effects): number {
  const parsed = parseNumber(text, 'u32');
  if ('error' in parsed || parsed.value > 2) return -EINVAL;
  if (parsed.value === settings.run) return 0;
  settings.run = parsed.value;
  if (settings.run === 2) effects.unmergeAll();
  return 0;
}

/** A number that can change only while nothing is merged; the value that it has already is always fine. */
function storeWhenIdle(
  settings: Settings,
  key: 'maxPageSharing' | 'mergeAcrossNodes',
  parsed: ReturnType<typeof parseNumber>,
  [least, most]: readonly [number, number],
  effects: Effects,
): number {
  if ('error' in parsed) return parsed.error;
  if (parsed.value < least || parsed.value > most) return -EINVAL;
  if (parsed.value === settings[key]) return 0;
  if (!effects.nothingMerged()) return -EBUSY;
  settings[key] = parsed.value;
  return 0;
}

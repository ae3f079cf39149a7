/**
 * The files of /sys/kernel/mm/ksm: what each reads as, what it accepts, and what writing it does.
 *
 * Source: specification of Linux 6.18's KSM, section 5. A write's side effects on memory are the engine's (policy/linux/run).
 */
import { type Engine, layout } from '../engine/index.ts';
import type { ErrnoName } from '../errors.ts';
import { ADVISOR_START } from './advisor.ts';
import { COUNTERS, readCounters } from './counters.ts';
import { type Parsed, parseBool, parseInteger, parseUnsigned, parseWord } from './parse.ts';

/** Why a write is refused: the errno, and what would be accepted. */
export interface Refusal {
  readonly code: ErrnoName;
  readonly expected: string;
}

export interface KsmFile {
  /** What reading the file gives, without the newline. */
  read(engine: Engine): string;
  /** Writes the text, unless it is refused. Missing for files that can only be read. */
  write?(engine: Engine, text: string): Refusal | undefined;
}

/** Errnos of the parser that a file passes on; all others become EINVAL. */
function refusal(parsed: 'EINVAL' | 'ERANGE', expected: string, passesOn: boolean = false): Refusal {
  return { code: passesOn ? parsed : 'EINVAL', expected };
}

const isRefused = <T>(parsed: Parsed<T>): parsed is 'EINVAL' | 'ERANGE' => parsed === 'EINVAL' || parsed === 'ERANGE';

/** A u32 that is only a number. */
function plainU32(address: number): KsmFile & Required<Pick<KsmFile, 'write'>> {
  return {
    read: (engine) => String(engine.u32(address)),
    write(engine, text) {
      const value = parseUnsigned(text, 32);
      if (isRefused(value)) return refusal(value, 'a whole number from 0 to 4294967295');
      engine.setU32(address, Number(value));
      return undefined;
    },
  };
}

function plainU64(address: number, least: bigint = 0n): KsmFile {
  return {
    read: (engine) => String(engine.bigU64(address)),
    write(engine, text) {
      const value = parseUnsigned(text, 64);
      const expected = `a whole number from ${least} to 18446744073709551615`;
      if (isRefused(value) || value < least) return refusal('EINVAL', expected);
      engine.setBigU64(address, value);
      return undefined;
    },
  };
}

function plainBool(address: number): KsmFile {
  return {
    read: (engine) => String(engine.u32(address)),
    write(engine, text) {
      const value = parseBool(text);
      if (isRefused(value)) return refusal(value, '0 or 1');
      engine.setU32(address, value ? 1 : 0);
      return undefined;
    },
  };
}

/** Settings that may change only while nothing is merged. */
function quiet(engine: Engine, address: number, value: number): Refusal | undefined {
  if (engine.call.quietSettingWrite(address, value) === 0) return undefined;
  return { code: 'EBUSY', expected: 'no merged pages: write 2 to run first' };
}

const run: KsmFile = {
  read: (engine) => String(engine.u32(layout.H_RUN)),
  write(engine, text) {
    const value = parseUnsigned(text, 32);
    if (isRefused(value) || value > 2n)
      return refusal('EINVAL', '0 (stop), 1 (run) or 2 (stop and unmerge everything)');
    if (engine.call.runWrite(Number(value)) === 0) return undefined;
    return { code: 'ENOMEM', expected: 'enough free frames to give every merged page its own' };
  },
};

const maxPageSharing: KsmFile = {
  read: (engine) => String(engine.u32(layout.H_MAX_PAGE_SHARING)),
  write(engine, text) {
    const value = parseInteger(text);
    const expected = 'a whole number from 2 to 2147483647';
    if (isRefused(value)) return refusal(value, expected, true);
    return value < 2 ? refusal('EINVAL', expected) : quiet(engine, layout.H_MAX_PAGE_SHARING, value);
  },
};

const mergeAcrossNodes: KsmFile = {
  read: (engine) => String(engine.u32(layout.H_MERGE_ACROSS_NODES)),
  write(engine, text) {
    const value = parseUnsigned(text, 64);
    if (isRefused(value)) return refusal(value, '0 or 1', true);
    return value > 1n ? refusal('EINVAL', '0 or 1') : quiet(engine, layout.H_MERGE_ACROSS_NODES, Number(value));
  },
};

const pagesToScan: KsmFile = {
  read: (engine) => String(engine.u32(layout.H_PAGES_TO_SCAN)),
  write(engine, text) {
    if (engine.u32(layout.H_ADVISOR_MODE) !== 0) return { code: 'EINVAL', expected: 'advisor_mode none' };
    return plainU32(layout.H_PAGES_TO_SCAN).write(engine, text);
  },
};

const ADVISOR_MODES = ['none', 'scan-time'] as const;
const PAGES_TO_SCAN_DEFAULT = 100;

const advisorMode: KsmFile = {
  read: (engine) => (engine.u32(layout.H_ADVISOR_MODE) === 0 ? '[none] scan-time' : 'none [scan-time]'),
  write(engine, text) {
    const word = parseWord(text, ADVISOR_MODES);
    if (isRefused(word)) return refusal(word, 'none or scan-time');
    engine.exclusively(() => switchAdvisor(engine, ADVISOR_MODES.indexOf(word)));
    return undefined;
  },
};

/** All its words at once: ksmd may be at the end of a pass in another thread. */
function switchAdvisor(engine: Engine, mode: number): void {
  if (mode === engine.u32(layout.H_ADVISOR_MODE)) return;
  engine.setU32(layout.H_ADVISOR_MODE, mode);
  engine.setU32(layout.H_PAGES_TO_SCAN, PAGES_TO_SCAN_DEFAULT);
  if (mode === 0) return;
  engine.setU32(layout.H_PAGES_TO_SCAN, engine.u32(layout.H_ADVISOR_MIN_PAGES_TO_SCAN));
  engine.setBigU64(layout.H_ADVISOR_START_SCAN, 0n);
  engine.setBigU64(layout.H_ADVISOR_SCAN_TIME, ADVISOR_START.scan_time);
  engine.setBigU64(layout.H_ADVISOR_CHANGE, ADVISOR_START.change);
  engine.setBigU64(layout.H_ADVISOR_CPU_TIME, ADVISOR_START.cpu_time);
}

/** Parsed as u64, kept in 32 bits. */
const advisorMaxCpu: KsmFile = {
  read: (engine) => String(engine.u32(layout.H_ADVISOR_MAX_CPU)),
  write(engine, text) {
    const value = parseUnsigned(text, 64);
    if (isRefused(value)) return refusal('EINVAL', 'a percentage');
    engine.setU32(layout.H_ADVISOR_MAX_CPU, Number(BigInt.asUintN(32, value)));
    return undefined;
  },
};

const counterFiles = COUNTERS.map((name): [string, KsmFile] => [
  name,
  { read: (engine) => String(readCounters(engine)[name]) },
]);

/** Every file by its name. */
export const FILES: ReadonlyMap<string, KsmFile> = new Map<string, KsmFile>([
  ['advisor_max_cpu', advisorMaxCpu],
  ['advisor_max_pages_to_scan', plainU64(layout.H_ADVISOR_MAX_PAGES_TO_SCAN)],
  ['advisor_min_pages_to_scan', plainU64(layout.H_ADVISOR_MIN_PAGES_TO_SCAN)],
  ['advisor_mode', advisorMode],
  ['advisor_target_scan_time', plainU64(layout.H_ADVISOR_TARGET_SCAN_TIME, 1n)],
  ['max_page_sharing', maxPageSharing],
  ['merge_across_nodes', mergeAcrossNodes],
  ['pages_to_scan', pagesToScan],
  ['run', run],
  ['sleep_millisecs', plainU32(layout.H_SLEEP_MILLISECS)],
  ['smart_scan', plainBool(layout.H_SMART_SCAN)],
  ['stable_node_chains_prune_millisecs', plainU32(layout.H_STABLE_NODE_CHAINS_PRUNE_MILLISECS)],
  ['use_zero_pages', plainBool(layout.H_USE_ZERO_PAGES)],
  ...counterFiles,
]);

/**
 * The files of /sys/kernel/mm/ksm: what each reads as, what it accepts, and what writing it does.
 *
 * What a file is comes from the tables of counters and settings; here is what the kernel's functions of the file do besides reading and
 * keeping a number. A write's side effects on memory are the engine's (policy/linux/run).
 *
 * Source: specification of Linux 6.18's KSM, section 5.
 */
import { type Engine, layout } from '../engine/index.ts';
import type { ErrnoName } from '../errors.ts';
import { ADVISOR_START } from './advisor.ts';
import { COUNTER_FILES, readCounter } from './counters.ts';
import { type Parsed, parseBool, parseInteger, parseUnsigned, parseWord } from './parse.ts';
import { SETTING_FILES, type SettingFile, type Settings } from './settings.ts';

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

const isRefused = <T>(parsed: Parsed<T>): parsed is 'EINVAL' | 'ERANGE' => parsed === 'EINVAL' || parsed === 'ERANGE';

const parsedAs = <T>(parsed: Parsed<T>, number: (value: T) => bigint): Parsed<bigint> =>
  isRefused(parsed) ? parsed : number(parsed);

const ADVISOR_MODES = ['none', 'scan-time'] as const;

/** The number that a text is, by the kernel's parsers. */
const PARSERS: Readonly<Record<string, (text: string) => Parsed<bigint>>> = {
  kstrtouint: (text) => parseUnsigned(text, 32),
  kstrtoul: (text) => parseUnsigned(text, 64),
  'kstrtoul as u32': (text) => parsedAs(parseUnsigned(text, 64), (value) => BigInt.asUintN(32, value)),
  kstrtoint: (text) => parsedAs(parseInteger(text), BigInt),
  kstrtobool: (text) => parsedAs(parseBool(text), BigInt),
  sysfs_streq: (text) => parsedAs(parseWord(text, ADVISOR_MODES), (word) => BigInt(ADVISOR_MODES.indexOf(word))),
};

/** What keeps a value, where the file does more than that; gives the reason where it refuses. */
type Store = (engine: Engine, value: bigint) => Refusal | undefined;

/** A setting that may change only while nothing is merged. */
const quiet =
  (word: number): Store =>
  (engine, value) => {
    if (engine.call.quietSettingWrite(word, Number(value)) === 0) return undefined;
    return { code: 'EBUSY', expected: 'no merged pages: write 2 to run first' };
  };

const STORES: { readonly [Name in keyof Settings]?: Store } = {
  run(engine, value) {
    if (engine.call.runWrite(Number(value)) === 0) return undefined;
    return { code: 'ENOMEM', expected: 'enough free frames to give every merged page its own' };
  },
  max_page_sharing: quiet(layout.H_MAX_PAGE_SHARING),
  merge_across_nodes: quiet(layout.H_MERGE_ACROSS_NODES),
  advisor_mode(engine, value) {
    engine.exclusively(() => switchAdvisor(engine, Number(value)));
    return undefined;
  },
};

/** Files that report a number too large for the parser as ERANGE; all others say EINVAL. */
const PASS_ON_ERANGE: readonly (keyof Settings)[] = ['max_page_sharing', 'merge_across_nodes'];

const PAGES_TO_SCAN = SETTING_FILES.find(({ name }) => name === 'pages_to_scan') as SettingFile;

/** All its words at once: ksmd may be at the end of a pass in another thread. */
function switchAdvisor(engine: Engine, mode: number): void {
  if (mode === engine.u32(layout.H_ADVISOR_MODE)) return;
  engine.setU32(layout.H_ADVISOR_MODE, mode);
  engine.setU32(layout.H_PAGES_TO_SCAN, PAGES_TO_SCAN.initial);
  if (mode === 0) return;
  engine.setU32(layout.H_PAGES_TO_SCAN, engine.u32(layout.H_ADVISOR_MIN_PAGES_TO_SCAN));
  engine.setBigU64(layout.H_ADVISOR_START_SCAN, 0n);
  engine.setBigU64(layout.H_ADVISOR_SCAN_TIME, ADVISOR_START.scan_time);
  engine.setBigU64(layout.H_ADVISOR_CHANGE, ADVISOR_START.change);
  engine.setBigU64(layout.H_ADVISOR_CPU_TIME, ADVISOR_START.cpu_time);
}

const greatest = ({ most }: SettingFile): bigint => (most === 0 ? 2n ** 64n - 1n : BigInt(most));

/** All words of which one is chosen, that one in brackets; else the number. */
function shownSetting(engine: Engine, { parser, word }: SettingFile): string {
  const value = engine.bigU64(word);
  if (parser !== 'sysfs_streq') return String(value);
  return ADVISOR_MODES.map((mode, index) => (index === Number(value) ? `[${mode}]` : mode)).join(' ');
}

function writeSetting(engine: Engine, file: SettingFile, text: string): Refusal | undefined {
  const { name, word, least, takes } = file;
  if (name === 'pages_to_scan' && engine.u32(layout.H_ADVISOR_MODE) !== 0)
    return { code: 'EINVAL', expected: 'advisor_mode none' };
  const value = (PARSERS[file.parser] as (text: string) => Parsed<bigint>)(text);
  const most = greatest(file);
  const expected = takes || `a whole number from ${least} to ${most}`;
  if (isRefused(value)) return { code: PASS_ON_ERANGE.includes(name) ? value : 'EINVAL', expected };
  if (value < BigInt(least) || value > most) return { code: 'EINVAL', expected };
  const store = STORES[name];
  if (store !== undefined) return store(engine, value);
  engine.setBigU64(word, value);
  return undefined;
}

/** Every file by its name. */
export const FILES: ReadonlyMap<string, KsmFile> = new Map<string, KsmFile>([
  ...SETTING_FILES.map((file): [string, KsmFile] => [
    file.name,
    {
      read: (engine) => shownSetting(engine, file),
      write: (engine, text) => writeSetting(engine, file, text),
    },
  ]),
  ...COUNTER_FILES.map((file): [string, KsmFile] => [
    file.name,
    { read: (engine) => String(readCounter(engine, file)) },
  ]),
]);

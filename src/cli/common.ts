/** The options that every command has, and what they mean. */
import { KsmError } from '../errors.ts';
import type { HostOptions } from '../index.ts';
import { SETTINGS } from '../ksm/index.ts';
import { MEMORY_BYTES_MAX } from '../memory/index.ts';
import { type Arguments, choice, has, many, type Option, single, size, wholeNumber } from './arguments.ts';
import { say } from './output.ts';
import { parseSetting, type Setting } from './settings.ts';

export const COMMON_OPTIONS: readonly Option[] = [
  {
    name: 'index',
    value: 'ORDER',
    completes: ['hash', 'content'],
    help: "order of the trees: hash (for scan) or content (for replay; the kernel's own)",
  },
  {
    name: 'set',
    value: 'FILE=VALUE',
    many: true,
    completes: SETTINGS.map((file) => `${file}=`),
    help: 'write VALUE to /sys/kernel/mm/ksm/FILE first',
  },
  { name: 'memory', value: 'SIZE', help: 'memory of the engine: 512M, 1.5G or bytes' },
  { name: 'scanners', value: 'N', help: 'threads that scan together (1); results are the same with any number' },
  { name: 'seed', value: 'N', help: 'key of the page hash, for runs that can be repeated' },
  { name: 'json', help: 'print one JSON object' },
  { name: 'quiet', short: 'q', help: 'nothing on stderr but errors' },
  { name: 'help', short: 'h', help: 'this text' },
];

export interface CommonOptions {
  /** Undefined if it was not given: each command has its own default. */
  readonly index: 'content' | 'hash' | undefined;
  readonly settings: readonly Setting[];
  /** Bytes. */
  readonly memory: number | undefined;
  readonly scanners: number;
  readonly seed: bigint | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

const MOST_SCANNERS = 64;
const MOST_SEED = 2n ** 64n - 1n;

/** Checks the common options; a wrong one is EUSAGE. `readMemory`: where --memory is not the size of one engine's memory. */
export function commonOptions(given: Arguments, readMemory: (text: string) => number = engineMemory): CommonOptions {
  return {
    index: optional(given, 'index', (text) => choice('index', text, ['content', 'hash'])),
    settings: many(given, 'set').map(parseSetting),
    memory: optional(given, 'memory', readMemory),
    scanners: optional(given, 'scanners', scanners) ?? 1,
    seed: optional(given, 'seed', seed),
    json: has(given, 'json'),
    quiet: has(given, 'quiet'),
  };
}

/** What `read` makes of an option's value; undefined if it was not given. */
export function optional<T>(given: Arguments, name: string, read: (text: string) => T): T | undefined {
  const text = single(given, name);
  return text === undefined ? undefined : read(text);
}

/** Bytes that an engine can have of its own. */
function engineMemory(text: string): number {
  const bytes = size('memory', text);
  if (bytes <= MEMORY_BYTES_MAX) return bytes;
  throw new KsmError('EUSAGE', `--memory ${text}: expected at most 4G, which is all that 32-bit addresses reach.`);
}

function scanners(text: string): number {
  const threads = wholeNumber('scanners', text, 1);
  if (threads <= MOST_SCANNERS) return threads;
  throw new KsmError('EUSAGE', `--scanners ${text}: expected at most ${MOST_SCANNERS} threads.`);
}

function seed(text: string): bigint {
  const value = /^[0-9]+$/.test(text) ? BigInt(text) : -1n;
  if (value >= 0n && value <= MOST_SEED) return value;
  throw new KsmError('EUSAGE', `--seed ${text}: expected a whole number from 0 to ${MOST_SEED}.`);
}

/** Where the library's warnings go: that fewer threads scan than were asked for is said like any other note. */
export function warningsOf({ quiet }: CommonOptions): Required<Pick<HostOptions, 'onWarning'>> {
  return { onWarning: ({ message }) => quiet || say(message) };
}

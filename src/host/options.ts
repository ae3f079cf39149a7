/** Options of a host: what they mean, their defaults, and what is wrong with them. */
import type { Geometry, WasmSource } from '../engine/index.ts';
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { parseBytes } from '../size.ts';
import type { Clock } from './clock.ts';

export interface Cures {
  /** Smart scan looks at all pages of an age in the same passes, so that equal pages cannot miss each other for ever. */
  readonly smartScanPhase?: boolean;
  /** The advisor never goes below advisor_min_pages_to_scan, and may use less than 10 % CPU. */
  readonly advisorFloor?: boolean;
}

export type DirtyTracking = 'off' | 'on' | 'advisory';

/** The modes, each at its number in the engine (DIRTY_*). */
export const DIRTY_TRACKING: readonly DirtyTracking[] = ['off', 'on', 'advisory'];

export interface HostOptions {
  /**
   * Size of the one linear memory that holds everything, metadata too: bytes, or text like "512M" or "4G". Rounded up to
   * 64 KiB. Default 256 MiB, at most 4 GiB. The system commits memory only as it is used.
   */
  readonly memory?: number | string;
  /** Virtual pages that can be mapped, all address spaces together. Default: twice the pages of `memory`. */
  readonly pages?: number;
  /** Address spaces at once; those that ended count until the scanner has passed, and so does each shared mapping. Default 256. */
  readonly processes?: number;
  /** Mappings, all address spaces together. Default 4096. */
  readonly vmas?: number;
  /** NUMA nodes, each with an equal share of the frames. Default 1. */
  readonly nodes?: number;
  /** Order of the trees: "hash" is fast, "content" is step by step what Linux does. Default "hash". */
  readonly index?: 'hash' | 'content';
  /** Page checksum: "keyed" runs at memory speed, "xxh64" is Linux's. Default: keyed in hash order, xxh64 in content order. */
  readonly checksum?: 'keyed' | 'xxh64';
  /**
   * Does the scanner read pages again that nobody wrote since it hashed them? "off": all of them in every pass, as Linux. "on":
   * none. "advisory": each in every eighth pass. Writes through AddressSpace are always seen; who writes to frames through
   * views of their own marks the dirty bitmap (docs/embedding.md). Default "off". Counters are the same in all of them.
   */
  readonly dirtyTracking?: DirtyTracking;
  /** Habits of Linux that help nobody (docs/fidelity.md) and can be cured. Default: none, as Linux. */
  readonly cures?: Cures;
  /** Key of the keyed hash, 64 bits. Random unless given. */
  readonly seed?: number | bigint;
  /** Use the build of the engine that keeps function names and is less optimised, for stack traces. */
  readonly debug?: boolean;
  /** The engine's binary, for those who bundle it. */
  readonly wasm?: WasmSource;
  /** Threads that scan together, the caller's included. Results are the same with any number. Default 1. */
  readonly scanners?: number;
  /** Source of time. Default: the system's. */
  readonly clock?: Clock;
}

const MEMORY_MAX = 2 ** 32;
const MEMORY_UNIT = 65536;
const PAGES_MAX = 2 ** 27;

function integer(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new KsmError('EINVAL', `Option "${name}" is ${value}; expected a whole number from ${min} to ${max}.`);
}

function oneOf<Word extends string>(name: string, value: Word, words: readonly Word[]): Word {
  if (words.includes(value)) return value;
  throw new KsmError('EINVAL', `Option "${name}" is "${value}"; expected ${words.map((w) => `"${w}"`).join(' or ')}.`);
}

/** A seed as 64 bits; a random one where none is given. */
export function seedOf(seed: number | bigint = randomSeed()): bigint {
  if (typeof seed === 'bigint' || Number.isInteger(seed)) return BigInt.asUintN(64, BigInt(seed));
  throw new KsmError('EINVAL', `Option "seed" is ${seed}; expected a whole number.`);
}

function randomSeed(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] as bigint;
}

/** Checks the options and fills in the defaults. Throws EINVAL naming the option. */
export function geometryOf(options: HostOptions): Geometry {
  const asked = options.memory ?? 256 * 2 ** 20;
  const bytes = typeof asked === 'string' ? parseBytes(asked) : asked;
  integer('memory', bytes, MEMORY_UNIT, MEMORY_MAX);
  const memoryPages = Math.ceil(bytes / MEMORY_UNIT);
  const index = oneOf('index', options.index ?? 'hash', ['hash', 'content']);
  return {
    memoryPages,
    pages: integer('pages', options.pages ?? memoryPages * 32, 1, PAGES_MAX),
    processes: integer('processes', options.processes ?? 256, 1, 65536),
    vmas: integer('vmas', options.vmas ?? 4096, 1, 2 ** 22),
    nodes: integer('nodes', options.nodes ?? 1, 1, layout.NID_LIMIT),
    index,
    cures:
      (options.cures?.smartScanPhase ? layout.CURE_SMART_SCAN_PHASE : 0) |
      (options.cures?.advisorFloor ? layout.CURE_ADVISOR_FLOOR : 0),
    dirtyTracking: DIRTY_TRACKING.indexOf(oneOf('dirtyTracking', options.dirtyTracking ?? 'off', DIRTY_TRACKING)),
    checksum: oneOf('checksum', options.checksum ?? (index === 'hash' ? 'keyed' : 'xxh64'), ['keyed', 'xxh64']),
    seed: seedOf(options.seed),
  };
}

/** Options of a host: what they mean, their defaults, and what is wrong with them. */
import type { Geometry, WasmSource } from '../engine/index.ts';
import { layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import { MEMORY_BYTES_MAX, PAGES_PER_UNIT, UNIT_BYTES } from '../memory/index.ts';
import type { ThreadOptions } from '../port.ts';
import { parseBytes } from '../size.ts';
import { anything, type Checks, flag, invalid, oneOf, optionsOf, wholeNumber } from '../validate.ts';
import { type Clock, clockOf } from './clock.ts';

export interface Cures {
  /** Smart scan looks at all pages of an age in the same passes, so that equal pages cannot miss each other for ever. */
  readonly smartScanPhase?: boolean;
  /** The advisor never goes below advisor_min_pages_to_scan, and may use less than 10 % CPU. */
  readonly advisorFloor?: boolean;
}

export type DirtyTracking = 'off' | 'on' | 'advisory';

/** The modes, each at its number in the engine (DIRTY_*). */
export const DIRTY_TRACKING: readonly DirtyTracking[] = ['off', 'on', 'advisory'];

export interface HostOptions extends ThreadOptions {
  /**
   * Size of the one linear memory that holds everything, metadata too: bytes, or text like "512M" or "4G". Rounded up to
   * 64 KiB. Default 256 MiB, at most 4 GiB, as far as an address reaches. The system commits memory only as it is used.
   */
  readonly memory?: number | string;
  /**
   * Frames that processes can have, the zero frame not counted: the machine's physical memory in pages. Default: as many as `memory` has
   * room for beside everything else; if it has not room for so many, ENOMEM. At least two for each NUMA node.
   */
  readonly frames?: number;
  /** Virtual pages that can be mapped, all address spaces together. Default: twice the pages of `memory`. */
  readonly pages?: number;
  /** Address spaces at once; those that ended count until the scanner has passed, and so does each shared mapping. Default 256. */
  readonly processes?: number;
  /** Mappings, all address spaces together. Default 4096, in a memory below 16 MiB 1024. */
  readonly vmas?: number;
  /** NUMA nodes, each with an equal share of the frames. Default 1. */
  readonly nodes?: number;
  /** Domains that there is room for (`host.makeDomain`). Default 1: all processes are in domain 0. */
  readonly domains?: number;
  /** Order of the trees: "hash" is fast, "content" is step by step what Linux does. Default "hash". */
  readonly index?: 'hash' | 'content';
  /**
   * What a page is: "bytes", or "names", where each page holds a 64-bit name of its content in place of it, 0 for a page of zeros.
   * Equal names are believed: verify them before. `AddressSpace` then has `setName` and `getName` in place of `write` and `read`.
   * In content order names have to be ordered as the contents are. Default "bytes".
   */
  readonly page?: 'bytes' | 'names';
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
  /** Use the build of the engine that keeps function names and is less optimised, for stack traces. Not in a page, which has none. */
  readonly debug?: boolean;
  /** The engine's binary, for those who bundle it. */
  readonly wasm?: WasmSource;
  /** Threads that scan together, the caller's included. Results are the same with any number. Default 1. */
  readonly scanners?: number;
  /** Source of time. Default: the system's. */
  readonly clock?: Clock;
}

const PAGES_MAX = 2 ** 27;
/** As many as a pte can name, but for the zero frame. */
const FRAMES_MAX = 2 ** (32 - layout.PTE_FRAME_SHIFT) - 1;
/** A memory of fewer units is a small one, of 16 MiB: with fewer mappings there is room for 256 processes from 8 MiB on. */
const SMALL_UNITS = (16 * 2 ** 20) / UNIT_BYTES;
/** Threads that scan together, at most: as many as can take part in a host at all. */
export const SCANNERS_MAX: number = layout.WORKER_LIMIT;

/** What `memory` takes. */
function memorySize(what: string, value: unknown): number {
  const bytes = typeof value === 'string' ? parseBytes(value) : value;
  return wholeNumber(UNIT_BYTES, MEMORY_BYTES_MAX)(what, bytes);
}

/** 64 bits. A number beyond 2^53 may not be the one that was written. */
export function seedOf(what: string, value: unknown): bigint {
  const isExact = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (isExact && value >= 0 && value < 2n ** 64n) return BigInt(value);
  throw invalid(what, value, 'a whole number from 0 to 2^64 - 1, as a bigint where it is beyond 2^53');
}

export function randomSeed(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] as bigint;
}

const CURES: Checks<Cures> = { smartScanPhase: flag, advisorFloor: flag };

/** How each option is checked. What only the caller can judge is taken as it is. */
export const HOST_OPTIONS: Checks<HostOptions> = {
  memory: memorySize,
  frames: wholeNumber(2, FRAMES_MAX),
  pages: wholeNumber(1, PAGES_MAX),
  processes: wholeNumber(1, 65536),
  vmas: wholeNumber(1, 2 ** 22),
  nodes: wholeNumber(1, layout.NID_LIMIT),
  domains: wholeNumber(1, layout.DOMAIN_LIMIT),
  index: oneOf('hash', 'content'),
  page: oneOf('bytes', 'names'),
  checksum: oneOf('keyed', 'xxh64'),
  dirtyTracking: oneOf(...DIRTY_TRACKING),
  cures: (what, value) => optionsOf(what, value, CURES),
  seed: seedOf,
  debug: flag,
  wasm: anything,
  scanners: wholeNumber(1, SCANNERS_MAX),
  clock: clockOf,
  workerUrl: anything,
  onWarning: anything,
};

/** Fills the defaults into options that have been checked. */
export function geometryOf(options: HostOptions): Geometry {
  const { memory = 256 * 2 ** 20 } = options;
  const memoryPages = Math.ceil((typeof memory === 'string' ? parseBytes(memory) : memory) / UNIT_BYTES);
  const { index = 'hash', cures = {}, dirtyTracking = 'off' } = options;
  if (options.page === 'names' && options.checksum === 'xxh64')
    throw new KsmError('EINVAL', 'The checksum of a name is its lower half: pages of names take no option "checksum".');
  const { frames, nodes = 1 } = options;
  if (frames !== undefined && frames < 2 * nodes)
    throw new KsmError('EINVAL', `Option "frames" is ${frames}; expected at least 2 for each of ${nodes} NUMA nodes.`);
  return {
    memoryPages,
    ...(frames === undefined ? {} : { frames }),
    pages: options.pages ?? memoryPages * 2 * PAGES_PER_UNIT,
    processes: options.processes ?? 256,
    vmas: options.vmas ?? (memoryPages < SMALL_UNITS ? 1024 : 4096),
    nodes,
    domains: options.domains ?? 1,
    index,
    cures:
      (cures.smartScanPhase ? layout.CURE_SMART_SCAN_PHASE : 0) | (cures.advisorFloor ? layout.CURE_ADVISOR_FLOOR : 0),
    dirtyTracking: DIRTY_TRACKING.indexOf(dirtyTracking),
    checksum: options.checksum ?? (index === 'hash' || options.page === 'names' ? 'keyed' : 'xxh64'),
    seed: BigInt(options.seed ?? randomSeed()),
  };
}

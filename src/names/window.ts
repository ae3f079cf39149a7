/**
 * A window of pages in a WebAssembly memory of its own: contents are read into it, named while they are in a core's cache, and left behind.
 *
 * Beside the window the memory can hold copies of pages, with which later contents of the window are compared. The memory has nothing to do
 * with that of any host.
 *
 * | from        | what                                                         |
 * | KEYS        | two expanded keys: of level 0, and of another level          |
 * | names       | a u64 for each page of the window: its name                  |
 * | partners    | a u32 for each page of the window: the copy to compare with  |
 * | besides     | a u32 for each page of the window: the page beside it        |
 * | the window  | whole pages                                                  |
 * | beside it   | as many pages, to compare those of the window with           |
 * | copies      | whole pages; the memory grows as there are more              |
 */
import { HASH_KEY_BYTES, PAGE_SIZE } from '../../assembly/layout/index.ts';
import { KsmError } from '../errors.ts';

/** assembly/hash.ts. */
interface HashExports {
  expandKey(seedLow: number, seedHigh: number, key: number): void;
  namePages(page: number, count: number, key: number, to: number): void;
  equalRun(page: number, count: number, partners: number): number;
  comparePages(page: number, other: number): number;
}

const UNIT = 65536;
const UNITS_MAX = 65536;
const KEYS = 4096;
/** Pages of the window unless it is said otherwise. */
export const WINDOW_PAGES = 64;

const wholePages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;

/** Room for one. */
const KEY_BYTES = wholePages(HASH_KEY_BYTES);

export interface WindowOptions {
  readonly seed: bigint;
  /** Size of the window. Default: WINDOW_PAGES. */
  readonly pages?: number;
  /** Bits that a name of level 0 keeps: fewer than 64 make contents collide, for tests. */
  readonly nameBits?: number;
}

/** Plain data. */
export interface WindowRecipe {
  readonly module: WebAssembly.Module;
  readonly options: WindowOptions;
}

export class Window {
  /** What it was made of, for another thread to make one that gives the same names. */
  readonly recipe: WindowRecipe;
  /** The window itself, to be read into. */
  readonly pages: Uint8Array<ArrayBufferLike>;
  /** As many pages beside it, for those that pages of the window are compared with. */
  readonly beside: Uint8Array<ArrayBufferLike>;
  readonly #hash: HashExports;
  readonly #memory: WebAssembly.Memory;
  readonly #names: BigUint64Array;
  readonly #partners: Uint32Array;
  readonly #nameMask: bigint;
  readonly #seed: bigint;
  readonly #namesAt: number;
  readonly #partnersAt: number;
  readonly #besidesAt: number;
  readonly #pagesAt: number;
  readonly #besideAt: number;
  readonly #copiesAt: number;
  /** Views of the whole memory; another one after it has grown. */
  #bytes: Uint8Array<ArrayBufferLike>;
  /** The level whose key lies behind that of level 0. */
  #level = 0;

  /** `module`: hash.wasm. EINVAL if it is another. */
  constructor(module: WebAssembly.Module, options: WindowOptions) {
    const { seed, pages = WINDOW_PAGES, nameBits = 64 } = options;
    this.recipe = { module, options };
    this.#namesAt = KEYS + 2 * KEY_BYTES;
    this.#partnersAt = this.#namesAt + 8 * pages;
    this.#besidesAt = this.#partnersAt + 4 * pages;
    this.#pagesAt = wholePages(this.#besidesAt + 4 * pages);
    this.#besideAt = this.#pagesAt + pages * PAGE_SIZE;
    this.#copiesAt = this.#besideAt + pages * PAGE_SIZE;
    const initial = Math.ceil(this.#copiesAt / UNIT);
    this.#memory = newMemory(initial);
    this.#hash = exportsOf(module, this.#memory);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.pages = this.#bytes.subarray(this.#pagesAt, this.#besideAt);
    this.beside = this.#bytes.subarray(this.#besideAt, this.#copiesAt);
    this.#names = new BigUint64Array(this.#memory.buffer, this.#namesAt, pages);
    this.#partners = new Uint32Array(this.#memory.buffer, this.#partnersAt, pages);
    const besides = new Uint32Array(this.#memory.buffer, this.#besidesAt, pages);
    for (const page of besides.keys()) besides[page] = this.#besideAt + page * PAGE_SIZE;
    this.#nameMask = (1n << BigInt(nameBits)) - 1n;
    this.#seed = seed;
    this.#expand(0, KEYS);
  }

  /**
   * The names of `count` pages of the window from page `first` on, valid until the next call: 0 for a page of zeros, and for no other; else
   * its hash with the key of `level`. A content that had to get another name has that of the next level.
   */
  name(first: number, count: number, level: number = 0): BigUint64Array {
    return this.#name(this.#pagesAt + first * PAGE_SIZE, count, level);
  }

  /** The name of page `page` beside the window. */
  nameBeside(page: number, level: number): bigint {
    return this.#name(this.#besideAt + page * PAGE_SIZE, 1, level)[0] as bigint;
  }

  #name(page: number, count: number, level: number): BigUint64Array {
    const key = level === 0 ? KEYS : this.#keyOf(level);
    this.#hash.namePages(page, count, key, this.#namesAt);
    const names = this.#names.subarray(0, count);
    if (level === 0 && this.#nameMask !== 0xffff_ffff_ffff_ffffn) this.#cut(names);
    return names;
  }

  /** How many copies there can be at once. */
  get mostCopies(): number {
    return (UNITS_MAX * UNIT - this.#copiesAt) / PAGE_SIZE;
  }

  /** Keeps a copy of page `page` of the window as copy number `copy`. ENOMEM if the memory cannot grow for it. */
  keep(page: number, copy: number): void {
    const to = this.#copiesAt + copy * PAGE_SIZE;
    if (to + PAGE_SIZE > this.#bytes.length) this.#grow(to + PAGE_SIZE);
    const from = this.#pagesAt + page * PAGE_SIZE;
    this.#bytes.copyWithin(to, from, from + PAGE_SIZE);
  }

  /** Order of two copies as memcmp has it: < 0, 0 or > 0. */
  compareCopies(one: number, other: number): number {
    return this.#hash.comparePages(this.#copiesAt + one * PAGE_SIZE, this.#copiesAt + other * PAGE_SIZE);
  }

  /** Page `page` of the window is to be compared with nothing. */
  setNoPartner(page: number): void {
    this.#partners[page] = 0;
  }

  /** Page `page` of the window is to be compared with copy number `copy`. */
  setCopyPartner(page: number, copy: number): void {
    this.#partners[page] = this.#copiesAt + copy * PAGE_SIZE;
  }

  /** The first of the pages from `first` to `end` of the window that is not equal to its partner, byte by byte; `end` if there is none. */
  firstUnequal(first: number, end: number): number {
    return this.#firstUnequal(first, end, this.#partnersAt);
  }

  /** The same for pages that are compared with those beside them. */
  firstUnequalBeside(first: number, end: number): number {
    return this.#firstUnequal(first, end, this.#besidesAt);
  }

  #firstUnequal(first: number, end: number, partners: number): number {
    const page = this.#pagesAt + first * PAGE_SIZE;
    return first + this.#hash.equalRun(page, end - first, partners + 4 * first);
  }

  #keyOf(level: number): number {
    const key = KEYS + KEY_BYTES;
    if (level !== this.#level) this.#expand(level, key);
    this.#level = level;
    return key;
  }

  #expand(level: number, key: number): void {
    const seed = BigInt.asUintN(64, this.#seed + BigInt(level));
    this.#hash.expandKey(Number(seed & 0xffff_ffffn), Number(seed >> 32n), key);
  }

  #cut(names: BigUint64Array): void {
    for (const [index, name] of names.entries()) if (name !== 0n) names[index] = name & this.#nameMask || 1n;
  }

  #grow(bytes: number): void {
    const least = Math.ceil((bytes - this.#bytes.length) / UNIT);
    const some = Math.max(least, Math.min(256, UNITS_MAX - this.#bytes.length / UNIT));
    try {
      this.#memory.grow(some);
    } catch (cause) {
      throw new KsmError('ENOMEM', `The system refuses ${some * UNIT} bytes more for copies of pages.`, { cause });
    }
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }
}

function newMemory(initial: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial, maximum: UNITS_MAX, shared: true });
  } catch (cause) {
    throw new KsmError('ENOMEM', 'The system refuses a WebAssembly memory for naming pages.', { cause });
  }
}

function exportsOf(module: WebAssembly.Module, memory: WebAssembly.Memory): HashExports {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  if (['namePages', 'expandKey', 'equalRun', 'comparePages'].every((name) => names.includes(name))) {
    return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as HashExports;
  }
  throw new KsmError(
    'EINVAL',
    'createNamer: option "wasm" is another module; expected hash.wasm of this version of ksm-wasm.',
  );
}

/**
 * Names for contents: what an engine over names is told in place of bytes. A namer has a module and a memory of its own, which have
 * nothing to do with those of a host.
 */
import { HASH_KEY_BYTES, PAGE_SIZE } from '../assembly/layout/index.ts';
import { bytesOf } from './bytes.ts';
import type { WasmSource } from './engine/index.ts';
import { KsmError } from './errors.ts';
import { loadBinary } from './load.ts';
import { randomSeed, seedOf } from './machine/index.ts';
import { anything, type Checks, invalid, optionsOf } from './validate.ts';

export interface NamerOptions {
  /** Key of the hash, 64 bits. The same key gives the same names. Random unless given. */
  readonly seed?: number | bigint;
  /** The binary `ksm-wasm/hash.wasm`, for those who bundle it. */
  readonly wasm?: WasmSource;
}

/** assembly/hash.ts. */
interface HashExports {
  expandKey(seedLow: number, seedHigh: number, key: number): void;
  namePages(page: number, count: number, key: number, to: number): void;
}

const OPTIONS: Checks<NamerOptions> = { seed: seedOf, wasm: anything };

// The memory: the key, then as many pages as are named at once, then their names.
const KEY = 4096;
const BATCH = 256;
const PAGES: number = (KEY + HASH_KEY_BYTES + PAGE_SIZE - 1) & -PAGE_SIZE;
const NAMES: number = PAGES + BATCH * PAGE_SIZE;
const UNIT = 65536;
const UNITS: number = Math.ceil((NAMES + BATCH * 8) / UNIT);
const UNITS_MAX = 65536;

/** Gives contents their names. */
export class Namer {
  readonly #hash: HashExports;
  readonly #pages: Uint8Array;
  readonly #names: BigUint64Array;

  constructor(module: WebAssembly.Module, seed: bigint) {
    const memory = new WebAssembly.Memory({ initial: UNITS, maximum: UNITS_MAX, shared: true });
    this.#hash = exportsOf(module, memory);
    this.#pages = new Uint8Array(memory.buffer, PAGES, BATCH * PAGE_SIZE);
    this.#names = new BigUint64Array(memory.buffer, NAMES, BATCH);
    this.#hash.expandKey(Number(seed & 0xffffffffn), Number(seed >> 32n), KEY);
  }

  /**
   * The names of whole pages, one behind the other: 0 for a page of zeros, and for no other; else its keyed hash. Different contents may
   * have the same name, if rarely: compare those that do before they are told to an engine, which believes it. EINVAL if `bytes` are none,
   * or end within a page.
   */
  name(bytes: ArrayBuffer | ArrayBufferView): BigUint64Array<ArrayBuffer> {
    const given = bytesOf('name', bytes);
    const count = given.length / PAGE_SIZE;
    if (!Number.isInteger(count)) throw invalid('name: the length', given.length, `a multiple of ${PAGE_SIZE}`);
    const names = new BigUint64Array(count);
    for (let first = 0; first < count; first += BATCH) {
      const some = Math.min(BATCH, count - first);
      this.#pages.set(given.subarray(first * PAGE_SIZE, (first + some) * PAGE_SIZE));
      this.#hash.namePages(PAGES, some, KEY, NAMES);
      names.set(this.#names.subarray(0, some), first);
    }
    return names;
  }
}

function exportsOf(module: WebAssembly.Module, memory: WebAssembly.Memory): HashExports {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  if (names.includes('namePages') && names.includes('expandKey')) {
    return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as HashExports;
  }
  throw new KsmError(
    'EINVAL',
    'createNamer: option "wasm" is another module; expected hash.wasm of this version of ksm-wasm.',
  );
}

/** A namer with a key of its own. EINVAL, ENOENT or EFORMAT where its binary cannot be had, as createHost. */
export async function createNamer(options?: NamerOptions): Promise<Namer> {
  const { seed = randomSeed(), wasm } = optionsOf('createNamer', options, OPTIONS);
  return new Namer(await loadBinary('hash', wasm), BigInt(seed));
}

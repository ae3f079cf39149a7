/**
 * Names for contents: what an engine over names is told in place of bytes. A namer has a module and a memory of its own, which have
 * nothing to do with those of a host.
 */
import { PAGE_SIZE } from '../../assembly/layout/index.ts';
import { bytesOf } from '../bytes.ts';
import type { WasmSource } from '../engine/index.ts';
import { loadBinary } from '../load.ts';
import { randomSeed, seedOf } from '../machine/index.ts';
import { anything, type Checks, invalid, optionsOf } from '../validate.ts';
import { WINDOW_PAGES, Window } from './window.ts';

export interface NamerOptions {
  /** Key of the hash, 64 bits. The same key gives the same names. Random unless given. */
  readonly seed?: number | bigint;
  /** The binary `ksm-wasm/hash.wasm`, for those who bundle it. */
  readonly wasm?: WasmSource;
}

const OPTIONS: Checks<NamerOptions> = { seed: seedOf, wasm: anything };

/** Gives contents their names. */
export class Namer {
  readonly #window: Window;

  constructor(module: WebAssembly.Module, seed: bigint) {
    this.#window = new Window(module, { seed });
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
    for (let first = 0; first < count; first += WINDOW_PAGES) {
      const some = Math.min(WINDOW_PAGES, count - first);
      this.#window.pages.set(given.subarray(first * PAGE_SIZE, (first + some) * PAGE_SIZE));
      names.set(this.#window.name(0, some), first);
    }
    return names;
  }
}

/** A namer with a key of its own. EINVAL, ENOENT or EFORMAT where its binary cannot be had, as createHost. */
export async function createNamer(options?: NamerOptions): Promise<Namer> {
  const { seed = randomSeed(), wasm } = optionsOf('createNamer', options, OPTIONS);
  return new Namer(await loadBinary('hash', wasm), BigInt(seed));
}

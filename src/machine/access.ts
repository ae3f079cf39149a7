/**
 * How a guest reads and writes its memory beside other threads, without the lock (docs/protocol.md).
 *
 * Each access is announced in the worker's record before the pte is looked at for the last time, so that nobody who takes the
 * right away can miss it. Where a page lies is asked once and remembered, as a TLB does; a remembered translation is good as
 * long as the pte still says the same and no page table was freed since (EPOCH).
 */
import { type Engine, type EngineExports, layout } from '../engine/index.ts';
import type { Frames } from '../memory/index.ts';

const { ACCESS_BEGUN, ACCESS_READ, ACCESS_REFUSED, ACCESS_WRITE, PTE_DIRTY, PTE_READ_ONLY, PTE_WRITABLE } = layout;
/** Bits that the pte of a page has that may be read, and that may be written. */
const MAY_READ = PTE_READ_ONLY;
const MAY_WRITE = PTE_WRITABLE | PTE_DIRTY;
const { TABLE_BITS } = layout;
const INDEX = layout.TABLE_ENTRIES - 1;
/** Remembered translations, a power of two: of 32 MiB, in 128 KiB. Fewer make random accesses to 16 MiB dearer (bench/guest). */
const SIZE = 8192;
/** Words of one, side by side because they are read together: the page, address of its pte, the pte, the epoch. */
const WORDS = 4;
const AT = 1;
const PTE = 2;
const SINCE = 3;
/** In place of a page: nothing is remembered. */
const NONE = -1;

export class Access {
  /** Signed: so that no word of it is ever more than a small integer to the JavaScript engine. */
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** The memory once more, of a host of names. */
  readonly #names: BigUint64Array;
  readonly #call: EngineExports;
  readonly #engine: Engine;
  readonly #frames: Frames;
  readonly #mm: number;
  readonly #id: number;
  readonly #worker: number;
  readonly #ptes: number;
  /** The translation of a page is at its number modulo SIZE. */
  readonly #known: Int32Array = new Int32Array(SIZE * WORDS).fill(NONE);

  /** For the worker that `engine` is, in the process whose mm is at address `mm` and whose id is `id`. */
  constructor(engine: Engine, mm: number, id: number) {
    this.#engine = engine;
    this.#frames = engine.frames;
    this.#words = new Int32Array(engine.object.buffer);
    this.#bytes = engine.bytes;
    this.#names = new BigUint64Array(engine.object.buffer);
    this.#call = engine.call;
    this.#mm = mm;
    this.#id = id;
    this.#worker = engine.worker;
    this.#ptes = engine.u32(layout.H_PTES);
  }

  /** Writes `bytes` to `page` from `offset` on. False, and nothing done, if a write fault has to come first. */
  write(page: number, offset: number, bytes: Uint8Array): boolean {
    const place = this.#begin(page, MAY_WRITE, ACCESS_WRITE);
    if (place === 0) return false;
    this.#bytes.set(bytes, place + offset);
    this.#call.accessEnd(this.#worker);
    return true;
  }

  /** A copy of `length` bytes of `page` from `offset` on; undefined if a read fault has to come first. */
  read(page: number, offset: number, length: number): Uint8Array | undefined {
    const place = this.#begin(page, MAY_READ, ACCESS_READ);
    if (place === 0) return undefined;
    const copy = this.#bytes.slice(place + offset, place + offset + length);
    this.#call.accessEnd(this.#worker);
    return copy;
  }

  /** Gives `page` a name. False, and nothing done, if a write fault has to come first. */
  setName(page: number, name: bigint): boolean {
    const place = this.#begin(page, MAY_WRITE, ACCESS_WRITE);
    if (place === 0) return false;
    Atomics.store(this.#names, place / 8, name);
    this.#call.accessEnd(this.#worker);
    return true;
  }

  /** The name of `page`; undefined if a read fault has to come first. */
  getName(page: number): bigint | undefined {
    const place = this.#begin(page, MAY_READ, ACCESS_READ);
    if (place === 0) return undefined;
    const name = Atomics.load(this.#names, place / 8);
    this.#call.accessEnd(this.#worker);
    return name;
  }

  /**
   * Announces an access in the way `how` to a page whose pte has all of `flags`. Address of its
   * content; 0, and nothing announced, if there is none.
   */
  #begin(page: number, flags: number, how: number): number {
    const slot = (page & (SIZE - 1)) * WORDS;
    let place = this.#known[slot] === page ? this.#announce(slot, flags, how) : 0;
    if (place !== 0) return place;
    if (this.#walk(page, slot)) place = this.#announce(slot, flags, how);
    if (place === 0) this.#call.accessEnd(this.#worker);
    return place;
  }

  /** Announces an access by the translation at `slot`. 0 if that is out of date or has not all of `flags`. */
  #announce(slot: number, flags: number, how: number): number {
    const known = this.#known;
    const pte = known[slot + PTE] as number;
    if ((pte & flags) !== flags) return 0;
    const begun = this.#call.accessBegin(
      this.#worker,
      this.#frames.accessOf(pte, how),
      known[slot + AT] as number,
      pte,
      known[slot + SINCE] as number,
    );
    if (begun === ACCESS_REFUSED) throw this.#engine.expelledError();
    return begun === ACCESS_BEGUN ? this.#frames.placeOfPte(pte) : 0;
  }

  /**
   * Remembers at `slot` what the page tables say; the tables stay in place to the end of the access. False: they have no such page. Whether
   * the process lives is asked after the epoch is noted, because the tables of one that has ended go with an epoch.
   */
  #walk(page: number, slot: number): boolean {
    const words = this.#words;
    const known = this.#known;
    known[slot + SINCE] = this.#call.accessWalk(this.#worker);
    known[slot] = NONE;
    if (!this.#call.isProcess(this.#mm, this.#id)) return false;
    const pgd = words[(this.#mm + layout.MM_PGD) >>> 2] as number;
    const middle = words[(pgd >>> 2) + (page >>> (2 * TABLE_BITS))] as number;
    const leaf = middle === 0 ? 0 : (words[(middle >>> 2) + ((page >>> TABLE_BITS) & INDEX)] as number);
    if (leaf === 0) return false;
    known[slot] = page;
    const at = this.#ptes + (((leaf << TABLE_BITS) | (page & INDEX)) << 2);
    known[slot + AT] = at;
    known[slot + PTE] = words[at >>> 2] as number;
    return true;
  }
}

/**
 * How a guest reads and writes its memory beside other threads, without the lock (docs/protocol.md).
 *
 * Each access is announced in the worker's record before the pte is looked at for the last time, so that nobody who takes the
 * right away can miss it. Where a page lies is asked once and remembered, as a TLB does; a remembered translation is good as
 * long as the pte still says the same and no page table was freed since (EPOCH).
 */
import { type Engine, layout } from '../engine/index.ts';

const { ACCESS_READ, ACCESS_WALK, ACCESS_WRITE, PTE_DIRTY, PTE_FRAME, PTE_PRESENT, PTE_WRITABLE } = layout;
const MAY_WRITE = PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY;
const EPOCH = layout.EPOCH / 4;
const { TABLE_BITS } = layout;
const INDEX = layout.TABLE_ENTRIES - 1;
/** Remembered translations, a power of two: of as many pages as a processor's TLB holds, about. */
const SIZE = 2048;
/** Words of one, side by side because they are read together: the page, index of its pte, the pte, the epoch. */
const WORDS = 4;
const AT = 1;
const PTE = 2;
const SINCE = 3;

export class Access {
  /** Signed: so that no word of it is ever more than a small integer to the JavaScript engine. */
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #mm: number;
  /** Index of this worker's record. */
  readonly #record: number;
  readonly #ptes: number;
  /** The translation of a page is at its number modulo SIZE. */
  readonly #known: Int32Array = new Int32Array(SIZE * WORDS).fill(-1);

  /** For the worker that `engine` is, in the mm at address `mm`. */
  constructor(engine: Engine, mm: number) {
    this.#words = new Int32Array(engine.memory.buffer);
    this.#bytes = engine.bytes;
    this.#mm = mm;
    this.#record = (engine.record + layout.WORKER_ACCESS) / 4;
    this.#ptes = engine.u32(layout.H_PTES) / 4;
  }

  /** Writes `bytes` to `page` from `offset` on. False, and nothing done, where a write fault has to come first. */
  write(page: number, offset: number, bytes: Uint8Array): boolean {
    const frame = this.#begin(page, MAY_WRITE, ACCESS_WRITE);
    if (frame === 0) return false;
    this.#bytes.set(bytes, frame + offset);
    Atomics.store(this.#words, this.#record, 0);
    return true;
  }

  /** A copy of `length` bytes of `page` from `offset` on; undefined where a read fault has to come first. */
  read(page: number, offset: number, length: number): Uint8Array | undefined {
    const frame = this.#begin(page, PTE_PRESENT, ACCESS_READ);
    if (frame === 0) return undefined;
    const copy = this.#bytes.slice(frame + offset, frame + offset + length);
    Atomics.store(this.#words, this.#record, 0);
    return copy;
  }

  /** Announces an access in the way `how` to a page whose pte has all of `flags`. Address of its frame; 0, and nothing announced, where there is none. */
  #begin(page: number, flags: number, how: number): number {
    const known = this.#known;
    const slot = (page & (SIZE - 1)) * WORDS;
    if (known[slot] === page) {
      const words = this.#words;
      const pte = known[slot + PTE] as number;
      Atomics.store(words, this.#record, (pte & PTE_FRAME) | how);
      const isSame =
        Atomics.load(words, known[slot + AT] as number) === pte && Atomics.load(words, EPOCH) === known[slot + SINCE];
      if (isSame && (pte & flags) === flags) return (pte & PTE_FRAME) >>> 0;
    }
    return this.#lookUp(page, slot, flags, how);
  }

  /** The same by the page tables. They stay where they are from the first announcement to the end of the access. */
  #lookUp(page: number, slot: number, flags: number, how: number): number {
    const words = this.#words;
    const known = this.#known;
    Atomics.store(words, this.#record, ACCESS_WALK);
    const epoch = Atomics.load(words, EPOCH);
    const pgd = words[(this.#mm + layout.MM_PGD) >>> 2] as number;
    const middle = words[(pgd >>> 2) + (page >>> (2 * TABLE_BITS))] as number;
    const leaf = middle === 0 ? 0 : (words[(middle >>> 2) + ((page >>> TABLE_BITS) & INDEX)] as number);
    if (leaf !== 0) {
      const at = this.#ptes + ((leaf << TABLE_BITS) | (page & INDEX));
      const pte = Atomics.load(words, at);
      known[slot] = page;
      known[slot + AT] = at;
      known[slot + PTE] = pte;
      known[slot + SINCE] = epoch;
      if ((pte & flags) === flags) {
        Atomics.store(words, this.#record, (pte & PTE_FRAME) | how);
        if (Atomics.load(words, at) === pte) return (pte & PTE_FRAME) >>> 0;
      }
    }
    Atomics.store(words, this.#record, 0);
    return 0;
  }
}

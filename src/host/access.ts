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
/** Remembered translations; a power of two. */
const SIZE = 1024;
const { TABLE_BITS } = layout;
const INDEX = layout.TABLE_ENTRIES - 1;

export class Access {
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #mm: number;
  /** Index of this worker's record. */
  readonly #record: number;
  readonly #ptes: number;
  /** By page number modulo SIZE: the page, index of its pte, the pte, the epoch. */
  readonly #pages: Int32Array = new Int32Array(SIZE).fill(-1);
  readonly #at: Uint32Array = new Uint32Array(SIZE);
  readonly #pte: Uint32Array = new Uint32Array(SIZE);
  readonly #epoch: Uint32Array = new Uint32Array(SIZE);

  /** For the worker that `engine` is, in the mm at address `mm`. */
  constructor(engine: Engine, mm: number) {
    this.#words = engine.words;
    this.#bytes = engine.bytes;
    this.#mm = mm;
    this.#record = (engine.record + layout.WORKER_ACCESS) / 4;
    this.#ptes = engine.u32(layout.H_PTES) / 4;
  }

  /** Writes `bytes` to `page` from `offset` on. False, and nothing done, where a write fault has to come first. */
  write(page: number, offset: number, bytes: Uint8Array): boolean {
    const slot = page & (SIZE - 1);
    if (this.#pages[slot] !== page && !this.#lookUp(page, slot)) return false;
    const pte = this.#pte[slot] as number;
    if ((pte & MAY_WRITE) === MAY_WRITE && this.#begin(slot, pte, ACCESS_WRITE)) {
      this.#bytes.set(bytes, ((pte & PTE_FRAME) >>> 0) + offset);
      Atomics.store(this.#words, this.#record, 0);
      return true;
    }
    this.#pages[slot] = -1;
    return false;
  }

  /** Reads from `page`, `offset` on, as much as `into` holds. False, and nothing done, where a read fault has to come first. */
  read(page: number, offset: number, into: Uint8Array): boolean {
    const slot = page & (SIZE - 1);
    if (this.#pages[slot] !== page && !this.#lookUp(page, slot)) return false;
    const pte = this.#pte[slot] as number;
    if (pte & PTE_PRESENT && this.#begin(slot, pte, ACCESS_READ)) {
      const from = ((pte & PTE_FRAME) >>> 0) + offset;
      into.set(this.#bytes.subarray(from, from + into.length));
      Atomics.store(this.#words, this.#record, 0);
      return true;
    }
    this.#pages[slot] = -1;
    return false;
  }

  /** Announces an access. False, and nothing announced, where the translation is void. */
  #begin(slot: number, pte: number, how: number): boolean {
    const words = this.#words;
    Atomics.store(words, this.#record, (pte & PTE_FRAME) | how);
    if (Atomics.load(words, EPOCH) === this.#epoch[slot] && Atomics.load(words, this.#at[slot] as number) === pte) {
      return true;
    }
    Atomics.store(words, this.#record, 0);
    return false;
  }

  /** Asks the page tables, and remembers. False where there is no entry for the page. */
  #lookUp(page: number, slot: number): boolean {
    const words = this.#words;
    Atomics.store(words, this.#record, ACCESS_WALK);
    const epoch = Atomics.load(words, EPOCH);
    const pgd = words[(this.#mm + layout.MM_PGD) / 4] as number;
    const middle = words[pgd / 4 + (page >>> (2 * TABLE_BITS))] as number;
    const leaf = middle === 0 ? 0 : (words[middle / 4 + ((page >>> TABLE_BITS) & INDEX)] as number);
    if (leaf !== 0) {
      const at = this.#ptes + ((leaf << TABLE_BITS) | (page & INDEX));
      this.#pages[slot] = page;
      this.#at[slot] = at;
      this.#pte[slot] = Atomics.load(words, at);
      this.#epoch[slot] = epoch;
    }
    Atomics.store(words, this.#record, 0);
    return leaf !== 0;
  }
}

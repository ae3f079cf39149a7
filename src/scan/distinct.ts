/**
 * The names that occur in a scan, each once, with the first four bytes of its content and a page that has it: 24 bytes each and a slot of
 * a hash table. A table of our own, because a Map of bigints takes five times as much memory and time.
 */
import { PAGE_BYTES } from '../image/index.ts';
import type { Window } from '../names/index.ts';

/** At the start; a power of two. The slots are twice as many as there is room for names. */
const ROOM = 1 << 12;
/** Slots hold the number of a name + 1. */
const EMPTY = 0;

export class Distinct {
  count = 0;
  /** By number: the name; its content's first four bytes, big-endian; which page of which source has it. */
  names: BigUint64Array = new BigUint64Array(ROOM);
  prefixes: Uint32Array = new Uint32Array(ROOM);
  sources: Uint32Array = new Uint32Array(ROOM);
  pages: Uint32Array = new Uint32Array(ROOM);
  /** The names as words, lower half first. */
  #words = new Uint32Array(this.names.buffer);
  #slots = new Uint32Array(2 * ROOM);

  /** Notes the names of the window's first pages, which are a source's from number `page` on. Zeros, whose name is 0, are left out. */
  note(source: number, page: number, names: BigUint64Array, { pages }: Window): void {
    const words = new Uint32Array(names.buffer, names.byteOffset, 2 * names.length);
    const bytes = new DataView(pages.buffer, pages.byteOffset);
    for (let at = 0; at < names.length; at++) {
      const [low, high] = [words[2 * at] as number, words[2 * at + 1] as number];
      if ((low | high) === 0) continue;
      const slot = this.#slotOf(low, high);
      if (this.#slots[slot] !== EMPTY) continue;
      const number = this.count++;
      this.#slots[slot] = number + 1;
      this.#words[2 * number] = low;
      this.#words[2 * number + 1] = high;
      this.prefixes[number] = bytes.getUint32(at * PAGE_BYTES);
      this.sources[number] = source;
      this.pages[number] = page + at;
      if (this.count === this.prefixes.length) this.#grow();
    }
  }

  /** The number of a name that was noted, by its halves. */
  numberOf(low: number, high: number): number {
    return (this.#slots[this.#slotOf(low, high)] as number) - 1;
  }

  /** The name's slot, or the one where it would be. Names are hashes, so their lower half says where to look. */
  #slotOf(low: number, high: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number < 0 || (this.#words[2 * number] === low && this.#words[2 * number + 1] === high)) return slot;
    }
  }

  #grow(): void {
    const room = 2 * this.prefixes.length;
    const names = new BigUint64Array(room);
    names.set(this.names);
    this.names = names;
    this.#words = new Uint32Array(names.buffer);
    this.prefixes = larger(this.prefixes);
    this.sources = larger(this.sources);
    this.pages = larger(this.pages);
    this.#slots = new Uint32Array(2 * room);
    for (let number = 0; number < this.count; number++) {
      const slot = this.#slotOf(this.#words[2 * number] as number, this.#words[2 * number + 1] as number);
      this.#slots[slot] = number + 1;
    }
  }
}

function larger(column: Uint32Array): Uint32Array {
  const grown = new Uint32Array(2 * column.length);
  grown.set(column);
  return grown;
}

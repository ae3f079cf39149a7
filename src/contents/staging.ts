/**
 * Copies of pages, one behind the other, to be hashed together and compared.
 *
 * Copies, because whoever reads a page may give the same buffer for the next one, and because words can be compared only where they are
 * aligned.
 */
import { layout } from '../engine/index.ts';

const { PAGE_SIZE } = layout;
const WORDS = PAGE_SIZE / 4;

/** How many pages are hashed at once. */
export const BATCH = 256;
/** A place behind them, for a page that one of them is compared with. */
export const WITNESS: number = BATCH;
/** And a page of zeros, which stays. */
export const ZERO_PAGE: number = BATCH + 1;

export class Staging {
  readonly #bytes: Uint8Array = new Uint8Array((ZERO_PAGE + 1) * PAGE_SIZE);
  readonly #words: Int32Array = new Int32Array(this.#bytes.buffer);

  put(place: number, page: Uint8Array): void {
    this.#bytes.set(page, place * PAGE_SIZE);
  }

  /** The pages at the first `count` places. */
  first(count: number): Uint8Array {
    return this.#bytes.subarray(0, count * PAGE_SIZE);
  }

  /** Four words a step: it is most of what a comparison costs. */
  areEqual(one: number, other: number): boolean {
    const words = this.#words;
    const end = (one + 1) * WORDS;
    const distance = (other - one) * WORDS;
    for (let word = one * WORDS; word < end; word += 4) {
      const differs =
        (at(words, word) ^ at(words, word + distance)) |
        (at(words, word + 1) ^ at(words, word + 1 + distance)) |
        (at(words, word + 2) ^ at(words, word + 2 + distance)) |
        (at(words, word + 3) ^ at(words, word + 3 + distance));
      if (differs !== 0) return false;
    }
    return true;
  }
}

function at(words: Int32Array, index: number): number {
  return words[index] as number;
}

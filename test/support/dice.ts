/**
 * Chance that can be repeated: numbers that depend on a seed and nothing else, and cost little. The only generator of the tests.
 * It imports nothing, because a browser loads it too.
 */
export class Dice {
  #state: number;

  constructor(seed: number | string) {
    // FNV-1a, so that neighbours start far apart in the one sequence that all seeds share.
    this.#state = [...String(seed)].reduce(
      (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193),
      0x811c9dc5,
    );
  }

  /**
   * 32 random bits as an unsigned number, by the generator known as mulberry32. A plain xorshift would not do: its bits are sums of
   * earlier ones, and the fuzzer never gets where they keep it out.
   */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `end` - 1; 0 < end <= 2^32. */
  below(end: number): number {
    return Math.floor((this.bits() / 2 ** 32) * end);
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}

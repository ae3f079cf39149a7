/**
 * Contents of pages as names: 64 bits that stand for them. Contents are numbered from 1; each has one name, no two have the same, and
 * name 0 is the page of zeros. Names look random, since trees are ordered by their lower halves.
 */

import { mix } from '../workloads.ts';

export class Contents {
  readonly #salt: number;
  #next = 1;

  constructor(seed: number) {
    this.#salt = mix(seed);
  }

  /** Numbers for `count` contents that nobody has had, one after the other; the first of them. RangeError after 2^32 of them. */
  fresh(count: number): number {
    const first = this.#next;
    this.#next += count;
    if (this.#next > 2 ** 32)
      throw new RangeError('all 4,294,967,295 contents are used: simulate fewer hours or guests');
    return first;
  }

  /** The names of the contents from number `first` on. */
  names(first: number, count: number): BigUint64Array {
    const names = new BigUint64Array(count);
    const halves = new Uint32Array(names.buffer);
    for (let index = 0; index < count; index++) {
      halves[2 * index] = mix(first + index); // a bijection that keeps 0: different contents differ here
      halves[2 * index + 1] = mix((first + index) ^ this.#salt);
    }
    return names;
  }
}

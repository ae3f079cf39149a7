/** Random numbers that depend on a seed and nothing else (xorshift32), cheap enough for one in every operation. */
export class Dice {
  #x: number;

  constructor(seed: number) {
    this.#x = Math.imul(seed + 1, 0x9e3779b1) | 1;
    for (let n = 0; n < 8; n++) this.bits();
  }

  /** 32 random bits as an unsigned number; never 0. */
  bits(): number {
    let x = this.#x;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#x = x;
    return x >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.bits() / 2 ** 32) * limit);
  }
}

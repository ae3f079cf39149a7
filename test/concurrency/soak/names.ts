/**
 * What a process holds in pages of names. Both halves of a name of its own tell of each other, so that half a name is a wrong one; a few
 * names all guests have in common.
 */
import type { AddressSpace } from '../../../src/index.ts';
import type { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';
import { BASE, type Content, PAGES } from './content.ts';

/** Name 0 is the zero page's. */
const COMMON = [0n, 0x0001_0000_0001n, 0x0002_0000_0002n, 0x7000_0003_0000_0003n, 0xffff_ffff_0000_0004n, 5n] as const;

export class NameContent implements Content {
  readonly #space: AddressSpace;
  readonly #dice: Dice;
  readonly #seed: number;
  readonly #shadow: BigUint64Array;

  constructor(space: AddressSpace, dice: Dice, seed: number, shadow: BigUint64Array = new BigUint64Array(PAGES)) {
    this.#space = space;
    this.#dice = dice;
    this.#seed = seed;
    this.#shadow = shadow;
  }

  readSome(): string | undefined {
    return this.#wrong(this.#dice.below(PAGES));
  }

  compare(): string | undefined {
    for (let page = 0; page < PAGES; page++) {
      const wrong = this.#wrong(page);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  writeNoise(page: number): void {
    const half = this.#dice.bits();
    this.#write(page, (BigInt((half ^ this.#seed) >>> 0) << 32n) | BigInt(half));
  }

  putBack(page: number): void {
    this.#write(page, this.#dice.pick(COMMON));
  }

  writeSame(): void {
    const page = this.#dice.below(PAGES);
    this.#write(page, this.#shadow[page] as bigint);
  }

  clear(first: number, pages: number): void {
    this.#shadow.fill(0n, first, first + pages);
  }

  forked(space: AddressSpace): Content {
    return new NameContent(space, this.#dice, this.#seed, this.#shadow.slice());
  }

  #write(page: number, name: bigint): void {
    this.#space.setName(BASE + page * PAGE, name);
    this.#shadow[page] = name;
  }

  #wrong(page: number): string | undefined {
    const [found, expected] = [this.#space.getName(BASE + page * PAGE), this.#shadow[page] as bigint];
    if (found === expected) return undefined;
    return `page ${BASE / PAGE + page}: expected the name ${expected.toString(16)}, found ${found.toString(16)}`;
  }
}

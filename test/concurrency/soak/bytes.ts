/** What a process holds in pages of bytes: writes and reads have any length, and may begin in one page and end in the next. */
import type { AddressSpace } from '../../../src/index.ts';
import type { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';
import { BASE, BYTES, type Content } from './content.ts';
import { COMMON, NOISE } from './contents.ts';

export class ByteContent implements Content {
  readonly #space: AddressSpace;
  readonly #dice: Dice;
  readonly #noise: Uint8Array;
  readonly #shadow: Uint8Array;

  /** `noise` is the guest's own (noiseOf). */
  constructor(space: AddressSpace, dice: Dice, noise: Uint8Array, shadow: Uint8Array = new Uint8Array(BYTES)) {
    this.#space = space;
    this.#dice = dice;
    this.#noise = noise;
    this.#shadow = shadow;
  }

  readSome(): string | undefined {
    const length = this.#length();
    const offset = this.#dice.below(BYTES - length);
    return this.#wrong(offset, this.#space.read(BASE + offset, length));
  }

  compare(): string | undefined {
    return this.#wrong(0, this.#space.read(BASE, BYTES));
  }

  writeNoise(page: number): void {
    const length = this.#length();
    const offset = Math.min(page * PAGE + this.#dice.below(PAGE), BYTES - length);
    const from = this.#dice.below(NOISE);
    this.#write(offset, this.#noise.subarray(from, from + length));
  }

  putBack(page: number): void {
    this.#write(page * PAGE, this.#dice.pick(COMMON));
  }

  writeSame(): void {
    const length = this.#length();
    const offset = this.#dice.below(BYTES - length);
    this.#write(offset, this.#shadow.subarray(offset, offset + length));
  }

  clear(first: number, pages: number): void {
    this.#shadow.fill(0, first * PAGE, (first + pages) * PAGE);
  }

  forked(space: AddressSpace): Content {
    return new ByteContent(space, this.#dice, this.#noise, this.#shadow.slice());
  }

  /** Many short lengths, some of a page. */
  #length(): number {
    const bits = this.#dice.bits();
    const longest = (bits & 15) < 11 ? 64 : (bits & 15) < 15 ? 512 : PAGE;
    return 1 + ((bits >>> 4) & (longest - 1));
  }

  #write(offset: number, bytes: Uint8Array): void {
    this.#space.write(BASE + offset, bytes);
    this.#shadow.set(bytes, offset);
  }

  #wrong(offset: number, found: Uint8Array): string | undefined {
    const shadow = this.#shadow;
    const isWrong = (index: number): boolean => found[index] !== shadow[offset + index];
    let first = 0;
    while (first < found.length && !isWrong(first)) first++;
    if (first === found.length) return undefined;
    let wrong = 0;
    for (let index = first; index < found.length; index++) if (isWrong(index)) wrong++;
    const hex = (bytes: Uint8Array, from: number): string =>
      Buffer.from(bytes.subarray(from, from + Math.min(8, found.length - first))).toString('hex');
    const at = offset + first;
    const page = (BASE + at - (at % PAGE)) / PAGE;
    const differ = `expected ${hex(shadow, at)}, found ${hex(found, first)}`;
    return `page ${page}, byte ${at % PAGE}: ${differ} (${wrong} of ${found.length} bytes read differ)`;
  }
}

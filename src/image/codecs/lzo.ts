/**
 * One block of LZO1X, unpacked: what makedumpfile and the kernel's crash tools use for the pages of a kdump.
 *
 * Written from the published description of the byte stream: instructions that copy what was unpacked before, each with up to
 * three literals behind it, and runs of literals. Pure; whatever is given, it ends, and writes only into `into`.
 */
import { repeat } from './snappy.ts';

/** What was at the end of the last instruction: it decides what an instruction below 16 means. */
const NO_LITERALS = 0;
const MANY_LITERALS = 4;

/** Unpacks a block into `into`. How many bytes it has; -1 if it is damaged, or has more than there is room for. */
export function unpackLzo(block: Uint8Array, into: Uint8Array): number {
  const decoder = new Decoder(block, into);
  return decoder.run();
}

class Decoder {
  readonly #block: Uint8Array;
  readonly #into: Uint8Array;
  #from = 0;
  #done = 0;
  #state = NO_LITERALS;

  constructor(block: Uint8Array, into: Uint8Array) {
    this.#block = block;
    this.#into = into;
  }

  run(): number {
    if (!this.#first()) return -1;
    while (this.#from < this.#block.length) {
      const byte = this.#byte();
      if (byte >= 16 && byte < 32) {
        const size = this.#long(byte, 7) + 2;
        const far = (byte & 8) * 2048;
        const low = this.#pair();
        const distance = far + (low >> 2) + 16384;
        // The end of the stream is a copy from exactly there.
        if (distance === 16384) return size === 3 && this.#from === this.#block.length ? this.#done : -1;
        if (!this.#copy(distance, size, low & 3)) return -1;
      } else if (!this.#instruction(byte)) {
        return -1;
      }
    }
    return -1; // no end
  }

  /** The first byte may be a run of literals of its own encoding. */
  #first(): boolean {
    const byte = this.#block[0] ?? 0;
    if (byte <= 17) return this.#block.length > 0;
    this.#from = 1;
    return this.#literals(byte - 17, byte < 21 ? byte - 17 : MANY_LITERALS);
  }

  /** All but those of 16 to 31. */
  #instruction(byte: number): boolean {
    if (byte >= 64) {
      const distance = this.#byte() * 8 + ((byte >> 2) & 7) + 1;
      return this.#copy(distance, (byte >> 5) + 1, byte & 3);
    }
    if (byte >= 32) {
      const size = this.#long(byte, 31) + 2;
      const low = this.#pair();
      return this.#copy((low >> 2) + 1, size, low & 3);
    }
    if (this.#state === NO_LITERALS) return this.#literals(this.#long(byte, 15) + 3, MANY_LITERALS);
    const distance = this.#byte() * 4 + (byte >> 2) + 1;
    return this.#state === MANY_LITERALS ? this.#copy(distance + 2048, 3, byte & 3) : this.#copy(distance, 2, byte & 3);
  }

  #byte(): number {
    return this.#block[this.#from++] ?? 0;
  }

  #pair(): number {
    const low = this.#byte();
    return low + this.#byte() * 256;
  }

  /** A length in the low bits; zero there means that it goes on: 255 for each byte of zero, then the last byte. */
  #long(byte: number, mask: number): number {
    if ((byte & mask) !== 0) return byte & mask;
    let length = mask;
    while (this.#block[this.#from] === 0) {
      length += 255;
      this.#from++;
    }
    return length + this.#byte();
  }

  #literals(size: number, state: number): boolean {
    const end = this.#from + size;
    if (end > this.#block.length || this.#done + size > this.#into.length) return false;
    this.#into.set(this.#block.subarray(this.#from, end), this.#done);
    this.#from = end;
    this.#done += size;
    this.#state = state;
    return true;
  }

  /** A copy, and up to three literals behind it. */
  #copy(distance: number, size: number, literals: number): boolean {
    if (distance > this.#done || this.#done + size > this.#into.length) return false;
    this.#done = repeat(this.#into, this.#done, distance, size);
    return this.#literals(literals, literals);
  }
}

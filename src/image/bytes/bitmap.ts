/** A bitmap in a file, read from front to back: never all of it is in memory. */
import type { ByteSource } from './byte-source.ts';
import { Window } from './window.ts';

/** Looked at together where nothing is set. */
const RUN_BYTES = 4096;

export class Bitmap {
  readonly #window: Window;
  readonly #start: number;

  /** `start`: of its first byte. Bit 0 of a byte is the first. */
  constructor(bytes: ByteSource, start: number) {
    this.#window = new Window(bytes);
    this.#start = start;
  }

  has(bit: number): boolean {
    return ((this.#byte(bit) >> (bit & 7)) & 1) === 1;
  }

  /** Behind `bit`, the first whose byte is not 0: what is skipped is not set. At most `end`. */
  skip(bit: number, end: number): number {
    let at = bit;
    while (at < end && (at & 7) === 0 && this.#byte(at) === 0) {
      const some = this.#window.at(this.#start + at / 8, Math.min(RUN_BYTES, Math.ceil((end - at) / 8)));
      const set = some.findIndex((byte) => byte !== 0);
      // Behind the end of the file no bit is set.
      at += 8 * (set >= 0 ? set : some.length || RUN_BYTES);
    }
    return Math.min(at, end);
  }

  #byte(bit: number): number {
    return this.#window.at(this.#start + Math.floor(bit / 8), 1)[0] ?? 0;
  }
}

/**
 * Small pieces of a ByteSource without a call of the system for each: what was read last is kept, and one read brings what comes behind.
 *
 * Takes for granted that reading goes forward most of the time. Costs its buffer, however large the source is.
 */
import type { ByteSource } from './byte-source.ts';

const WINDOW_BYTES = 1 << 16;

export class Window {
  readonly bytes: ByteSource;
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #length = 0;

  constructor(bytes: ByteSource) {
    this.bytes = bytes;
  }

  /** The bytes from `position` on, fewer than `length` only at the end of the source. Valid until the next call. */
  at(position: number, length: number): Uint8Array {
    if (position < this.#start || position + length > this.#start + this.#length) this.#fill(position, length);
    const from = position - this.#start;
    return this.#buffer.subarray(from, Math.min(from + length, this.#length));
  }

  #fill(position: number, length: number): void {
    const { size } = this.bytes;
    // What the source does not have needs no memory, whatever a header says.
    const wanted = Math.min(Math.max(length, WINDOW_BYTES), Math.max(0, size - position));
    if (wanted > this.#buffer.length) this.#buffer = new Uint8Array(Math.min(Math.max(wanted, WINDOW_BYTES), size));
    this.#start = position;
    this.#length = wanted === 0 ? 0 : this.bytes.read(this.#buffer.subarray(0, wanted), position);
  }
}

/**
 * Small pieces of a ByteSource without a call of the system for each: what was read last is kept, and as long as reading goes forward,
 * one read brings what comes behind. Costs its buffer, however large the source is.
 */
import type { ByteSource } from './byte-source.ts';

const WINDOW_BYTES = 1 << 16;
/** Where reading jumps, what comes behind is not wanted, but for the rest of a header. */
const JUMP_BYTES = 512;
/** No jump: pages between the headers of pages. */
const NEAR_BYTES = 4096;

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
    const isNear = position >= this.#start && position <= this.#start + this.#length + NEAR_BYTES;
    const wanted = Math.min(Math.max(length, isNear ? WINDOW_BYTES : JUMP_BYTES), Math.max(0, size - position));
    if (wanted > this.#buffer.length) this.#buffer = new Uint8Array(Math.min(Math.max(wanted, WINDOW_BYTES), size));
    this.#start = position;
    this.#length = wanted === 0 ? 0 : this.bytes.read(this.#buffer.subarray(0, wanted), position);
  }
}

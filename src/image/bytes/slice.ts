/** A part of a source as a source. */
import type { ByteSource } from './byte-source.ts';

export class Slice implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #bytes: ByteSource;
  readonly #start: number;

  constructor(bytes: ByteSource, start: number, size: number) {
    this.name = bytes.name;
    this.size = size;
    this.#bytes = bytes;
    this.#start = start;
  }

  read(into: Uint8Array, position: number): number {
    const wanted = Math.min(into.length, Math.max(0, this.size - position));
    return this.#bytes.read(into.subarray(0, wanted), this.#start + position);
  }
}

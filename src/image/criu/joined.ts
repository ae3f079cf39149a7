/** Several sources as one, back to back. */
import { printable } from '../../printable.ts';
import type { ByteSource } from '../bytes/byte-source.ts';

export class Joined implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #parts: readonly ByteSource[];
  readonly #starts: readonly number[];

  constructor(name: string, parts: readonly ByteSource[]) {
    this.name = printable(name);
    let size = 0;
    this.#starts = parts.map((part) => {
      size += part.size;
      return size - part.size;
    });
    this.size = size;
    this.#parts = parts;
  }

  /** Where that part begins. */
  startOf(part: number): number {
    return this.#starts[part] as number;
  }

  read(into: Uint8Array, position: number): number {
    let done = 0;
    for (const [index, part] of this.#parts.entries()) {
      const from = position + done - this.startOf(index);
      if (from < 0 || from >= part.size) continue;
      const target = into.subarray(done, done + part.size - from);
      const read = part.read(target, from);
      done += read;
      if (read < target.length || done === into.length) break;
    }
    return done;
  }
}

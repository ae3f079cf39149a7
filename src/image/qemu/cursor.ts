/** Reads a stream of big-endian numbers and names from front to back. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { Fields } from '../bytes/fields.ts';

/** The stream ends inside of something: what was read before it is whole. */
export class Ended extends Error {}

export class Cursor {
  position = 0;
  readonly bytes: ByteSource;
  readonly #fields: Fields;

  constructor(bytes: ByteSource) {
    this.bytes = bytes;
    this.#fields = new Fields(bytes, 'big');
  }

  u8(): number {
    return this.#fields.u8(this.skip(1));
  }

  u16(): number {
    return this.#fields.u16(this.skip(2));
  }

  u32(): number {
    return this.#fields.u32(this.skip(4));
  }

  u64(): number {
    return this.#fields.u64(this.skip(8));
  }

  /** A byte that says how long it is, and then the text. */
  text(): string {
    return this.chars(this.u8());
  }

  chars(length: number): string {
    return this.#fields.text(this.skip(length), length);
  }

  /** The byte that comes next; undefined at the end. */
  peek(): number | undefined {
    return this.position < this.bytes.size ? this.#fields.u8(this.position) : undefined;
  }

  /** Goes on by so many bytes, all of which there must be. Where they begin. */
  skip(bytes: number): number {
    const at = this.position;
    if (at + bytes > this.bytes.size) throw new Ended();
    this.position = at + bytes;
    return at;
  }
}

/**
 * The beginning of what GNU tar writes of a sparse file (format posix, sparse format 1.0): headers, then the map, as lines of numbers.
 *
 * The first header is pax's and says "GNU.sparse.major=1"; where it does not, or there is none, the file has no holes.
 */
import type { Extent } from './holes.ts';

const BLOCK = 512;
/** What a header says of its kind: extended. */
const PAX = 'x'.charCodeAt(0);

export class SparseMap {
  /** More extents than may be. */
  isTooLong = false;
  /** Undefined: it has ended too early, or is none. */
  result: Extent[] | 'no holes' | undefined;
  readonly #size: number;
  readonly #most: number;
  #head: Buffer = Buffer.alloc(0);
  /** Of the map: undefined before its first line, which says how many extents there are. */
  #lines: number | undefined;
  #number = '';
  readonly #numbers: number[] = [];
  #isInMap = false;

  /** Of a file of `size` bytes. */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = most;
  }

  /** Takes what comes next; true once nothing else is wanted. */
  add(chunk: Buffer): boolean {
    if (this.#isInMap) return this.#addMap(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length < BLOCK) return false;
    const extended = Number.parseInt(this.#head.toString('latin1', 124, 136), 8);
    if (this.#head[156] !== PAX || !(extended <= 2 ** 20)) return this.#noHoles();
    const start = BLOCK + Math.ceil(extended / BLOCK) * BLOCK;
    if (this.#head.length < start + BLOCK) return false;
    if (!this.#head.toString('latin1', BLOCK, BLOCK + extended).includes('GNU.sparse.major=1\n'))
      return this.#noHoles();
    this.#isInMap = true;
    return this.#addMap(this.#head.subarray(start + BLOCK));
  }

  #noHoles(): true {
    this.result = 'no holes';
    return true;
  }

  #addMap(chunk: Buffer): boolean {
    const text = this.#number + chunk.toString('latin1');
    const lines = text.split('\n');
    this.#number = lines.pop() as string;
    for (const line of lines) {
      const value = /^[0-9]{1,16}$/.test(line) ? Number(line) : Number.NaN;
      if (Number.isNaN(value)) return true;
      if (this.#lines === undefined) {
        this.#lines = value;
        this.isTooLong = value > this.#most;
        if (this.isTooLong) return true;
      } else {
        this.#numbers.push(value);
      }
      if (this.#numbers.length === 2 * this.#lines) return this.#conclude();
    }
    return false;
  }

  #conclude(): true {
    const extents: Extent[] = [];
    for (let at = 0; at < this.#numbers.length; at += 2) {
      const [offset, bytes] = [this.#numbers[at] as number, this.#numbers[at + 1] as number];
      const last = extents.at(-1);
      const behind = last === undefined ? 0 : last.offset + last.bytes;
      // An empty one says where the file ends; it may have grown meanwhile.
      const end = Math.min(offset + bytes, this.#size);
      if (offset < behind) return true;
      if (end > offset) extents.push({ offset, bytes: end - offset });
    }
    this.result = extents;
    return true;
  }
}

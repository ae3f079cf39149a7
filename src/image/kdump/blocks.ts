/**
 * The blocks of a kdump, unpacked, in any order.
 *
 * The block that was unpacked last is kept, and where the block of zeros is: all pages of zeros share one, so it is unpacked once.
 */
import { inflateSync } from 'node:zlib';
import { damaged } from '../bytes/fields.ts';
import { Window } from '../bytes/window.ts';
import { unpackLzo } from '../codecs/lzo.ts';
import { unpackSnappy } from '../codecs/snappy.ts';
import { PAGE_BYTES } from '../source.ts';
import { type Descriptor, Descriptors, LZO, SNAPPY, ZLIB, ZSTD } from './descriptors.ts';
import type { KdumpHeader } from './header.ts';
import type { UnpackZstd } from './zstd.ts';

/** Runs of blocks with consecutive numbers and descriptors: how many blocks, and the first descriptor's number. */
interface Runs {
  readonly blocks: readonly number[];
  readonly descriptor: readonly number[];
}

export class Blocks {
  readonly #header: KdumpHeader;
  readonly #zstd: UnpackZstd | undefined;
  readonly #descriptors: Descriptors;
  readonly #data: Window;
  /** Of each run: the number of its first block, counted over all runs; and one behind the last. */
  readonly #starts: Float64Array;
  readonly #first: Float64Array;
  readonly #kept: Uint8Array;
  #keptAt = -1;
  #zerosAt = -1;

  constructor(header: KdumpHeader, zstd: UnpackZstd | undefined, { blocks, descriptor }: Runs) {
    this.#header = header;
    this.#zstd = zstd;
    this.#descriptors = new Descriptors(header);
    this.#data = new Window(header.fields.bytes);
    this.#first = Float64Array.from(descriptor);
    this.#starts = new Float64Array(blocks.length + 1);
    blocks.forEach((length, run) => {
      this.#starts[run + 1] = (this.#starts[run] as number) + length;
    });
    this.#kept = new Uint8Array(header.block);
  }

  /** See PageSpace. */
  read(page: number, into: Uint8Array): number {
    const each = this.#header.block / PAGE_BYTES;
    const last = this.#starts.length - 1;
    let run = this.#runOf(Math.floor(page / each));
    let done = 0;
    while (done < into.length && run < last) {
      const number = page + done / PAGE_BYTES;
      const block = Math.floor(number / each);
      if (block >= (this.#starts[run + 1] as number)) {
        run++;
        continue;
      }
      const descriptor = this.#descriptors.at((this.#first[run] as number) + block - (this.#starts[run] as number));
      if (descriptor === undefined) break;
      const from = (number % each) * PAGE_BYTES;
      const part = Math.min(this.#header.block - from, into.length - done);
      this.#give(descriptor, from, into.subarray(done, done + part));
      done += part;
    }
    return done / PAGE_BYTES;
  }

  #runOf(block: number): number {
    let [low, high] = [0, this.#first.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle + 1] as number) > block) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #give(descriptor: Descriptor, from: number, into: Uint8Array): void {
    const { offset } = descriptor;
    if (offset === this.#zerosAt) {
      into.fill(0);
      return;
    }
    if (offset !== this.#keptAt) {
      this.#keptAt = -1;
      this.#unpack(descriptor);
      this.#keptAt = offset;
      if (this.#zerosAt < 0 && this.#kept.every((byte) => byte === 0)) this.#zerosAt = offset;
    }
    into.set(this.#kept.subarray(from, from + into.length));
  }

  #unpack({ offset, size, flags }: Descriptor): void {
    const packed = this.#data.at(offset, size);
    const length = packed.length < size ? -1 : this.#unpackBy(flags, packed);
    if (length !== this.#kept.length)
      throw damaged(this.#header.fields.bytes, `the page at byte ${offset} cannot be unpacked`);
  }

  /** How many bytes it has come to; -1: none. */
  #unpackBy(flags: number, packed: Uint8Array): number {
    const kept = this.#kept;
    if ((flags & LZO) !== 0) return unpackLzo(packed, kept);
    if ((flags & SNAPPY) !== 0) return unpackSnappy(packed, kept);
    if ((flags & (ZLIB | ZSTD)) === 0) {
      kept.set(packed);
      return packed.length;
    }
    const bytes = (flags & ZLIB) !== 0 ? inflated(packed, kept.length) : this.#zstd?.(packed, kept.length);
    if (bytes === undefined || bytes.length !== kept.length) return -1;
    kept.set(bytes);
    return bytes.length;
  }
}

/** Undefined: damaged, or more than `most` bytes. */
function inflated(packed: Uint8Array, most: number): Uint8Array | undefined {
  try {
    return inflateSync(packed, { maxOutputLength: most, chunkSize: most });
  } catch {
    return undefined;
  }
}

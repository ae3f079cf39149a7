/** Bytes of images that tests make: numbers in either order, and a source that lies in memory. */
import { createHash } from 'node:crypto';
import type { ByteSource } from '../../../src/image/bytes/byte-source.ts';
import type { PageSpace } from '../../../src/image/format.ts';
import { PAGE } from '../page.ts';

export class MemoryBytes implements ByteSource {
  readonly name: string;
  readonly size: number;
  /** Reads, by position: how often each was made. */
  readonly reads: Map<number, number> = new Map();
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, name = 'test') {
    this.name = name;
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  read(into: Uint8Array, position: number): number {
    const some = this.#bytes.subarray(position, position + into.length);
    this.reads.set(position, (this.reads.get(position) ?? 0) + 1);
    into.set(some);
    return some.length;
  }
}

export function u16be(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32be(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64be(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function u32le(value: number): Buffer {
  return u32be(value).reverse();
}

export function u64le(value: number | bigint): Buffer {
  return u64be(value).reverse();
}

/** A page that no other number gives. */
export function pageOf(number: number): Buffer {
  const page = Buffer.alloc(PAGE, number & 255);
  page.writeUInt32LE(number, 100);
  return page;
}

/** Says whether two pages are the same, in few characters. */
export function digestOf(page: Uint8Array): string {
  return createHash('sha1').update(page).digest('hex').slice(0, 12);
}

/** Digests of all pages of a space by address, in hexadecimal: read one by one from the last on, and all at once, which must give the same. */
export function contentsOf(space: PageSpace): Map<string, string> {
  const pages = space.ranges.reduce((total, range) => total + range.pages, 0);
  const all = Buffer.alloc(pages * PAGE, 0xee);
  const got = space.read(0, all);
  if (got !== pages) throw new Error(`${got} of ${pages} pages were read`);
  const found = new Map<string, string>();
  const addresses = space.ranges.flatMap((range) =>
    Array.from({ length: range.pages }, (_, n) => range.address + BigInt(n * PAGE)),
  );
  for (let page = pages - 1; page >= 0; page--) {
    const one = Buffer.alloc(PAGE, 0xee);
    if (space.read(page, one) !== 1 || !one.equals(all.subarray(page * PAGE, (page + 1) * PAGE))) {
      throw new Error(`page ${page} is another when it is read alone`);
    }
    found.set((addresses[page] as bigint).toString(16), digestOf(one));
  }
  return new Map([...found].reverse());
}

/** Spaces made of pieces: each page is what its bytes are, each address is there once, and what is missing of a page is zeros. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ByteSource } from '../../../src/image/bytes/byte-source.ts';
import type { PageSpace } from '../../../src/image/format.ts';
import { numbered } from '../../../src/image/image-source.ts';
import { type Piece, pieced, piecesOf, spaceOfPieces } from '../../../src/image/pieces.ts';
import { PAGE_BYTES } from '../../../src/image/source.ts';

/** Of which byte n is n modulo 251, but never 0; `end` may be moved to the front. */
class Counting implements ByteSource {
  readonly name = 'counting';
  readonly size = 2 ** 20;
  end: number = this.size;

  read(into: Uint8Array, position: number): number {
    const some = Math.max(0, Math.min(into.length, this.end - position));
    for (let at = 0; at < some; at++) into[at] = byteAt(position + at);
    return some;
  }
}

const byteAt = (position: number): number => 1 + (position % 251);

/** All pages by address, read so many at a time. */
function pagesOf(space: PageSpace, step: number): Map<bigint, Uint8Array> {
  const addresses = space.ranges.flatMap(({ address, pages }) =>
    Array.from({ length: pages }, (_, at) => address + BigInt(at * PAGE_BYTES)),
  );
  const pages = new Map<bigint, Uint8Array>();
  for (let page = 0; page < addresses.length; page += step) {
    const into = new Uint8Array(Math.min(step, addresses.length - page) * PAGE_BYTES).fill(255);
    expect(space.read(page, into)).toBe(into.length / PAGE_BYTES);
    for (let at = 0; at < into.length; at += PAGE_BYTES) {
      pages.set(addresses[page + at / PAGE_BYTES] as bigint, into.subarray(at, at + PAGE_BYTES));
    }
  }
  return pages;
}

/** What the pages should be: byte by byte. Of overlapping pieces the one that begins first counts, of those the first in the list. */
function model(pieces: readonly Piece[]): { bytes: Map<bigint, Uint8Array>; partial: number } {
  const bytes = new Map<bigint, Uint8Array>();
  const set = new Map<bigint, number>();
  const sorted = pieces
    .map((piece, at) => ({ ...piece, at }))
    .sort((a, b) => Number(a.address - b.address) || a.at - b.at);
  for (const { address, offset, bytes: length } of sorted.toReversed()) {
    for (let at = 0; at < length; at++) set.set(address + BigInt(at), byteAt(offset + at));
  }
  const counts = new Map<bigint, number>();
  for (const [address, byte] of set) {
    const page = address - (address % 4096n);
    if (!bytes.has(page)) bytes.set(page, new Uint8Array(PAGE_BYTES));
    (bytes.get(page) as Uint8Array)[Number(address % 4096n)] = byte;
    counts.set(page, (counts.get(page) ?? 0) + 1);
  }
  return { bytes, partial: [...counts.values()].filter((count) => count < PAGE_BYTES).length };
}

const somePieces = fc.array(
  fc.record({
    address: fc
      .oneof(
        fc.nat({ max: 40_000 }),
        fc.nat({ max: 8 }).map((n) => n * PAGE_BYTES),
      )
      .map(BigInt),
    offset: fc.nat({ max: 50_000 }),
    bytes: fc.oneof(
      fc.nat({ max: 10_000 }),
      fc.nat({ max: 3 }).map((n) => n * PAGE_BYTES),
    ),
    label: fc.constantFrom('', 'other'),
  }),
  { maxLength: 6 },
);

it('are the bytes of the pieces, whatever they are, in ranges that ascend and do not overlap', () => {
  fc.assert(
    fc.property(somePieces, fc.integer({ min: 1, max: 5 }), (pieces, step) => {
      const space = pieced(new Counting(), pieces);
      const wanted = model(pieces);
      const got = pagesOf(space, step);
      expect([...got.keys()]).toEqual([...wanted.bytes.keys()].sort((a, b) => Number(a - b)));
      for (const [address, bytes] of got)
        expect(Buffer.compare(bytes, wanted.bytes.get(address) as Uint8Array)).toBe(0);
      expect(space.partial).toBe(wanted.partial);
      for (const { address } of space.ranges) expect(address % 4096n).toBe(0n);
    }),
    { numRuns: 60 },
  );
});

it('are numbered one behind the other if they touch; else one number is left out', () => {
  const space = pieced(new Counting(), [
    { offset: 100, bytes: 2 * PAGE_BYTES, address: 0x10000n, label: 'one' },
    { offset: 20_000, bytes: PAGE_BYTES, address: 0x12000n, label: 'two' },
    { offset: 9000, bytes: PAGE_BYTES + 10, address: 0xffff_ffff_ff60_0000n, label: 'three' },
  ]);
  expect(numbered(space.ranges)).toEqual([
    { page: 0, pages: 2, address: 0x10000n, label: 'one' },
    { page: 2, pages: 1, address: 0x12000n, label: 'two' },
    { page: 4, pages: 2, address: 0xffff_ffff_ff60_0000n, label: 'three' },
  ]);
});

it('that the source does not have any more are not read', () => {
  const source = new Counting();
  const space = pieced(source, [{ offset: 0, bytes: 10 * PAGE_BYTES, address: 0n, label: '' }]);
  source.end = 3 * PAGE_BYTES + 10;
  const into = new Uint8Array(8 * PAGE_BYTES).fill(255);
  expect(space.read(1, into)).toBe(3);
  expect(into[2 * PAGE_BYTES + 9]).toBe(byteAt(3 * PAGE_BYTES + 9));
  expect(into.subarray(2 * PAGE_BYTES + 10, 3 * PAGE_BYTES).every((byte) => byte === 0)).toBe(true);
});

it('read the same in another thread', () => {
  const source = new Counting();
  const space = pieced(source, [
    { offset: 5, bytes: 5000, address: 77n, label: '' },
    { offset: 70_000, bytes: 5000, address: 0x70_0000n, label: '' },
  ]);
  const again = spaceOfPieces(source, structuredClone(piecesOf(space)) as NonNullable<ReturnType<typeof piecesOf>>);
  const [one, other] = [new Uint8Array(4 * PAGE_BYTES), new Uint8Array(4 * PAGE_BYTES)];
  expect([space.read(0, one), again.read(0, other)]).toEqual([4, 4]);
  expect(Buffer.compare(one, other)).toBe(0);
});

/** What hashes pages, beside published vectors, xxhash-wasm and a model in BigInts. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import createXxhash from 'xxhash-wasm';
import { HASH_KEY_BYTES } from '../../../assembly/layout/index.ts';
import { PAGE } from '../../support/page.ts';
import { type PageKernels, PLACES, pageKernels } from './kernels.ts';
import { modelKeyed } from './model.ts';

const KEY = 0x20000;
let kernels: PageKernels;

beforeAll(async () => {
  kernels = await pageKernels();
  kernels.expandKey(0x89abcdef, 0x01234567, KEY);
});

const anyPage = fc.uint8Array({ minLength: PAGE, maxLength: PAGE });

function xxh64(bytes: Uint8Array, place: number = PLACES[0]): bigint {
  kernels.put(place, bytes);
  return BigInt.asUintN(64, kernels.hashXxh64(place));
}

function keyed(bytes: Uint8Array, place: number = PLACES[0], key: number = KEY): bigint {
  kernels.put(place, bytes);
  return BigInt.asUintN(64, kernels.hashKeyed(place, key));
}

describe('hashXxh64', () => {
  // Vectors: the kernel's checksums of these pages, in full 64 bits.
  it.each([
    ['zero', new Uint8Array(PAGE), 0xac869b6f32d8bbdbn],
    ["'a'", new Uint8Array(PAGE).fill(0x61), 0x89a55a10892c1603n],
    ['0..255 repeated', Uint8Array.from({ length: PAGE }, (_, n) => n), 0x0f6e64be186af6a4n],
  ])('of a page of %s bytes', (_, bytes, expected) => {
    for (const place of PLACES) expect(xxh64(bytes, place)).toBe(expected);
  });

  it('agrees with xxhash-wasm', async () => {
    const { h64Raw } = await createXxhash();
    fc.assert(fc.property(anyPage, (bytes) => xxh64(bytes) === h64Raw(bytes)));
  });
});

describe('expandKey', () => {
  it("writes splitmix64's stream", () => {
    // The generator's published first outputs for seed 1234567.
    kernels.expandKey(1234567, 0, 0x30000);
    const words = new BigUint64Array(kernels.view(0x30000, 40).slice().buffer);
    expect([...words]).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  it('uses both halves of the seed, writes the key to its last byte, and nothing behind it', () => {
    const bytes = kernels.KEY_BYTES.value as number;
    const keys = [
      [7, 0],
      [0, 7],
      [7, 7],
    ].map(([low = 0, high = 0]) => {
      kernels.view(0x30000, bytes + 8).fill(0);
      kernels.expandKey(low, high, 0x30000);
      const key = kernels.view(0x30000, bytes + 8).slice();
      expect(key.subarray(bytes)).toEqual(new Uint8Array(8));
      expect(key.subarray(bytes - 8, bytes)).not.toEqual(new Uint8Array(8));
      return key.toString();
    });
    expect(new Set(keys).size).toBe(3);
  });

  it('fits the place that the layout keeps for it', () => {
    expect(HASH_KEY_BYTES).toBeGreaterThanOrEqual(kernels.KEY_BYTES.value as number);
  });
});

describe('hashKeyed', () => {
  it('is what its definition says, for any page and any key', () => {
    fc.assert(
      fc.property(anyPage, fc.nat(0xffffffff), fc.nat(0xffffffff), (bytes, low, high) => {
        kernels.expandKey(low, high, 0x30000);
        const key = kernels.view(0x30000, kernels.KEY_BYTES.value as number).slice();
        expect(keyed(bytes, PLACES[0], 0x30000)).toBe(modelKeyed(bytes, key));
      }),
    );
  });

  it('holds at the extremes of the products, where sums wrap', () => {
    const bytes = kernels.KEY_BYTES.value as number;
    for (const word of [0x0000, 0x7fff, 0x8000, 0xffff]) {
      new Uint16Array(kernels.view(0x30000, bytes).buffer, 0x30000, bytes / 2).fill(word);
      const key = kernels.view(0x30000, bytes).slice();
      for (const fill of [0x00, 0x7f, 0x80, 0xff]) {
        const page = new Uint8Array(PAGE).fill(fill);
        expect(keyed(page, PLACES[0], 0x30000)).toBe(modelKeyed(page, key));
      }
    }
  });

  it('does not depend on where the page lies', () => {
    fc.assert(
      fc.property(anyPage, (bytes) => new Set(PLACES.map((place) => keyed(bytes, place))).size === 1),
      { numRuns: 20 },
    );
  });

  it('depends on the key', () => {
    const page = Uint8Array.from({ length: PAGE }, (_, n) => n * 7);
    const hashes = Array.from({ length: 1000 }, (_, seed) => {
      kernels.expandKey(seed, 0, 0x30000);
      return keyed(page, PLACES[0], 0x30000);
    });
    expect(new Set(hashes).size).toBe(1000);
  });

  it('changes half of its bits, on average, with any one bit of the page', () => {
    const page = new Uint8Array(PAGE);
    const before = keyed(page);
    let changed = 0;
    for (let bit = 0; bit < PAGE * 8; bit++) {
      page[bit >> 3] = 1 << (bit & 7);
      const difference = keyed(page) ^ before;
      expect(difference).not.toBe(0n);
      changed += popcount(difference);
      page[bit >> 3] = 0;
    }
    // 32768 flips of 64 bits: the mean of random ones has a standard deviation of 0.022.
    expect(Math.abs(changed / (PAGE * 8) - 32)).toBeLessThan(0.2);
  });
});

function popcount(value: bigint): number {
  let rest = value;
  let bits = 0;
  for (; rest !== 0n; rest &= rest - 1n) bits++;
  return bits;
}

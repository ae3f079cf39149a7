/**
 * Contents and digests against a direct BigInt version of their definitions in the trace format, which in turn gives
 * the published outputs of splitmix64.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentPage, digest, digestText } from '../../../src/trace/content.ts';

const MASK = 2n ** 64n - 1n;

function splitmix64(x: bigint): bigint {
  let z = (x + 0x9e3779b97f4a7c15n) & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

function pageOf(words: (w: bigint) => bigint): Uint8Array {
  const page = new Uint8Array(4096);
  const view = new DataView(page.buffer);
  for (let w = 0; w < 512; w++) view.setBigUint64(w * 8, words(BigInt(w)), true);
  return page;
}

function slowDigest(h: bigint, bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let out = h;
  for (let at = 0; at < bytes.length; at += 8) out = splitmix64(out ^ view.getBigUint64(at, true));
  return out;
}

/** Any 64-bit number, with those at the edges of the halves more often than chance would have them. */
const word = fc.oneof(
  fc.bigInt({ min: 0n, max: MASK }),
  fc.constantFrom(0n, 1n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x80b583ea80b583ebn, MASK - 1n, MASK),
);

test('the reference itself gives the published outputs of splitmix64 for seed 1234567', () => {
  const published = [6457827717110365317n, 3203168211198807973n, 9817491932198370423n, 4593380528125082431n];
  const step = 0x9e3779b97f4a7c15n;
  expect(published.map((_, k) => splitmix64((1234567n + BigInt(k) * step) & MASK))).toEqual(published);
});

describe('contentPage', () => {
  test('number 0 is the zero page', () => {
    expect(contentPage(0)).toEqual(new Uint8Array(4096));
    expect(contentPage(0n)).toEqual(new Uint8Array(4096));
  });

  test.each([
    1n,
    2n,
    23984n,
    2n ** 23n - 1n,
    2n ** 23n,
    2n ** 44n,
    2n ** 53n - 1n,
    2n ** 53n + 1n,
    2n ** 55n,
    2n ** 64n - 1n,
    2n ** 70n + 3n,
  ])('number %d is 512 words modulo 2^64', (content) => {
    const expected = pageOf((w) => splitmix64((content * 512n + w) & MASK));
    expect(contentPage(content)).toEqual(expected);
    if (content <= Number.MAX_SAFE_INTEGER) expect(contentPage(Number(content))).toEqual(expected);
  });

  test('gives the same bytes however many pages came between', () => {
    for (let content = 1; content <= 3000; content++) contentPage(content);
    expect(contentPage(1)).toEqual(pageOf((w) => splitmix64(512n + w)));
  });
});

describe('digest', () => {
  test('agrees with the BigInt version on any words', () => {
    fc.assert(
      fc.property(word, fc.array(word, { minLength: 1, maxLength: 8 }), (h, words) => {
        const bytes = new Uint8Array(words.length * 8);
        const view = new DataView(bytes.buffer);
        for (const [k, value] of words.entries()) view.setBigUint64(k * 8, value, true);
        expect(digest(h, bytes)).toBe(slowDigest(h, bytes));
      }),
    );
  });

  test('goes on from the digest before, and reads a view at any offset', () => {
    const bytes = contentPage(7);
    const [first, second] = [bytes.subarray(0, 1000), bytes.subarray(1000)];
    expect(digest(digest(0n, first), second)).toBe(slowDigest(0n, bytes));
  });

  test('is printed as 16 digits', () => {
    expect(digestText(0x1fn)).toBe('000000000000001f');
    expect(digestText(MASK)).toBe('ffffffffffffffff');
  });
});

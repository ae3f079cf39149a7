/** What compares pages, beside comparisons of bytes one by one. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { PAGE } from '../../support/page.ts';
import { type PageKernels, PLACES, pageKernels } from './kernels.ts';

let kernels: PageKernels;
beforeAll(async () => {
  kernels = await pageKernels();
});

const [LOW] = PLACES;
const HIGH = PLACES[PLACES.length - 1] ?? LOW;
const anyPage = fc.uint8Array({ minLength: PAGE, maxLength: PAGE });
/** Two pages that are alike but for a few bytes. */
const nearlyEqual = fc
  .tuple(anyPage, fc.array(fc.tuple(fc.nat(PAGE - 1), fc.nat(255)), { maxLength: 3 }))
  .map(([page, changes]): [Uint8Array, Uint8Array] => {
    const other = page.slice();
    for (const [at, byte] of changes) other[at] = byte;
    return [page, other];
  });

describe('comparePages and equalPages', () => {
  it.each([
    ['any', fc.tuple(anyPage, anyPage)],
    ['nearly equal', nearlyEqual],
  ])('agree with Buffer.compare on %s pages', (_, pairs) => {
    fc.assert(
      fc.property(pairs, fc.constantFrom(...PLACES), ([a, b], place) => {
        kernels.put(0x20000, a);
        kernels.put(place, b);
        expect(Math.sign(kernels.comparePages(0x20000, place))).toBe(Buffer.compare(a, b));
        expect(kernels.equalPages(0x20000, place)).toBe(Buffer.compare(a, b) === 0 ? 1 : 0);
      }),
    );
  });

  it('see a difference at every byte, by its unsigned value, whatever follows', () => {
    const a = kernels.view(LOW, PAGE);
    const b = kernels.view(HIGH, PAGE);
    // Behind the difference the order is the other way round.
    a.fill(0x90);
    b.fill(0x10);
    for (let at = 0; at < PAGE; at++) {
      a[at] = 0x7f;
      b[at] = 0x80;
      expect(Math.sign(kernels.comparePages(LOW, HIGH))).toBe(-1);
      expect(Math.sign(kernels.comparePages(HIGH, LOW))).toBe(1);
      expect(kernels.equalPages(LOW, HIGH)).toBe(0);
      a[at] = 0x55;
      b[at] = 0x55;
    }
    expect(kernels.comparePages(LOW, HIGH)).toBe(0);
    expect(kernels.equalPages(LOW, HIGH)).toBe(1);
  });

  it('see a difference in the very last byte alone', () => {
    kernels.put(LOW, new Uint8Array(PAGE));
    kernels.put(HIGH, new Uint8Array(PAGE));
    kernels.view(HIGH, PAGE)[PAGE - 1] = 255;
    expect(kernels.comparePages(LOW, HIGH)).toBeLessThan(0);
    expect(kernels.equalPages(HIGH, LOW)).toBe(0);
  });

  it('find a page equal to itself, and look at no byte outside', () => {
    for (const place of PLACES.slice(0, -1)) {
      kernels.put(place, new Uint8Array(PAGE).fill(3));
      kernels.put(0x20000, new Uint8Array(PAGE).fill(3));
      kernels.view(place + PAGE, 1)[0] = 1;
      kernels.view(0x20000 + PAGE, 1)[0] = 2;
      expect(kernels.equalPages(place, place)).toBe(1);
      expect(kernels.equalPages(place, 0x20000)).toBe(1);
      expect(kernels.comparePages(place, 0x20000)).toBe(0);
    }
  });
});

describe('isZeroPage', () => {
  it('accepts the zero page alone, whichever byte is set, wherever it lies', () => {
    for (const place of PLACES) {
      const page = kernels.view(place, PAGE);
      page.fill(0);
      expect(kernels.isZeroPage(place)).toBe(1);
      for (let at = 0; at < PAGE; at++) {
        page[at] = 1 << (at & 7);
        expect(kernels.isZeroPage(place)).toBe(0);
        page[at] = 0;
      }
    }
  });

  it('looks at no byte outside', () => {
    const page = kernels.view(LOW - 1, PAGE + 2);
    page.fill(0);
    page[0] = 1;
    page[PAGE + 1] = 1;
    expect(kernels.isZeroPage(LOW)).toBe(1);
  });
});

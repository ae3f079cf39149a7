/** Pagemap against files of 64-bit words made here, with the flags that the kernel's pagemap.rst documents. */

import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pagemap } from '../../../src/image/pagemap.ts';

const PRESENT = 1n << 63n;
const SWAPPED = 1n << 62n;
const FILE_OR_SHARED = 1n << 61n;
/** Flags that say nothing about presence: soft-dirty, mapped once, write-protected; and a frame number. */
const OTHER = (1n << 55n) | (1n << 56n) | (1n << 57n) | 0x1234n;

let folder = '';
let fd = -1;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksm-pagemap-'));
  fd = openSync(join(folder, 'pagemap'), 'w+');
});

afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

function pagemap(at: number, words: readonly bigint[]): Pagemap {
  ftruncateSync(fd, 0);
  const bytes = Buffer.alloc(words.length * 8);
  for (const [i, word] of words.entries()) bytes.writeBigUInt64LE(word, i * 8);
  writeSync(fd, bytes, 0, bytes.length, at * 8);
  return new Pagemap(fd);
}

/** Page by page, without runs. */
function pagesIn(runs: readonly { at: number; pages: number }[] | undefined): number[] {
  return (runs ?? []).flatMap((run) => Array.from({ length: run.pages }, (_, i) => run.at + i));
}

describe('the runs of present pages', () => {
  it.each([
    ['absent', 0n, false],
    ['absent, whatever else', OTHER, false],
    ['swapped out', SWAPPED | OTHER, false],
    ['a page of a file', PRESENT | FILE_OR_SHARED, false],
    ['swapped shared memory', SWAPPED | FILE_OR_SHARED, false],
    ['anonymous', PRESENT, true],
    ['anonymous, with all the rest', PRESENT | OTHER, true],
  ])('%s', (_, word, there) => {
    expect(pagemap(3, [word]).presentRuns(3, 1)).toEqual(there ? [{ at: 3, pages: 1 }] : []);
  });

  it('are exactly the present pages, and as long as they can be', () => {
    const word = fc.constantFrom(0n, SWAPPED, PRESENT, PRESENT | OTHER, PRESENT | FILE_OR_SHARED);
    const stretch = fc.tuple(word, fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 16_380, max: 16_390 })));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99 }),
        fc.array(stretch, { minLength: 1, maxLength: 6 }),
        (at, stretches) => {
          const words = stretches.flatMap(([value, pages]) => Array<bigint>(pages).fill(value));
          const wanted = words.flatMap((value, i) =>
            (value & (PRESENT | FILE_OR_SHARED)) === PRESENT ? [at + i] : [],
          );
          const runs = pagemap(at, words).presentRuns(at, words.length);
          expect(pagesIn(runs)).toEqual(wanted);
          expect(runs).toHaveLength(wanted.filter((page, i) => page !== (wanted[i - 1] ?? -1) + 1 || i === 0).length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('undefined where the file ends, which for a process means that it has ended', () => {
    expect(pagemap(0, [PRESENT]).presentRuns(0, 2)).toBeUndefined();
    expect(pagemap(0, []).presentRuns(0, 1)).toBeUndefined();
  });
});

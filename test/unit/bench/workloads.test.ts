/** The benches' pages: what each workload promises, and the same bytes from TypeScript and from the C runner. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileRunner } from '../../../bench/kernel.ts';
import { contentsOf, mix, PAGE, SPARSE, type Workload, writePage, xorshift } from '../../../bench/workloads.ts';

/** How often each content occurs, as {how often: how many contents}. */
function copies(contents: Uint32Array): Record<number, number> {
  const counts = new Map<number, number>();
  for (const content of contents) counts.set(content, (counts.get(content) ?? 0) + 1);
  const histogram: Record<number, number> = {};
  for (const count of counts.values()) histogram[count] = (histogram[count] ?? 0) + 1;
  return histogram;
}

function pages(contents: Uint32Array, seed: number): Buffer {
  const words = new Uint32Array((contents.length * PAGE) / 4);
  contents.forEach((content, page) => {
    writePage(words.subarray((page * PAGE) / 4, ((page + 1) * PAGE) / 4), content, seed);
  });
  return Buffer.from(words.buffer);
}

describe('contents', () => {
  const histograms: [Workload, Record<number, number>][] = [
    ['unique', { 1: 3200 }],
    ['half', { 2: 1600 }],
    ['16:1', { 16: 200 }],
    ['zero', { 3200: 1 }],
    // of 400 pages in each of 8 processes: 120 in all of them, 80 zero, 200 of their own
    ['linux', { 1: 1600, 8: 120, 640: 1 }],
  ];
  test.each(histograms)('%s has the copies that it promises', (workload, expected) => {
    expect(copies(contentsOf(workload, 3200, 1))).toEqual(expected);
  });

  test('depend on the seed and on nothing else', () => {
    expect(contentsOf('half', 1000, 7)).toEqual(contentsOf('half', 1000, 7));
    expect(contentsOf('half', 1000, 7)).not.toEqual(contentsOf('half', 1000, 8));
  });

  test('copies are scattered, not in the order of their originals', () => {
    const contents = contentsOf('16:1', 3200, 1);
    const neighbours = contents.filter((content, page) => content === contents[page - 1]).length;
    expect(neighbours).toBeLessThan(100); // 15 expected; 3000 unshuffled
  });
});

describe('pages', () => {
  test('the generator is xorshift32: after 2463534242 comes, as Marsaglia published it, 723471715', () => {
    expect(xorshift(2463534242)).toBe(723471715);
  });

  test('content 0 is the zero page under every seed', () => {
    expect(mix(0)).toBe(0);
    for (const seed of [1, 2, 99]) expect(pages(Uint32Array.of(0), seed)).toEqual(Buffer.alloc(PAGE));
  });

  test('different contents are different bytes, and so is the same content under another seed', () => {
    const some = Uint32Array.from({ length: 500 }, (_, index) => (index % 2 ? 1 + index : SPARSE + 1 + index));
    const [first, second] = [1, 2].map((seed) => {
      const bytes = pages(some, seed);
      return [...some.keys()].map((page) => bytes.toString('latin1', page * PAGE, (page + 1) * PAGE));
    });
    expect(new Set(first).size).toBe(500);
    expect(first?.filter((bytes, page) => bytes === second?.[page])).toEqual([]);
  });

  test('a sparse page is zero but for its last 256 bytes', () => {
    const page = pages(Uint32Array.of(SPARSE + 3), 1);
    expect(page.subarray(0, PAGE - 256)).toEqual(Buffer.alloc(PAGE - 256));
    expect(page.readUInt32LE(PAGE - 256)).not.toBe(0);
  });
});

describe('the C runner', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ksmd-test-'));
  let runner = '';
  beforeAll(() => {
    runner = compileRunner(folder);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([1, 12345])('makes the same bytes as TypeScript with seed %i', (seed) => {
    const contents = Uint32Array.from([
      0,
      1,
      2,
      0x7fffffff,
      SPARSE,
      SPARSE + 1,
      0xffffffff,
      ...contentsOf('linux', 80, 1),
    ]);
    const dump = spawnSync(runner, ['dump', String(contents.length), String(seed)], {
      input: new Uint8Array(contents.buffer),
    });
    expect(dump.status).toBe(0);
    expect(Buffer.compare(dump.stdout, pages(contents, seed))).toBe(0);
  });

  test('says how it is used and fails where it is used wrongly', () => {
    const wrong = spawnSync(runner, ['walk'], { encoding: 'utf8' });
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('usage: ksmd run PAGES SEED PASSES');
  });
});

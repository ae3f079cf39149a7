/** Images whose pages lie in several stretches of a file: each page is at its number, and what is missing or filled up is said. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Segment, SegmentedImage } from '../../../src/image/segments.ts';
import { PAGE_BYTES } from '../../../src/image/source.ts';
import { readAll } from '../../support/image.ts';

const folder = mkdtempSync(join(tmpdir(), 'ksm-segments-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of which byte n is n modulo 251. */
const BYTES = Buffer.from(Array.from({ length: 40_000 }, (_, n) => n % 251));

function image(name: string, segments: readonly Segment[]): { path: string; source: SegmentedImage } {
  const path = join(folder, name);
  writeFileSync(path, BYTES);
  return { path, source: new SegmentedImage({ path, size: BYTES.length, head: BYTES.subarray(0, 4096) }, segments) };
}

/** Two that touch each other in memory but not in the file, and one farther on that ends in the middle of a page. */
const THREE: readonly Segment[] = [
  { offset: 100, bytes: 2 * PAGE_BYTES, address: 0x10000n, label: 'one' },
  { offset: 20_000, bytes: PAGE_BYTES, address: 0x12000n, label: 'two' },
  { offset: 9000, bytes: PAGE_BYTES + 10, address: 0x40000n, label: 'three' },
];

test('pages that touch are numbered one behind the other; else one number is left out', () => {
  const { source } = image('numbers', THREE);
  expect(source.ranges).toEqual([
    { page: 0, pages: 2, address: 0x10000n, label: 'one' },
    { page: 2, pages: 1, address: 0x12000n, label: 'two' },
    { page: 4, pages: 2, address: 0x40000n, label: 'three' },
  ]);
  expect(source.pages).toBe(5);
});

test('each segment is its bytes, filled up with zeros to whole pages', async () => {
  const { source } = image('bytes', THREE);
  const pages = await readAll(source);
  expect([...pages.keys()]).toEqual([0, 1, 2, 4, 5]);
  const from = (offset: number, bytes: number): Buffer => BYTES.subarray(offset, offset + bytes);
  const expected = [
    from(100, 2 * PAGE_BYTES),
    from(20_000, PAGE_BYTES),
    from(9000, PAGE_BYTES + 10),
    Buffer.alloc(PAGE_BYTES - 10),
  ];
  expect(Buffer.compare(Buffer.concat([...pages.values()]), Buffer.concat(expected))).toBe(0);
  expect(source.notes).toEqual([
    `Not every segment ends on a page: their last pages were filled up with ${PAGE_BYTES - 10} zero bytes.`,
  ]);
});

test('a segment that the file does not have any more is missed', async () => {
  const { path, source } = image('shrunk', THREE);
  truncateSync(path, 20_000);
  expect([...(await readAll(source)).keys()]).toEqual([0, 1, 4, 5]);
  expect(source.notes[1]).toBe('The file shrank from 40000 to 20000 bytes while it was read: 1 page lost.');
});

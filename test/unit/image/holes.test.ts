/** Holes: what tar writes of a sparse file is understood, and what is not told by it is found by reading. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FileBytes } from '../../../src/image/bytes/file-bytes.ts';
import { dataOf } from '../../../src/image/bytes/holes.ts';
import { SparseMap } from '../../../src/image/bytes/sparse-map.ts';
import { PAGE_BYTES } from '../../../src/image/source.ts';
import { openOne, readAll } from '../../support/image.ts';

const folder = mkdtempSync(join(tmpdir(), 'ksm-holes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** 64 pages, of which 3 to 5 and 40 have data, and 50 has written zeros. */
function sparse(name: string): FileBytes {
  const path = join(folder, name);
  const fd = openSync(path, 'w');
  writeSync(fd, Buffer.alloc(3 * PAGE_BYTES, 7), 0, 3 * PAGE_BYTES, 3 * PAGE_BYTES);
  writeSync(fd, Buffer.alloc(10, 8), 0, 10, 40 * PAGE_BYTES + 100);
  writeSync(fd, Buffer.alloc(PAGE_BYTES), 0, PAGE_BYTES, 50 * PAGE_BYTES);
  ftruncateSync(fd, 64 * PAGE_BYTES);
  closeSync(fd);
  return new FileBytes({ path, size: 64 * PAGE_BYTES });
}

const pages = (extents: readonly { offset: number; bytes: number }[]): number[] =>
  extents.flatMap(({ offset, bytes }) =>
    Array.from({ length: bytes / PAGE_BYTES }, (_, at) => offset / PAGE_BYTES + at),
  );

it('are where the file system says', async () => {
  const data = await dataOf(sparse('told'));
  expect(data?.isExact).toBe(true);
  expect(pages(data?.extents ?? [])).toEqual([3, 4, 5, 40, 50]);
});

it('are the first zeros, as many as there are, if nobody tells', async () => {
  const file = sparse('untold');
  const holes = 64 - statSync(file.data.path).blocks / (PAGE_BYTES / 512);
  const data = await dataOf(file, join(folder, 'no-such-tar'));
  expect(data?.isExact).toBe(false);
  const zeros = Array.from({ length: 64 }, (_, page) => page).filter((page) => ![3, 4, 5, 40].includes(page));
  expect(pages(data?.extents ?? [])).toEqual([3, 4, 5, 40, ...zeros.slice(holes)].sort((a, b) => a - b));
});

it('are not looked for in a file that has none', async () => {
  const path = join(folder, 'whole');
  writeFileSync(path, Buffer.alloc(8 * PAGE_BYTES));
  expect(await dataOf(new FileBytes({ path, size: 8 * PAGE_BYTES }))).toBeUndefined();
});

it('of a raw image are absent: pages keep their addresses, and a note has both figures', async () => {
  const source = await openOne(sparse('image').data.path);
  expect(source.ranges.map(({ address, pages: some }) => [Number(address) / PAGE_BYTES, some])).toEqual([
    [3, 3],
    [40, 1],
    [50, 1],
  ]);
  expect([...(await readAll(source)).values()].map((page) => page[100])).toEqual([7, 7, 7, 8, 0]);
  expect(source.image).toMatchObject({ absent: 59, partial: 0 });
  expect(source.notes).toEqual([
    '59 of 64 pages are holes, memory that was never given: not counted. As zeros, with --holes zero, there would be 64 pages.',
  ]);
});

/** Headers as tar writes them, with this map. */
function archive(map: string, records: string = '22 GNU.sparse.major=1\n'): Buffer {
  const header = Buffer.alloc(512);
  header.write(`${records.length.toString(8).padStart(11, '0')}\0x`, 124 + 0, 'latin1');
  header.write('x', 156, 'latin1');
  const extended = Buffer.alloc(512);
  extended.write(records, 'latin1');
  return Buffer.concat([header, extended, Buffer.alloc(512), Buffer.from(map)]);
}

function understood(bytes: Buffer, step: number): SparseMap {
  const map = new SparseMap(100_000, 3);
  for (let at = 0; at < bytes.length; at += step) if (map.add(bytes.subarray(at, at + step))) break;
  return map;
}

it.each([1, 7, 10_000])('a map in pieces of %i bytes', (step) => {
  const extents = [
    { offset: 0, bytes: 10 },
    { offset: 4096, bytes: 4096 },
  ];
  expect(understood(archive('3\n0\n10\n4096\n4096\n100000\n0\n'), step).result).toEqual(extents);
});

it.each([
  ['ends', '3\n0\n10\n'],
  ['has other things than numbers', '1\n0\nx\n'],
  ['goes back', '2\n4096\n4096\n0\n10\n'],
])('a map that %s is none', (_, text) => {
  expect(understood(archive(text), 512).result).toBeUndefined();
});

it('a file without a map has no holes', () => {
  expect(understood(archive('', '12 path=abc\n'), 512).result).toBe('no holes');
  expect(understood(Buffer.alloc(1024, 'x'), 512).result).toBe('no holes');
});

it('a map that is too long is not read', () => {
  expect(understood(archive('4\n'), 512).isTooLong).toBe(true);
});

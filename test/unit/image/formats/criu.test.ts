/** Dumps of CRIU, written into folders from their description: pages here, in the dump before, or nowhere. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileBytes } from '../../../../src/image/bytes/file-bytes.ts';
import { criu, pagemapIn } from '../../../../src/image/criu/index.ts';
import { readMessage } from '../../../../src/image/criu/message.ts';
import type { PageSpace } from '../../../../src/image/format.ts';
import { openImage } from '../../../../src/image/index.ts';
import { contentsOf, digestOf, MemoryBytes, pageOf, u32le } from '../../../support/images/bytes.ts';
import { PAGE } from '../../../support/page.ts';

const [PARENT, LAZY, PRESENT] = [1, 2, 4];

function varint(value: number | bigint): number[] {
  const rest = BigInt(value);
  return rest < 128n ? [Number(rest)] : [Number(rest & 127n) | 128, ...varint(rest >> 7n)];
}

const message = (...fields: readonly (readonly [field: number, value: number])[]): Buffer =>
  Buffer.from(fields.flatMap(([field, value]) => [...varint(field * 8), ...varint(value)]));

type Run = readonly [address: number, pages: number, flags?: number | undefined, inParent?: number];

const MAGIC = Buffer.concat([u32le(0x5456_4319), u32le(0x5608_4025)]);

function pagemap(id: number, runs: readonly Run[]): Buffer {
  const entries = runs.map(([address, pages, flags, inParent]) =>
    message(
      [1, address],
      [2, pages],
      ...(inParent === undefined ? [] : [[3, inParent] as const]),
      ...(flags === undefined ? [] : [[4, flags] as const]),
    ),
  );
  const all = [message([1, id]), ...entries];
  return Buffer.concat([MAGIC, ...all.flatMap((entry) => [u32le(entry.length), entry])]);
}

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ksm-criu-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A dump in a folder of its own; `before`: the one that it builds on. */
function dump(name: string, files: Readonly<Record<string, Uint8Array>>, before?: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(folder, file), bytes);
  if (before !== undefined) symlinkSync(`../${before}`, join(folder, 'parent'));
  return folder;
}

const pages = (...numbers: readonly number[]): Buffer => Buffer.concat(numbers.map(pageOf));
const digests = (found: Readonly<Record<string, number>>): Map<string, string> =>
  new Map(Object.entries(found).map(([address, number]) => [address, digestOf(pageOf(number))]));

async function open(folder: string): Promise<PageSpace[]> {
  const path = pagemapIn(folder);
  expect(path).toBeDefined();
  return criu.open(new FileBytes({ path: path as string, size: 100 }), { holes: 'absent' });
}

describe('a dump of CRIU', () => {
  it('has a space for each process and for each piece of shared memory', async () => {
    const folder = dump('a', {
      'pagemap-10.img': pagemap(1, [
        [0x1000, 2, PRESENT],
        [0x8000, 1, LAZY | PRESENT],
      ]),
      'pagemap-9.img': pagemap(3, [[0x7f00_0000_0000, 1]]),
      'pagemap-shmem-5.img': pagemap(2, [[0, 1, PRESENT]]),
      'pages-1.img': pages(1, 2, 3),
      'pages-2.img': pages(4),
      'pages-3.img': pages(5),
      'core-10.img': Buffer.from('something else'),
    });
    const found = (await open(folder)).map((space) => [space.name, contentsOf(space)]);
    expect(found).toEqual([
      ['pid 9', digests({ '7f0000000000': 5 })],
      ['pid 10', digests({ 1000: 1, 2000: 2, 8000: 3 })],
      ['shmem 5', digests({ 0: 4 })],
    ]);
    // As a user names it.
    const sources = await openImage(folder);
    expect(sources.map(({ name }) => name)).toEqual(
      ['pid 9', 'pid 10', 'shmem 5'].map((name) => `${folder} (${name})`),
    );
  });

  it('takes from the dumps before what it has not', async () => {
    dump('1', { 'pagemap-7.img': pagemap(1, [[0x1000, 4, PRESENT]]), 'pages-1.img': pages(1, 2, 3, 4) });
    dump(
      '2',
      {
        'pagemap-7.img': pagemap(1, [
          [0x1000, 1, PARENT],
          [0x2000, 1, PRESENT],
          [0x3000, 2, undefined, 1],
        ]),
        'pages-1.img': pages(22),
      },
      '1',
    );
    const folder = dump(
      '3',
      {
        'pagemap-7.img': pagemap(1, [
          [0x1000, 3, PARENT],
          [0x4000, 1, PRESENT],
          [0x5000, 1, LAZY],
        ]),
        'pages-1.img': pages(44),
      },
      '2',
    );
    const [space] = await open(folder);
    expect(contentsOf(space as PageSpace)).toEqual(digests({ 1000: 1, 2000: 22, 3000: 3, 4000: 44 }));
    expect(space?.missing).toEqual([{ reason: 'not dumped', pages: 1 }]);
    expect(space?.notes.join()).toMatch(/Left out: 1 page that/);
  });

  it('says what the dump before should have, and has not', async () => {
    dump('1', { 'pagemap-7.img': pagemap(1, [[0x2000, 1, PRESENT]]), 'pages-1.img': pages(1) });
    const [space] = await open(
      dump('2', { 'pagemap-7.img': pagemap(1, [[0x1000, 3, PARENT]]), 'pages-1.img': pages() }, '1'),
    );
    expect(contentsOf(space as PageSpace)).toEqual(digests({ 2000: 1 }));
    expect(space?.missing).toEqual([{ reason: 'truncated', pages: 2 }]);
  });

  it('whose pages are cut says so', async () => {
    const files = {
      'pagemap-7.img': pagemap(1, [[0x1000, 3, PRESENT]]),
      'pages-1.img': pages(1, 2, 3).subarray(0, PAGE),
    };
    const [space] = await open(dump('1', files));
    expect(contentsOf(space as PageSpace)).toEqual(digests({ 1000: 1 }));
    expect(space?.missing).toEqual([{ reason: 'truncated', pages: 2 }]);
  });

  it.each<[string, RegExp, Uint8Array]>([
    [
      'that builds on one that is not there',
      /builds on another dump that is not there/,
      pagemap(1, [[0x1000, 1, PARENT]]),
    ],
    ['whose pages are packed', /newer than ksm/, pagemap(1, [[0x1000, 1, 8 | PRESENT]])],
    ['with a run that is not of pages', /1 pages at address 4097/, pagemap(1, [[0x1001, 1]])],
    ['with a run that ends behind the last address', /pages at address 4096/, pagemap(1, [[0x1000, 2 ** 52]])],
    ['that does not say where its pages are', /where its pages are/, MAGIC],
    ['with an entry that is too long', /entry at byte 8/, Buffer.concat([MAGIC, u32le(2 ** 31)])],
    ['with an entry that is no message', /makes no sense/, Buffer.concat([MAGIC, u32le(1), Buffer.from([0xff])])],
  ])('%s is refused', async (_, text, bytes) => {
    const folder = dump('1', { 'pagemap-7.img': bytes, 'pages-1.img': pages(1) });
    await expect(open(folder)).rejects.toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(text) });
  });

  it('that builds on itself is refused', async () => {
    const folder = dump('1', { 'pagemap-7.img': pagemap(1, [[0x1000, 1, PARENT]]), 'pages-1.img': pages() }, '1');
    await expect(open(folder)).rejects.toMatchObject({
      code: 'EFORMAT',
      message: expect.stringMatching(/builds on itself/),
    });
  });

  it('without its files of pages is refused', async () => {
    await expect(open(dump('1', { 'pagemap-7.img': pagemap(1, []) }))).rejects.toMatchObject({
      code: 'EFORMAT',
      message: expect.stringMatching(/pages-1\.img beside it/),
    });
    expect(() => criu.open(new MemoryBytes(pagemap(1, [])), { holes: 'absent' })).toThrow(/give the directory/);
    expect(pagemapIn(dump('2', {}))).toBeUndefined();
  });
});

describe('messages', () => {
  it('of numbers, with what is not a number between them', () => {
    // The example of the encoding's description: field 1 is 150.
    expect(readMessage(Buffer.from([0x08, 0x96, 0x01]))).toEqual(new Map([[1, 150n]]));
    const others = Buffer.from([0x12, 2, 1, 2, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4, 0x28, 1, 0x28, 2]);
    expect(readMessage(others)).toEqual(new Map([[5, 2n]]));
    expect(readMessage(Buffer.from([0x08, ...varint(2n ** 64n - 1n)]))).toEqual(new Map([[1, 2n ** 64n - 1n]]));
  });

  it.each([
    [[0x08]],
    [[0x08, 0x80]],
    [[0x0b]],
    [[0x12, 5, 1]],
    [[0x19, 1]],
    [[0x12]],
    [[0x08, ...Array<number>(10).fill(0x80), 1]],
  ])('that are none: %j', (bytes) => {
    expect(readMessage(Buffer.from(bytes))).toBeUndefined();
  });
});

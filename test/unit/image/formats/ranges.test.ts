/** LiME, AVML, minidumps and crash dumps of Windows, made from their descriptions: ranges of memory, each with a header of some kind. */
import { describe, expect, it } from 'vitest';
import { avml } from '../../../../src/image/avml.ts';
import type { ImageFormat, PageSpace } from '../../../../src/image/format.ts';
import { lime } from '../../../../src/image/lime.ts';
import { minidump } from '../../../../src/image/minidump.ts';
import { windowsDump } from '../../../../src/image/windows.ts';
import { contentsOf, digestOf, MemoryBytes, pageOf, u32le, u64le } from '../../../support/images/bytes.ts';
import { PAGE } from '../../../support/page.ts';

async function opened(format: ImageFormat, bytes: Uint8Array): Promise<PageSpace> {
  const [space, ...others] = await format.open(new MemoryBytes(bytes), { holes: 'absent' });
  expect(others).toEqual([]);
  return space as PageSpace;
}

const failure = (format: ImageFormat, bytes: Uint8Array): Promise<unknown> =>
  opened(format, bytes)
    .then(contentsOf)
    .catch((error: unknown) => error);

/** By address, in hexadecimal. */
const digests = (pages: Readonly<Record<string, Uint8Array>>): Map<string, string> =>
  new Map(Object.entries(pages).map(([address, page]) => [address, digestOf(page)]));

const range = (magic: string, version: number, first: bigint | number, last: bigint | number): Buffer =>
  Buffer.concat([Buffer.from(magic), u32le(version), u64le(first), u64le(last), u64le(0)]);

describe('LiME', () => {
  const of = (first: bigint | number, bytes: Buffer): Buffer =>
    Buffer.concat([range('EMiL', 1, first, BigInt(first) + BigInt(bytes.length) - 1n), bytes]);
  const end = Buffer.alloc(0xc00, 5);
  const begin = Buffer.alloc(0x300, 6);

  it('has ranges that end and begin inside of pages: what is missing is zeros', async () => {
    const space = await opened(lime, Buffer.concat([of(0x1000, Buffer.concat([pageOf(1), end])), of(0x5d00, begin)]));
    expect(contentsOf(space)).toEqual(
      digests({
        1000: pageOf(1),
        2000: Buffer.concat([end, Buffer.alloc(0x400)]),
        5000: Buffer.concat([Buffer.alloc(0xd00), begin]),
      }),
    );
    expect(space).toMatchObject({ partial: 2, missing: [], notes: [] });
  });

  it('has two ranges in one page', async () => {
    const space = await opened(lime, Buffer.concat([of(0x1000, end), of(0x1c00, Buffer.alloc(0x400, 7))]));
    expect(contentsOf(space)).toEqual(digests({ 1000: Buffer.concat([end, Buffer.alloc(0x400, 7)]) }));
    expect(space.partial).toBe(0);
  });

  it('reaches up to the last address there is', async () => {
    expect([...contentsOf(await opened(lime, of(2n ** 64n - 4096n, pageOf(1)))).keys()]).toEqual(['fffffffffffff000']);
  });

  it('that is cut says so', async () => {
    const space = await opened(
      lime,
      of(0, Buffer.concat([pageOf(1), pageOf(2), pageOf(3)])).subarray(0, 32 + PAGE + 1),
    );
    expect(space).toMatchObject({ partial: 1, missing: [{ reason: 'truncated', pages: 1 }] });
    expect(space.notes.join()).toMatch(/^Truncated: .* 8191 bytes early; 1 page is missing/);
  });

  it.each<[string, RegExp, Buffer]>([
    [
      'with something else behind a range',
      /header of a range should begin/,
      Buffer.concat([of(0, end), Buffer.alloc(64, 1)]),
    ],
    ['cut in a header', /32 bytes of a header/, Buffer.concat([of(0, end), Buffer.from('EMiL')])],
    ['of version 2', /version 2 instead of 1/, Buffer.concat([range('EMiL', 2, 0, 9), Buffer.alloc(10)])],
    [
      'with a range that ends before it begins',
      /from address 10 to 8/,
      Buffer.concat([range('EMiL', 1, 10, 8), Buffer.alloc(10)]),
    ],
    ['with all addresses', /to 18446744073709551615/, range('EMiL', 1, 0, 2n ** 64n - 1n)],
  ])('%s is refused', async (_, message, bytes) => {
    expect(await failure(lime, bytes)).toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(message) });
  });
});

describe('AVML', () => {
  const chunk = (type: number, ...content: readonly Uint8Array[]): Buffer => {
    const bytes = Buffer.concat(content);
    return Buffer.concat([u32le(type + bytes.length * 256), bytes]);
  };
  const sum = Buffer.alloc(4);
  const stream = chunk(0xff, Buffer.from('sNaPpY'));
  const plain = (bytes: Buffer): Buffer => chunk(1, sum, bytes);
  /** A page of one byte, by Snappy: a literal, and copies of what came before. */
  const packed = (byte: number): Buffer => {
    const copies = Buffer.concat(Array<Buffer>(63).fill(Buffer.from([0xfe, 1, 0])));
    return chunk(0, sum, Buffer.from([0x80, 0x20, 0x00, byte]), copies, Buffer.from([0xfa, 1, 0]));
  };
  const of = (first: number, pages: number, ...chunks: readonly Buffer[]): Buffer => {
    const frames = Buffer.concat(chunks);
    return Buffer.concat([range('AVML', 2, first, first + pages * PAGE - 1), frames, u64le(frames.length)]);
  };
  const two = Buffer.concat([pageOf(1), pageOf(2)]);
  const image = Buffer.concat([
    of(
      0,
      4,
      stream,
      plain(two),
      chunk(0xfe, Buffer.alloc(9)),
      packed(7),
      chunk(0x80, Buffer.from('skip me')),
      packed(8),
    ),
    of(0x100_0000, 1, stream, packed(9)),
  ]);
  const expected = digests({
    0: pageOf(1),
    1000: pageOf(2),
    2000: Buffer.alloc(PAGE, 7),
    3000: Buffer.alloc(PAGE, 8),
    1000000: Buffer.alloc(PAGE, 9),
  });

  it('has chunks of all kinds', async () => {
    const space = await opened(avml, image);
    expect(contentsOf(space)).toEqual(expected);
    expect(space.notes.join()).toMatch(/16 MiB/);
  });

  it('unpacks a chunk once for the pages next to each other', async () => {
    const large = Buffer.concat(Array.from({ length: 16 }, (_, n) => pageOf(n)));
    const bytes = new MemoryBytes(of(0, 16, stream, plain(large)));
    const [space] = await avml.open(bytes, { holes: 'absent' });
    const into = new Uint8Array(PAGE);
    const reads = (): number => [...bytes.reads.values()].reduce((a, b) => a + b, 0);
    space?.read(0, into);
    const before = reads();
    for (let page = 1; page < 16; page++) space?.read(page, into);
    expect(reads()).toBe(before);
  });

  it('that is cut has the chunks that are whole', async () => {
    const space = await opened(avml, image.subarray(0, image.length - 100));
    expect(contentsOf(space)).toEqual(new Map([...expected].slice(0, 4)));
    expect(space.missing).toEqual([{ reason: 'truncated', pages: 1 }]);
  });

  it.each<[string, RegExp, Buffer]>([
    ['with a chunk that must be known', /unknown type 2/, of(0, 1, stream, chunk(2, sum), packed(1))],
    ['with more than the range has', /has 8192 bytes/, of(0, 1, stream, plain(two))],
    ['with a chunk of nothing', /has 0 bytes/, of(0, 1, stream, plain(Buffer.alloc(0)))],
    ['with a chunk without a sum', /says it has 3 bytes/, of(0, 1, stream, chunk(1, Buffer.alloc(3)))],
    [
      'with a chunk that is too large',
      /has no length/,
      of(0, 40, stream, chunk(0, sum, Buffer.from([0x81, 0x80, 0x04]))),
    ],
    [
      'with a chunk that cannot be unpacked',
      /cannot be unpacked/,
      of(0, 1, stream, chunk(0, sum, Buffer.from([0x80, 0x20, 0, 1]))),
    ],
    ['of version 1', /version 1/, Buffer.concat([range('AVML', 1, 0, PAGE - 1), pageOf(1)])],
  ])('%s is refused', async (_, message, bytes) => {
    expect(await failure(avml, bytes)).toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(message) });
  });
});

describe('minidumps', () => {
  const HEADER = 32;
  const of = (streams: readonly (readonly [kind: number, content: (at: number) => Buffer])[]): Buffer => {
    const directory: Buffer[] = [];
    const contents: Buffer[] = [];
    let at = HEADER + 12 * streams.length;
    for (const [kind, content] of streams) {
      const bytes = content(at);
      directory.push(u32le(kind), u32le(bytes.length), u32le(at));
      contents.push(bytes);
      at += bytes.length;
    }
    const header = [Buffer.from('MDMP'), u32le(0xa793), u32le(streams.length), u32le(HEADER), Buffer.alloc(16)];
    return Buffer.concat([...header, ...directory, ...contents]);
  };
  const full = (at: number): Buffer =>
    Buffer.concat([
      u64le(2),
      u64le(at + 48),
      u64le(0x5000),
      u64le(PAGE),
      u64le(0x2000),
      u64le(2 * PAGE),
      pageOf(5),
      pageOf(2),
      pageOf(3),
    ]);
  const stacks = (at: number): Buffer =>
    Buffer.concat([u32le(1), u64le(0x7f00), u32le(0x100), u32le(at + 20), Buffer.alloc(0x100, 3)]);
  const expected = digests({ 2000: pageOf(2), 3000: pageOf(3), 5000: pageOf(5) });

  it('have all memory, one range behind the other', async () => {
    expect(
      contentsOf(
        await opened(
          minidump,
          of([
            [3, () => Buffer.alloc(7)],
            [9, full],
          ]),
        ),
      ),
    ).toEqual(expected);
    expect(
      contentsOf(
        await opened(
          minidump,
          of([
            [5, stacks],
            [9, full],
          ]),
        ),
      ),
    ).toEqual(expected);
  });

  it('have a list of ranges, most often stacks', async () => {
    const space = await opened(minidump, of([[5, stacks]]));
    expect(contentsOf(space)).toEqual(digests({ 7000: Buffer.concat([Buffer.alloc(0xf00), Buffer.alloc(0x100, 3)]) }));
    expect(space.partial).toBe(1);
  });

  it.each<[string, RegExp, Buffer]>([
    ['without memory', /without memory.*MiniDumpWithFullMemory/, of([[3, () => Buffer.alloc(7)]])],
    ['with more streams than bytes', /streams should be listed/, Buffer.from(of([[9, full]])).fill(0x7f, 11, 12)],
    [
      'with more ranges than bytes',
      /ranges should be listed/,
      of([[9, () => Buffer.concat([u64le(2 ** 40), u64le(0)])]]),
    ],
    [
      'with a range behind the last address',
      /behind the last address/,
      of([[5, () => Buffer.concat([u32le(1), u64le(2n ** 64n - 1n), u32le(2), u32le(0)])]]),
    ],
    [
      'with a range larger than any file',
      /larger than any file/,
      of([[9, () => Buffer.concat([u64le(1), u64le(9), u64le(0), u64le(2 ** 53 - 1)])]]),
    ],
  ])('%s are refused', async (_, message, bytes) => {
    expect(await failure(minidump, bytes)).toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(message) });
  });
});

describe('crash dumps of Windows', () => {
  const header = (type: number): Buffer => {
    const bytes = Buffer.alloc(0x2000);
    bytes.write('PAGEDU64');
    u32le(type).copy(bytes, 0xf98);
    return bytes;
  };
  const mapped = (magic: string, bits: readonly number[], most: number, pages: readonly Buffer[]): Buffer => {
    const map = Buffer.alloc(Math.ceil(most / 8));
    for (const bit of bits) map[bit >> 3] = (map[bit >> 3] as number) | (1 << (bit & 7));
    const front = Buffer.alloc(0x38 + map.length);
    front.write(magic);
    u64le(0x3000).copy(front, 0x20);
    u64le(bits.length).copy(front, 0x28);
    u64le(most).copy(front, 0x30);
    map.copy(front, 0x38);
    const body = Buffer.alloc(0x1000);
    front.copy(body);
    return Buffer.concat([header(5), body, ...pages]);
  };

  it('have runs of pages', async () => {
    const bytes = header(1);
    u32le(2).copy(bytes, 0x88);
    [1, 2, 0x100, 1].forEach((value, n) => void u64le(value).copy(bytes, 0x98 + 8 * n));
    const space = await opened(windowsDump, Buffer.concat([bytes, pageOf(1), pageOf(2), pageOf(3)]));
    expect(contentsOf(space)).toEqual(digests({ 1000: pageOf(1), 2000: pageOf(2), 100000: pageOf(3) }));
    expect(space.notes).toEqual([]);
  });

  it.each(['SDMPDUMP', 'FDMPDUMP'])('have a bitmap of pages (%s)', async (magic) => {
    const space = await opened(windowsDump, mapped(magic, [1, 2, 7, 8, 31], 32, [1, 2, 7, 8, 31].map(pageOf)));
    expect(contentsOf(space)).toEqual(
      digests({ 1000: pageOf(1), 2000: pageOf(2), 7000: pageOf(7), 8000: pageOf(8), '1f000': pageOf(31) }),
    );
    expect(space.notes.join()).toMatch(/bitmap \(type 5\)/);
  });

  it('that are cut say how many pages are missing', async () => {
    const space = await opened(windowsDump, mapped('SDMPDUMP', [1, 3, 5, 7], 32, [pageOf(1)]));
    expect(contentsOf(space)).toEqual(digests({ 1000: pageOf(1) }));
    expect(space.missing).toEqual([{ reason: 'truncated', pages: 3 }]);
  });

  it.each<[string, RegExp, Buffer]>([
    ['of 32 bits', /32-bit/, Buffer.concat([Buffer.from('PAGEDUMP'), Buffer.alloc(0x2000)])],
    ['of a kind that is not known', /type 4/, Buffer.concat([header(4), Buffer.alloc(64)])],
    [
      'with more runs than there is room for',
      /there are 4294967295 runs/,
      Buffer.from(header(1)).fill(0xff, 0x88, 0x8c),
    ],
    [
      'with a bitmap larger than the file',
      /its bitmap has/,
      Buffer.from(mapped('SDMPDUMP', [], 8, [])).fill(0x10, 0x2035, 0x2036),
    ],
    [
      'with a run of more pages than addresses',
      /the run at byte 152/,
      (() => {
        const bytes = Buffer.from(header(1)).fill(1, 0x88, 0x89);
        u64le(2 ** 52).copy(bytes, 0xa0);
        return bytes;
      })(),
    ],
  ])('%s are refused', async (_, message, bytes) => {
    expect(await failure(windowsDump, bytes)).toMatchObject({
      code: 'EFORMAT',
      message: expect.stringMatching(message),
    });
  });
});

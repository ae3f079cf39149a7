/** kdumps, also flattened ones, made from their description: which pages there are, what is in them, and what is said of the others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastWins } from '../../../../src/image/bytes/overlap.ts';
import type { PageSpace } from '../../../../src/image/format.ts';
import { kdump } from '../../../../src/image/kdump/index.ts';
import { flattened } from '../../../../src/image/wrappings/flattened.ts';
import { contentsOf, digestOf, MemoryBytes, pageOf, u64be } from '../../../support/images/bytes.ts';
import { type Kdump, makeKdump } from '../../../support/images/kdump.ts';
import { PAGE } from '../../../support/page.ts';

const NUMBERS = [0, 1, 2, 9, 10, 4000];
const PAGES = new Map(
  NUMBERS.map((number) => [number, number === 2 || number === 9 ? Buffer.alloc(PAGE) : pageOf(number)]),
);
const MADE: Kdump = { pages: PAGES, most: 5000 };
const expectedOf = (pages: Kdump['pages']): Map<string, string> =>
  new Map([...pages].map(([number, page]) => [(number * PAGE).toString(16), digestOf(page)]));
const EXPECTED = expectedOf(PAGES);

async function opened(bytes: Uint8Array): Promise<PageSpace> {
  const [space, ...others] = await kdump.open(new MemoryBytes(bytes), { holes: 'absent' });
  expect(others).toEqual([]);
  return space as PageSpace;
}

const failure = async (bytes: Uint8Array): Promise<unknown> =>
  opened(bytes)
    .then(contentsOf)
    .catch((error: unknown) => error);

describe('kdump', () => {
  it.each(['little', 'big'] as const)('of %s-endian machines', async (order) => {
    const space = await opened(makeKdump({ ...MADE, order }));
    expect(contentsOf(space)).toEqual(EXPECTED);
    expect(space.ranges.map(({ address, pages }) => [address, pages])).toEqual([
      [0n, 3],
      [0x9000n, 2],
      [0xfa0000n, 1],
    ]);
    expect(space).toMatchObject({ missing: [], partial: 0, notes: [] });
  });

  it('with pages that are not packed, and by another kind for each', async () => {
    // 4096 bytes: a literal of one, and copies of 64 and in the end of 63 of them.
    const copies = Buffer.concat(Array<Buffer>(63).fill(Buffer.from([0xfe, 1, 0])));
    const runs = Buffer.concat([Buffer.from([0x80, 0x20, 0x00, 7]), copies, Buffer.from([0xfa, 1, 0])]);
    const odd = Buffer.alloc(PAGE, 7);
    const pages = new Map([...PAGES].map(([number, page]) => [number, number % 2 === 0 ? page : odd]));
    const mixed: Kdump['pack'] = (page, number) =>
      number % 2 === 0 ? { bytes: page, flags: 0 } : { bytes: runs, flags: 4 };
    expect(contentsOf(await opened(makeKdump({ ...MADE, pages, pack: mixed })))).toEqual(expectedOf(pages));
  });

  it('of machines with pages of 64 KiB', async () => {
    const block = Buffer.concat(Array.from({ length: 16 }, (_, n) => pageOf(100 + n)));
    const space = await opened(makeKdump({ block: 65_536, pages: new Map([[3, block]]), most: 10, filtered: [5] }));
    expect(space.ranges).toEqual([{ address: 0x30000n, pages: 16, label: '' }]);
    expect([...contentsOf(space).values()]).toEqual(Array.from({ length: 16 }, (_, n) => digestOf(pageOf(100 + n))));
    expect(space.missing).toEqual([{ reason: 'filtered', pages: 16 }]);
  });

  it('whose pages were filtered', async () => {
    const space = await opened(makeKdump({ ...MADE, filtered: [20, 21, 4999], level: 31 }));
    expect(space.missing).toEqual([{ reason: 'filtered', pages: 3 }]);
    expect(space.notes.join()).toMatch(
      /dump_level 31 left out .*user pages.*3 pages missing.*What KSM merges is among them/,
    );
    expect((await opened(makeKdump({ ...MADE, filtered: [20], level: 1 }))).notes.join()).toMatch(
      /pages of zeros; 1 page missing\.$/,
    );
    expect((await opened(makeKdump({ ...MADE, level: 8 }))).notes.join()).toMatch(/What KSM merges/);
    expect((await opened(makeKdump({ ...MADE, level: 1 }))).notes).toEqual([]);
  });

  it('in several files, of which this is one', async () => {
    const space = await opened(makeKdump({ ...MADE, split: [2, 10] }));
    expect(contentsOf(space)).toEqual(new Map([...EXPECTED].slice(2, 4)));
    expect(space.notes.join()).toMatch(/one of several files/);
  });

  it('that are cut: the pages that are left, and how many are not', async () => {
    const whole = makeKdump(MADE);
    const space = await opened(whole.subarray(0, whole.length - 1));
    expect([...contentsOf(space).keys()]).toEqual([...EXPECTED.keys()].slice(0, -1));
    expect(space.missing).toEqual([{ reason: 'truncated', pages: 1 }]);
    expect(space.notes.join()).toMatch(/Truncated: .* 1 page /);
  });

  it('that makedumpfile gave up', async () => {
    expect((await opened(makeKdump({ ...MADE, status: 1 | 8 }))).notes.join()).toMatch(/^Incomplete/);
  });

  it('unpacks a page once, and pages of zeros once for all', async () => {
    const bytes = new MemoryBytes(
      makeKdump({ block: 65_536, pages: new Map([[0, Buffer.alloc(65_536, 1)]]), most: 1 }),
    );
    const [space] = await kdump.open(bytes, { holes: 'absent' });
    const into = new Uint8Array(PAGE);
    space?.read(0, into);
    const before = [...bytes.reads.values()].reduce((a, b) => a + b, 0);
    for (let page = 1; page < 16; page++) space?.read(page, into);
    expect([...bytes.reads.values()].reduce((a, b) => a + b, 0)).toBe(before);
  });

  it.each<[string, RegExp, (bytes: Buffer) => void]>([
    ['with blocks of 3 KiB', /blocks are not 4 to 64 KiB/, (bytes) => bytes.writeUInt32LE(3072, 428)],
    ['with more bitmaps than bytes', /its header says/, (bytes) => bytes.writeUInt32LE(2 ** 31, 436)],
    ['with half a bitmap', /its header says/, (bytes) => bytes.writeUInt32LE(1, 436)],
    ['with a way of packing that is not known', /flags 16/, (bytes) => bytes.writeUInt32LE(16, 4096 * 4 + 12)],
    ['with a page that is larger than a page', /says 5000 bytes/, (bytes) => bytes.writeUInt32LE(5000, 4096 * 4 + 8)],
    [
      'with a page that cannot be unpacked',
      /cannot be unpacked/,
      (bytes) => bytes.fill(0xff, 4096 * 4 + 24 * 6, 4096 * 4 + 24 * 6 + 8),
    ],
  ])('%s are refused', async (_, message, change) => {
    const bytes = makeKdump(MADE);
    change(bytes);
    expect(await failure(bytes)).toMatchObject({ code: 'EFORMAT', message: expect.stringMatching(message) });
  });
});

interface Written {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

function flat(records: readonly Written[], end = true): Buffer {
  const header = Buffer.alloc(4096);
  header.write('makedumpfile');
  u64be(1).copy(header, 16);
  u64be(1).copy(header, 24);
  const body = records.flatMap(({ offset, bytes }) => [u64be(offset), u64be(bytes.length), bytes]);
  return Buffer.concat([header, ...body, ...(end ? [u64be(2n ** 64n - 1n), u64be(2n ** 64n - 1n)] : [])]);
}

const noSpool = { spool: (): never => expect.unreachable() };

describe('flattened dumps', () => {
  it('are what their records come to: the last one counts, and gaps are zeros', async () => {
    const somewhere = fc.array(
      fc.record({ offset: fc.nat(60), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(somewhere, fc.nat(60), fc.integer({ min: 1, max: 40 }), async (records, from, length) => {
        const model = new Uint8Array(Math.max(0, ...records.map(({ offset, bytes }) => offset + bytes.length)));
        for (const { offset, bytes } of records) model.set(bytes, offset);
        const source = await flattened.unwrap(new MemoryBytes(flat(records)), noSpool);
        const into = new Uint8Array(length).fill(0xaa);
        expect(source.size).toBe(model.length);
        const got = source.read(into, from);
        expect([...into.subarray(0, got)]).toEqual([...model.subarray(from, from + length)]);
      }),
    );
  });

  it('of a kdump whose header comes twice', async () => {
    const whole = makeKdump(MADE);
    const cut = [0, 4096, 12_000, 20_000, whole.length].map((start, n, all) => ({
      offset: start,
      bytes: whole.subarray(start, all[n + 1] ?? start),
    }));
    const [first, ...rest] = cut.filter(({ bytes }) => bytes.length > 0);
    const wrong = { offset: 0, bytes: Buffer.alloc(4096, 0xff) };
    const source = await flattened.unwrap(new MemoryBytes(flat([wrong, ...rest.reverse(), first as Written])), noSpool);
    const space = (await kdump.open(source, { holes: 'absent' }))[0] as PageSpace;
    expect(contentsOf(space)).toEqual(EXPECTED);
  });

  it.each<[string, Buffer]>([
    ['without an end', flat([{ offset: 0, bytes: Buffer.alloc(10) }], false)],
    ['whose last record is cut', flat([{ offset: 0, bytes: Buffer.alloc(10) }], false).subarray(0, -1)],
    ['with a record of nothing', flat([{ offset: 0, bytes: Buffer.alloc(0) }])],
    ['with a record before the beginning', flat([{ offset: 2 ** 53 - 1, bytes: Buffer.alloc(10) }])],
    ['of another version', Buffer.from(flat([])).fill(2, 31, 32)],
  ])('%s are refused', async (_, bytes) => {
    await expect(flattened.unwrap(new MemoryBytes(bytes), noSpool)).rejects.toMatchObject({ code: 'EFORMAT' });
  });
});

it('many stretches over each other take no time that grows with their square', () => {
  const count = 20_000;
  const starts = Array.from({ length: count }, (_, n) => n);
  const left = lastWins({ starts, lengths: starts.map(() => 2 * count), positions: starts.map((n) => n * 100_000) });
  // Each begins while those before it go on, and the last goes on longest.
  expect(left.starts).toHaveLength(count);
  expect([...left.lengths.slice(0, 3), left.lengths.at(-1)]).toEqual([1, 1, 1, 2 * count]);
});

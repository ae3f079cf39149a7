/** A source that comes only once: what is kept of it can be read again, page by page, and never takes more than it may. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PAGE_BYTES, type PageChunk, type PageSource } from '../../../src/image/source.ts';
import { keeping } from '../../../src/scan/kept.ts';
import { readAll } from '../../support/image.ts';

const page = (value: number): Buffer => Buffer.alloc(PAGE_BYTES, value);

/** A source of pages that are filled with the values, some pages at a time. */
function stream(values: readonly number[], some: number): PageSource {
  const range = { page: 0, pages: values.length, address: 0n, label: '' };
  return {
    name: 's',
    kind: 'image',
    isRepeatable: false,
    pages: 0,
    ranges: [range],
    notes: ['said'],
    async *read(): AsyncGenerator<PageChunk, void> {
      for (let at = 0; at < values.length; at += some)
        yield { page: at, bytes: Buffer.concat(values.slice(at, at + some).map(page)) };
    },
  };
}

it('from its front, as far as there is room; zeros take none', async () => {
  const values = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 600 });
  await fc.assert(
    fc.asyncProperty(values, fc.integer({ min: 1, max: 70 }), fc.nat({ max: 300 }), async (all, some, room) => {
      const budget = { bytes: room * PAGE_BYTES + 17 };
      const [source] = keeping([stream(all, some)], budget) as [PageSource];
      expect((await readAll(source)).size).toBe(all.length);
      expect(source).toMatchObject({ name: 's', notes: ['said'], ranges: [{ pages: all.length }] });

      const full = all.findIndex((value, at) => value !== 0 && all.slice(0, at).filter(Boolean).length === room);
      const kept = full === -1 ? all.length : full;
      expect(source.kept).toBe(kept);
      expect(budget.bytes).toBe((room - all.slice(0, kept).filter(Boolean).length) * PAGE_BYTES + 17);
      const again = await readAll(source);
      expect([...again.keys()]).toEqual(all.slice(0, kept).map((_, at) => at));
      for (const [at, bytes] of again) expect(Buffer.compare(bytes, page(all[at] as number))).toBe(0);
    }),
    { numRuns: 30 },
  );
});

it('runs of it, read into lent memory', async () => {
  const values = [1, 0, 2, 3, 1, 2];
  const [source] = keeping([stream(values, 4)], { bytes: 2 ** 20 }) as [PageSource];
  await readAll(source);
  const runs = [
    { page: 1, pages: 3 },
    { page: 5, pages: 9 },
  ];
  const got: [number, number[]][] = [];
  for await (const { page: at, bytes } of source.read({ runs, lend: new Uint8Array(2 * PAGE_BYTES) })) {
    got.push([at, Array.from({ length: bytes.length / PAGE_BYTES }, (_, i) => bytes[i * PAGE_BYTES] as number)]);
  }
  expect(got).toEqual([
    [1, [0, 2]],
    [3, [3]],
    [5, [2]],
  ]);
});

it('sources that can be read again stay as they are', () => {
  const source = { ...stream([1], 1), isRepeatable: true };
  expect(keeping([source], { bytes: 0 })).toEqual([source]);
});

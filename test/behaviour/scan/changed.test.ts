/**
 * Sources that are different when they are read again, to be compared: what they were at first is what the counters are of; what cannot be
 * compared any more is counted and said, and nothing else goes wrong.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KsmError } from '../../../src/errors.ts';
import type { ScanReport } from '../../../src/report/index.ts';
import { Dice } from '../../support/dice.ts';
import { MemorySource, type Pages, pagesAt } from '../../support/memory-source.ts';
import { PAGE } from '../../support/page.ts';
import { reportOf, type Setup } from '../../support/scanning.ts';
import { pageOf } from '../../support/workloads.ts';

/** Of content 1 three pages, of 2 two, and one of 3: one and the other are merged. */
const AT_FIRST = [1, 2, 1, 3, 2, 1];
const MERGED = { pages_shared: 2, pages_sharing: 3, pages_unshared: 1, pages_volatile: 0 };

const pagesOf = (contents: readonly (number | undefined)[]): Pages => pagesAt(contents, pageOf);

/** The report of a source whose pages are those at first, and others whenever it is read again. */
function scan(again: () => Pages, setup: Setup = {}): Promise<ScanReport> {
  const source = new MemorySource('it', (reading) => (reading === 0 ? pagesOf(AT_FIRST) : again()));
  return reportOf([source], setup);
}

const failure = new KsmError('EIO', 'it: the disk is broken');
const cases: readonly [what: string, again: () => Pages, compared: number, changed: number][] = [
  ['nothing', () => pagesOf(AT_FIRST), 3, 0],
  ['the first page of a content', () => pagesOf([9, 2, 1, 3, 2, 1]), 2, 1],
  ['the last page of a content', () => pagesOf([1, 2, 1, 3, 2, 9]), 2, 1],
  ['all pages of a content, alike', () => pagesOf([9, 2, 9, 3, 2, 9]), 1, 3],
  ['a page, to what another content is', () => pagesOf([1, 2, 2, 3, 2, 1]), 2, 1],
  ['a page that nobody shares', () => pagesOf([1, 2, 1, 9, 2, 1]), 3, 0],
  ['a page, which is gone', () => pagesOf([1, 2, undefined, 3, 2, 1]), 2, 1],
  ['how many there are', () => pagesOf([1, 2, 1]), 1, 2],
  ['everything: it is empty', () => pagesOf([]), 0, 5],
  [
    'that it can be read',
    () => {
      throw failure;
    },
    0,
    5,
  ],
];

describe.each([4096, 2 ** 20])('with copies of %i bytes', (copyBytes) => {
  test.each(cases)('what changes is %s', async (_, again, compared, changed) => {
    const { sysfs, verification, notes } = await scan(again, { copyBytes });
    expect(sysfs).toMatchObject(MERGED);
    expect(verification).toMatchObject({ by: 'bytes', compared, changed, believed: 0, repaired: 0 });
    expect(verification.false_match_chance > 0).toBe(changed > 0);
    expect(notes.filter((note) => note.includes('changed before'))).toHaveLength(changed > 0 ? 1 : 0);
  });
});

describe('of an image that has a row of pages twice, and is gone while another has the row, too', () => {
  const row = [1, 2, 3, 4, 5, 6, 7, 8];

  test.each([0, 1])('each page is counted once (of the first image %i rows are left)', async (left) => {
    const first = new MemorySource(
      'first',
      (reading) => pagesOf(reading === 0 ? [...row, ...row] : left === 0 ? [] : row),
      { hasReader: true },
    );
    const second = new MemorySource('second', () => pagesOf(row), { hasReader: true });
    const { verification, notes } = await reportOf([first, second], {});
    // Each content has three pages: what is left of them is compared with the first that is left.
    expect(verification).toMatchObject({ changed: left === 0 ? 16 : 8, compared: left === 0 ? 0 : 8 });
    expect(notes.filter((note) => note.includes('changed before'))).toEqual([
      `first: ${left === 0 ? 16 : 8} merged pages changed before they could be compared.`,
    ]);
  });
});

describe('of two images whose pages lie in the same order', () => {
  const row = [1, 2, 3, 4, 5, 6, 7, 8];
  const changedRow = row.map((content) => (content === 3 ? 9 : content));

  /** What is merged is compared page by page with the first image itself, not with copies. */
  function scanTwo(first: () => Pages, second: () => Pages): Promise<ScanReport> {
    const sources = [first, second].map(
      (again, at) =>
        new MemorySource(`image ${at}`, (reading) => (reading === 0 ? pagesOf(row) : again()), { hasReader: true }),
    );
    return reportOf(sources, {});
  }

  const same = (): Pages => pagesOf(row);
  const broken = (): Pages => {
    throw failure;
  };

  test.each<[what: string, first: () => Pages, second: () => Pages, compared: number, changed: [number, number]]>([
    ['none changes', same, same, 8, [0, 0]],
    ['the first changes', () => pagesOf(changedRow), same, 7, [1, 0]],
    ['the second changes', same, () => pagesOf(changedRow), 7, [0, 1]],
    ['the first is shorter', () => pagesOf(row.slice(0, 5)), same, 5, [3, 0]],
    ['the first is gone', broken, same, 0, [8, 0]],
    ['the second is gone', same, broken, 0, [0, 8]],
    ['both are gone, so that there is nothing to compare the first with', broken, broken, 0, [0, 8]],
  ])('%s', async (_, first, second, compared, changed) => {
    const { sysfs, verification, notes } = await scanTwo(first, second);
    expect(sysfs).toMatchObject({ pages_shared: 8, pages_sharing: 8 });
    expect(verification).toMatchObject({ compared, changed: changed[0] + changed[1], repaired: 0 });
    for (const at of [0, 1]) {
      const said = notes.filter((note) => note.startsWith(`image ${at}: `));
      expect(said).toHaveLength(changed[at] === 0 ? 0 : 1);
      if (changed[at] !== 0) expect(said[0]).toContain(`: ${changed[at]} merged page`);
    }
  });
});

test('why a source cannot be read again is said', async () => {
  const { notes, contents } = await scan(() => {
    throw failure;
  });
  expect(notes).toContain('it could not be read again: it: the disk is broken.');
  expect(contents.map(({ kind }) => kind)).toEqual(['unread', 'unread']);
});

test('a source that breaks in an unknown way ends the scan', async () => {
  await expect(
    scan(() => {
      throw new TypeError('broken');
    }),
  ).rejects.toThrow(TypeError);
});

test('a content is not described by a page that is another by now', async () => {
  const { contents } = await scan(() => pagesOf([9, 2, 1, 3, 2, 1]));
  const sha1 = createHash('sha1').update(pageOf(2)).digest('hex');
  expect(contents).toMatchObject([
    { sha1: null, pages: 3, kind: 'unread' },
    { sha1, pages: 2 },
  ]);
});

test('what cannot be read again at all is believed', async () => {
  const source = new MemorySource('it', () => pagesOf(AT_FIRST), { isRepeatable: false });
  const { sysfs, verification, notes } = await reportOf([source], { copyBytes: 0 });
  expect(sysfs).toMatchObject(MERGED);
  expect(verification).toMatchObject({ compared: 0, changed: 0, believed: 5 });
  expect(notes).toEqual(['it: 5 merged pages could not be read again; equal hashes are believed.']);
  expect(source.readings).toBe(1);
});

test('with trustHash nothing is read again to be compared', async () => {
  const source = new MemorySource('it', () => pagesOf(AT_FIRST));
  const { sysfs, verification } = await reportOf([source], { trustHash: true });
  expect(sysfs).toMatchObject(MERGED);
  expect(verification).toMatchObject({ by: 'hash', compared: 0, repaired: 0 });
  expect(source.readings).toBe(1 + 2); // to describe the contents
});

test.each([1, 2, 3, 4])(
  'names collide while pages change: every merged page is accounted for (seed %i)',
  async (seed) => {
    const dice = new Dice(seed);
    const contents = Array.from({ length: 120 }, () => dice.below(30));
    const source = new MemorySource('it', (reading) =>
      pagesOf(
        contents.map((content) => (reading > 0 && dice.oneIn(8) ? dice.pick([undefined, content, 99]) : content)),
      ),
    );
    const { sysfs, verification, saved_bytes } = await reportOf([source], { nameBits: 2, copyBytes: 3 * PAGE });
    expect(verification.repaired).toBeGreaterThan(0);
    expect(saved_bytes).toBe(sysfs.pages_sharing * PAGE);
    // Of each frame one page is the copy that others are compared with. Zeros are told by a look at all bytes, and not compared.
    const zeros = contents.filter((content) => content === 0).length;
    const merged = sysfs.pages_shared + sysfs.pages_sharing - zeros;
    expect(verification.compared + verification.changed).toBeLessThanOrEqual(merged);
    expect(verification.compared + verification.changed + sysfs.pages_shared).toBeGreaterThanOrEqual(merged);
  },
);

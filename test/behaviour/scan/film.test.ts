/** Sources that are read several times: what was different at any reading is volatile, and nothing of it counts as saved. */
import { describe, expect, it } from 'vitest';
import { KsmError } from '../../../src/errors.ts';
import type { ScanReport } from '../../../src/report/index.ts';
import type { FilmOptions } from '../../../src/scan/index.ts';
import { MemorySource, type Pages, pagesAt } from '../../support/memory-source.ts';
import { reportOf, type Setup } from '../../support/scanning.ts';
import { pageOf } from '../../support/workloads.ts';

const FILM: FilmOptions = {
  isLive: ({ kind }) => kind === 'process',
  schedule: { over: 0.02, every: 0.01 },
  pace: { pages_to_scan: 100, sleep_millisecs: 20, smart_scan: false },
  progress: () => undefined,
};

const pagesOf = (contents: readonly (number | undefined)[]): Pages => pagesAt(contents, pageOf);

/** The report of a process whose contents are these at three readings; and the last ones whenever it is read again. */
function scan(readings: readonly (readonly (number | undefined)[])[], setup: Setup = {}): Promise<ScanReport> {
  const last = readings.length - 1;
  // A source looks at its pages once before it is read, to know its ranges.
  const source = new MemorySource('it', (reading) => pagesOf(readings[Math.min(reading, last)] ?? []), {
    kind: 'process',
  });
  return reportOf([source], { film: FILM, ...setup });
}

const REST = [1, 1, 2, 2, 2, 3];

it('finds all that is at rest', async () => {
  const { sysfs, film, saved_bytes } = await scan([REST, REST, REST]);
  expect(sysfs).toMatchObject({ pages_shared: 2, pages_sharing: 3, pages_unshared: 1, pages_volatile: 0 });
  expect(saved_bytes).toBe(3 * 4096);
  expect(film).toMatchObject({ reads: 3, alike_pages: 3, together_pages: 0, parted_pages: 0, copies_per_s: 0 });
  expect(new Set(film?.rest.map(({ pages }) => pages))).toEqual(new Set([3]));
  expect(film?.rest.at(-1)).toMatchObject({ lo: null, hi: null });
  expect(film?.rest.at(-1)?.w_s).toBeGreaterThanOrEqual(0.015);
});

it.each([
  ['names', 1],
  ['names of four engines', 4],
])('counts what changes together as volatile: %s', async (_, engines) => {
  const report = await scan([REST, [1, 1, 9, 9, 9, 3], [1, 1, 8, 8, 8, 3]], { engines });
  expect(report.sysfs).toMatchObject({ pages_shared: 1, pages_sharing: 1, pages_unshared: 1, pages_volatile: 3 });
  expect(report.film).toMatchObject({ alike_pages: 3, together_pages: 2, parted_pages: 0, bound: 'at most' });
  expect(report.ksm_stat[0]).toMatchObject({ sharing: 1, volatile: 3 });
  expect(report.converged).toBe(true);
});

it('sees what changes and changes back between the first read and the last', async () => {
  const { sysfs, film } = await scan([REST, [9, 9, 2, 2, 2, 3], REST]);
  expect(sysfs).toMatchObject({ pages_sharing: 2, pages_volatile: 2 });
  expect(film).toMatchObject({ alike_pages: 3, together_pages: 1 });
});

it('counts pages that are no longer alike, and those that were alone and change', async () => {
  const { sysfs, film, film_kept } = await scan([REST, REST, [1, 9, 2, 2, 2, 4]]);
  expect(sysfs).toMatchObject({ pages_sharing: 2, pages_unshared: 1, pages_volatile: 2 });
  expect(film).toMatchObject({ alike_pages: 2, together_pages: 0, parted_pages: 2 });
  expect(film_kept?.falling).toBe(true);
});

it('leaves out what is gone, and does not take for rest what comes', async () => {
  const { sysfs, pages } = await scan([
    [1, 1, 2, 2, undefined, 3],
    [1, 1, 2, 2, undefined, 3],
    [1, undefined, 2, 2, 2, 3],
  ]);
  expect(pages).toBe(5);
  expect(sysfs).toMatchObject({ pages_sharing: 1, pages_unshared: 2, pages_volatile: 1 });
});

it('goes on where a source cannot be read again in between', async () => {
  const failure = new KsmError('EIO', 'it: gone');
  const source = new MemorySource(
    'it',
    (reading) => {
      if (reading === 1) throw failure;
      return pagesOf(REST);
    },
    { kind: 'process' },
  );
  const { sysfs, film } = await reportOf([source], { film: FILM });
  expect(film).toMatchObject({ reads: 3, alike_pages: 3, together_pages: 3 });
  expect(sysfs).toMatchObject({ pages_sharing: 0, pages_volatile: 6 });
});

/** Readings of all pages, and how many pages each of the others was of. */
interface Reads {
  whole: number;
  readonly picked: number[];
}

function readsOf(source: MemorySource): Reads {
  const reads: Reads = { whole: 0, picked: [] };
  const read = source.read.bind(source);
  source.read = (options = {}) => {
    if (options.runs === undefined) reads.whole++;
    else reads.picked.push(options.runs.reduce((total, { pages }) => total + pages, 0));
    return read(options);
  };
  return reads;
}

describe('reads', () => {
  it('between the first and the last are of what is alike', async () => {
    const contents = Array.from({ length: 100 }, (_, page) =>
      page < 50 ? page + 10 : 1 + (page % 5 === 0 ? 0 : page + 10),
    );
    const source = new MemorySource('it', () => pagesOf(contents), { kind: 'process' });
    const reads = readsOf(source);
    await reportOf([source], { film: FILM, trustHash: true });
    expect(reads.whole).toBe(2);
    // Ten pages, five apart, and those between: reading these too is cheaper than ten reads.
    expect(reads.picked[0]).toBe(46);
  });

  it('are of what lives only', async () => {
    const image = new MemorySource('image', () => pagesOf(REST));
    const process = new MemorySource('process', () => pagesOf(REST), { kind: 'process' });
    const [ofImage, ofProcess] = [image, process].map(readsOf) as [Reads, Reads];
    const { film } = await reportOf([image, process], { film: FILM, trustHash: true });
    expect(ofImage.whole).toBe(2);
    expect([ofProcess.whole, ofProcess.picked.length]).toEqual([2, 1]);
    expect(film).toMatchObject({ alike_pages: 9, together_pages: 0 });
  });

  it('is one of what comes only once', async () => {
    const source = new MemorySource('pipe', () => pagesOf(REST), { kind: 'process', isRepeatable: false });
    const { film, notes } = await reportOf([source], { film: FILM });
    expect(film).toBe(null);
    expect(notes.join()).toContain('nothing was read again');
  });

  it('is one where memory has no room for what pages were', async () => {
    const one = pageOf(1);
    const source = new MemorySource('it', () => new Map(Array.from({ length: 12_000 }, (_, page) => [page, one])), {
      kind: 'process',
    });
    const { film, notes } = await reportOf([source], { film: FILM, memory: 2 ** 20, trustHash: true });
    expect(film).toBe(null);
    expect(notes.join()).toContain('no room in memory (--memory)');
  });
});

it('takes the dumps of a guest for reads, at their times', async () => {
  const dumps = [REST, [1, 1, 9, 9, 9, 3], [1, 1, 8, 8, 8, 3]].map(
    (contents, at) => new MemorySource(`dump ${at}`, () => pagesOf(contents)),
  );
  const [first, second, last] = dumps as [MemorySource, MemorySource, MemorySource];
  const film = { ...FILM, isLive: () => true, dumps: { before: [[first, second]], times: [[0, 30, 90]] } };
  const report = await reportOf([last], { film });
  expect(report.film?.times_s).toEqual([0, 30, 90]);
  expect(report.film?.rest.map(({ w_s }) => w_s)).toEqual([0, 30, 60, 90]);
  expect(report.film).toMatchObject({ reads: 3, alike_pages: 3, together_pages: 2, bound: 'interval' });
  expect(report.sysfs).toMatchObject({ pages_sharing: 1, pages_volatile: 3 });
});

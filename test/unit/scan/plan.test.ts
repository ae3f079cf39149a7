/** What budgets are enough for, by what pages take: the engine's own count of it, and how pages are dealt to engines. */
import { describe, expect, test } from 'vitest';
import { createHost } from '../../../src/index.ts';
import { BASE_PAGE } from '../../../src/scan/engines.ts';
import { copiesIn, engineBytes, engineOfBuckets, mostPages, roomIn } from '../../../src/scan/plan.ts';
import { Dice } from '../../support/dice.ts';
import { namesBy, scanNamed } from '../../support/named-sources.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

test('a page that nobody shares takes at most 48 bytes, its name among them', async () => {
  const pages = 2 ** 16;
  const name = namesBy(new Dice(48));
  const scanned = await scanNamed([BigUint64Array.from({ length: pages }, (_, page) => name(1 + page))]);
  using engines = scanned.engines;
  expect(engines.counters()).toMatchObject({ pages_unshared: pages, pages_shared: 0 });
  expect(engines.metadataBytes + 8 * pages).toBeLessThanOrEqual(48 * pages);
});

test('64 GiB are scanned whole in 1.6 GiB, and a sample of them in any less', () => {
  expect(roomIn(1.6 * GIB, 64).whole).toBeGreaterThanOrEqual((64 * GIB) / 4096);
  expect(roomIn(1.2 * GIB, 64).whole).toBeLessThan((64 * GIB) / 4096);
  for (const budget of [MIB, 64 * MIB, GIB]) {
    const { whole, sampled } = roomIn(budget, 64);
    expect(sampled).toBeGreaterThanOrEqual(4096);
    expect(sampled).toBeLessThanOrEqual(whole);
  }
});

test('copies take what is left, at least an eighth, and no more than a memory holds', () => {
  expect(copiesIn(GIB, 0) * 4096).toBeGreaterThan(0.9 * GIB);
  expect(copiesIn(GIB, 0) * 4096).toBeLessThan(GIB);
  expect(copiesIn(GIB, 2 ** 24)).toBe(GIB / 8 / 4096);
  expect(copiesIn(2 ** 40, 0) * 4096).toBeLessThan(4 * GIB);
  expect(copiesIn(MIB, 4096)).toBeGreaterThan(0);
});

test.each([1, 100, 1000, 4000])('an engine of %i small sources has frames for all their pages', async (sources) => {
  const pages = 283 * sources;
  using host = await createHost({
    page: 'names',
    memory: engineBytes(pages, sources),
    pages: pages + sources * BASE_PAGE,
    processes: sources + 1,
    vmas: 2 * sources + 64,
  });
  expect(host.limits.frames).toBeGreaterThanOrEqual(pages);
});

test('an engine has the memory that its most pages need, and an address space ends at 4 GiB', async () => {
  for (const sources of [1, 1000]) {
    const pages = mostPages(sources);
    using host = await createHost({
      page: 'names',
      memory: engineBytes(pages, sources),
      pages: pages + sources * BASE_PAGE,
      processes: sources + 1,
    });
    expect(host.limits.frames).toBeGreaterThanOrEqual(pages);
    expect(host.limits.pages).toBeGreaterThanOrEqual(pages + sources * BASE_PAGE);
    expect(engineBytes(pages, sources)).toBeLessThanOrEqual(4 * GIB);
    expect(engineBytes(pages, sources)).toBeGreaterThan(4 * GIB - 2 ** 17);
  }
  expect(mostPages(1) * 4096).toBeGreaterThan(100 * GIB);
});

describe('buckets of names', () => {
  const even = new Uint32Array(256).fill(10);

  test('go to one engine if it has room', () => {
    expect(new Set(engineOfBuckets(even, 2560, 1))).toEqual(new Set([0]));
  });

  test('go to the next engine where one is full', () => {
    const engineOf = engineOfBuckets(even, 999, 1) as Uint8Array;
    expect(engineOf).toEqual(Uint8Array.from({ length: 256 }, (_, bucket) => Math.floor(bucket / 99)));
  });

  test('go to as many engines as there are to be', () => {
    expect(engineOfBuckets(even, 2560, 4)).toEqual(Uint8Array.from({ length: 256 }, (_, bucket) => bucket >> 6));
  });

  test('cannot be dealt if one alone is too large', () => {
    expect(
      engineOfBuckets(
        Uint32Array.from({ length: 256 }, (_, bucket) => (bucket === 7 ? 11 : 0)),
        10,
        1,
      ),
    ).toBe(undefined);
  });
});

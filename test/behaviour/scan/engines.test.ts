/**
 * `ksm scan` over names reports what it reports over bytes: every counter of every pass, every source's ksm_stat, and every content. Names
 * are all that the one engine sees, and bytes all that the other does.
 */
import { describe, expect, test } from 'vitest';
import type { ScanReport } from '../../../src/report/index.ts';
import { Dice } from '../../support/dice.ts';
import { MemorySource, pagesAt } from '../../support/memory-source.ts';
import { findingsOf, reportOf, type Setup } from '../../support/scanning.ts';
import { contentsOf, pageOf, WORKLOADS, type Workload } from '../../support/workloads.ts';

/** Two images, the second with holes, and the first once more. */
function sourcesOf(workload: Workload, pages: number): MemorySource[] {
  const dice = new Dice(workload);
  const contents = contentsOf(workload, pages, dice);
  const [first, second] = [contents.slice(0, pages * 0.6), contents.slice(pages * 0.6)];
  const torn = second.flatMap((content) => [...Array(dice.oneIn(9) ? dice.between(1, 40) : 0), content]);
  const images = [first, torn].map((each) => pagesAt(each, pageOf));
  return [0, 1, 0].map(
    (image, at) => new MemorySource(`image ${at}`, () => images[image] ?? new Map(), { hasReader: at < 2 }),
  );
}

const ORDERS = ['hash', 'content'] as const;

/** The findings of both engines have to be the same. */
async function expectSame(sources: readonly MemorySource[], setup: Setup): Promise<ScanReport> {
  const bytes = await reportOf(sources, { ...setup, engine: 'bytes' });
  const names = await reportOf(sources, { ...setup, engine: 'names' });
  expect([names.engine, bytes.engine]).toEqual(['names', 'bytes']);
  expect(findingsOf(names)).toEqual(findingsOf(bytes));
  return names;
}

const SETTINGS = [0, 1].flatMap((smart_scan) =>
  [0, 1].flatMap((use_zero_pages) =>
    [2, 16, 256].map((max_page_sharing) => ({ smart_scan, use_zero_pages, max_page_sharing })),
  ),
);

describe.each(ORDERS)('in %s order', (index) => {
  describe.each(WORKLOADS)('%s', (workload) => {
    const sources = sourcesOf(workload, 331);

    // Both orders decide alike but for their trees, so half of the settings will do for the second.
    const settings = SETTINGS.filter((one) => index === 'hash' || one.smart_scan === one.use_zero_pages);
    test.each(settings)('until a pass changes nothing, %o', async (settings) => {
      await expectSame(sources, { index, settings });
    });

    test.each([1, 2, 3, 5])('exactly %i passes', async (passes) => {
      const { passes: done } = await expectSame(sources, { index, passes, settings: { max_page_sharing: 16 } });
      expect(done).toHaveLength(passes);
    });
  });

  test('images that are empty, of one page, and of one page more than a table', async () => {
    const sources = [[], [7], Array.from({ length: 513 }, (_, page) => page % 200), []].map(
      (contents, at) => new MemorySource(`image ${at}`, () => pagesAt(contents, pageOf)),
    );
    const { sysfs } = await expectSame(sources, { index });
    expect(sysfs).toMatchObject({ pages_shared: 200, pages_sharing: 314, pages_unshared: 0 });
  });

  test('nothing at all', async () => {
    const { sysfs } = await expectSame([new MemorySource('nothing', () => new Map())], { index });
    expect(sysfs).toMatchObject({ pages_shared: 0, pages_scanned: 0 });
  });
});

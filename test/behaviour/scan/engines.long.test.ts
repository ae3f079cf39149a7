/** The same as engines.test.ts and collisions.test.ts at some size: 20,000 pages, in which hash tables grow and batches are many. */
import { describe, expect, test } from 'vitest';
import { Dice } from '../../support/dice.ts';
import { MemorySource, pagesAt } from '../../support/memory-source.ts';
import { findingsOf, reportOf, type Setup } from '../../support/scanning.ts';
import { contentsOf, pageOf, WORKLOADS, type Workload } from '../../support/workloads.ts';

const PAGES = 20_000;

function sourcesOf(workload: Workload): MemorySource[] {
  const contents = contentsOf(workload, PAGES, new Dice(`${workload} long`));
  return [contents.slice(0, 8191), contents.slice(8191), contents.slice(0, 3000)].map((each, at) => {
    const pages = pagesAt(each, pageOf);
    return new MemorySource(`image ${at}`, () => pages, { hasReader: true });
  });
}

describe.each(['hash', 'content'] as const)('in %s order', (index) => {
  describe.each(WORKLOADS)('%s', (workload) => {
    const sources = sourcesOf(workload);
    const setups: readonly Setup[] = [
      { copyBytes: 2 ** 26 },
      { copyBytes: 2 ** 26, settings: { smart_scan: 1, use_zero_pages: 1, max_page_sharing: 16 } },
      // Few bits: many collide. Few copies: comparing takes rounds, as few as contents that begin alike allow.
      { copyBytes: 8000 * 4096, nameBits: 12, settings: { max_page_sharing: 4 } },
    ];

    test.each(setups)('names and bytes report the same, %o', async (setup) => {
      const bytes = await reportOf(sources, { ...setup, index, engine: 'bytes' });
      const names = await reportOf(sources, { ...setup, index });
      expect(names.engine).toBe('names');
      expect(findingsOf(names)).toEqual(findingsOf(bytes));
    });
  });
});

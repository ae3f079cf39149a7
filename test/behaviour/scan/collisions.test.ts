/**
 * Bytes decide: where names of few bits stand for several contents, each such name is found and given up, and the report is that of names
 * that collide with none; the bytes are its judge (engines.test.ts).
 */
import { describe, expect, test } from 'vitest';
import type { ScanReport } from '../../../src/report/index.ts';
import { Dice } from '../../support/dice.ts';
import { MemorySource, pagesAt } from '../../support/memory-source.ts';
import { findingsOf, reportOf, type Setup } from '../../support/scanning.ts';
import { contentsOf, pageOf, WORKLOADS, type Workload } from '../../support/workloads.ts';

const PAGES = 220;

function sourcesOf(workload: Workload, seed: number): MemorySource[] {
  const contents = contentsOf(workload, PAGES, new Dice(`${workload} ${seed}`));
  // The last repeats pages of the second in their order, so they are compared with those themselves, and others with copies.
  return [contents.slice(0, 70), contents.slice(70), contents.slice(100, 140)].map((each, at) => {
    const pages = pagesAt(each, pageOf);
    return new MemorySource(`image ${at}`, () => pages, { hasReader: at === 1 });
  });
}

async function both(workload: Workload, seed: number, setup: Setup): Promise<{ few: ScanReport; all: ScanReport }> {
  const all = await reportOf(sourcesOf(workload, seed), { ...setup, engine: 'bytes' });
  return { few: await reportOf(sourcesOf(workload, seed), { ...setup, seed: BigInt(seed) }), all };
}

describe.each(WORKLOADS)('%s', (workload) => {
  // With few pages to a frame, some pages of a name that collides wait unmerged when the others are compared.
  const setups = [16, 4, 1].flatMap((nameBits) => [2, 3].map((max_page_sharing) => ({ nameBits, max_page_sharing })));

  test.each(setups)('is told as it is, %o', async ({ nameBits, max_page_sharing }) => {
    for (let seed = 1; seed <= 2; seed++) {
      const { few, all } = await both(workload, seed, { nameBits, settings: { smart_scan: 0, max_page_sharing } });
      expect(findingsOf(few), `seed ${seed}`).toEqual(findingsOf(all));
      expect(few.verification).toMatchObject({ by: 'bytes', changed: 0, believed: 0, false_match_chance: 0 });
      if (nameBits === 1) expect(few.verification.repaired).toBeGreaterThan(0);
    }
  });

  test.each([0, 1])('is told as it is where copies are few, and with smart_scan %i', async (smart_scan) => {
    const { few, all } = await both(workload, 9, { nameBits: 4, copyBytes: 3 * 4096, settings: { smart_scan } });
    expect(findingsOf(few)).toEqual(findingsOf(all));
  });
});

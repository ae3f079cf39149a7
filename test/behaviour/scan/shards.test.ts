/**
 * Several engines report what one does: every counter of every pass, every source's ksm_stat, and every content, whatever the settings, as
 * long as smart scan is off. Names decide in which engine a page is.
 */
import { describe, expect, test } from 'vitest';
import { type ContentOf, GeneratedSource } from '../../../bench/generated.ts';
import type { PageSource } from '../../../src/image/index.ts';
import { buildReport, type ScanReport } from '../../../src/report/index.ts';
import { type JobOptions, scan, Watch } from '../../../src/scan/index.ts';
import { Dice } from '../../support/dice.ts';

type Settings = Readonly<Record<string, number>>;

async function reportOf(
  sources: readonly PageSource[],
  { settings = {}, ...options }: Partial<JobOptions> & { settings?: Settings },
): Promise<ScanReport> {
  const job: JobOptions = {
    engine: 'names',
    passes: undefined,
    trustHash: false,
    seed: 3n,
    prepare: ({ ksm }) => {
      for (const [file, value] of Object.entries({ run: 1, smart_scan: 0, ...settings }))
        ksm.write(file, String(value));
    },
    ...options,
  };
  const scanned = await scan(sources, job, new Watch({ show: () => {} }, new AbortController().signal));
  using _ = scanned.engines;
  const asked = { index: 'hash', memory_bytes: 0, scanners: 1, seed: null } as const;
  return await buildReport({ scanned, options: asked, settings: {}, default_settings: {}, notes: [] });
}

/** All that does not depend on time, nor on how many engines there are. */
function findings({ passes, phases: _, loading: __, metadata_bytes: ___, notes: ____, ...report }: ScanReport): object {
  return { ...report, passes: passes.map(({ wall_s: _, cpu_s: __, pages_per_s: ___, ...counters }) => counters) };
}

/** Zeros, three contents that are everywhere, some that are here and there, and others that are nobody else's. Two images are alike. */
function images(): GeneratedSource[] {
  const dice = new Dice('shards');
  const contents = Array.from({ length: 700 }, (_, page) =>
    dice.pick([0, 1 + dice.below(3), 100 + dice.below(60), 1000 + page, 2000 + page]),
  );
  const of =
    (first: number): ContentOf =>
    (page) =>
      contents[first + page] ?? 0;
  return [
    new GeneratedSource('first', 300, of(0)),
    new GeneratedSource('nothing', 0, of(0)),
    new GeneratedSource('second', 400, of(300)),
    new GeneratedSource('first again', 300, of(0)),
  ];
}

const SETTINGS: Settings[] = [0, 1].flatMap((use_zero_pages) =>
  [2, 16, 256].map((max_page_sharing) => ({ use_zero_pages, max_page_sharing })),
);

describe('four engines find what one does', () => {
  test.each(SETTINGS)('until a pass changes nothing, %o', async (settings) => {
    const one = await reportOf(images(), { settings });
    const four = await reportOf(images(), { settings, engines: 4 });
    expect(findings(four)).toEqual(findings(one));
    expect(one.notes).toEqual([]);
    expect(four.notes[0]).toContain('4 engines');
    expect(one.sysfs.pages_shared).toBeGreaterThan(50);
  });

  test.each([1, 2])('in %i passes', async (passes) => {
    expect(findings(await reportOf(images(), { passes, engines: 4 }))).toEqual(
      findings(await reportOf(images(), { passes })),
    );
  });

  test('where names collide and get others, which are in other engines', async () => {
    const four = await reportOf(images(), { engines: 4, nameBits: 3 });
    const one = await reportOf(images(), {});
    expect(four.verification.repaired).toBeGreaterThan(0);
    const { verification: _, ...found } = findings(four) as ScanReport;
    const { verification: __, ...expected } = findings(one) as ScanReport;
    expect(found).toEqual(expected);
  });

  test('where there are more contents than copies', async () => {
    const four = await reportOf(images(), { engines: 4, copyBytes: 3 * 4096 });
    expect(findings(four)).toEqual(findings(await reportOf(images(), {})));
  });
});

test('pages of a single content are in one engine; the others have nothing to scan', async () => {
  const sources = (): GeneratedSource[] => [new GeneratedSource('ones', 600, () => 1)];
  const four = await reportOf(sources(), { engines: 4 });
  expect(findings(four)).toEqual(findings(await reportOf(sources(), {})));
  expect(four.sysfs).toMatchObject({ pages_shared: 3, pages_sharing: 597, full_scans: 3 });
});

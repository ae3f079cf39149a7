/** What a report says of living processes: sums over the sources, in the kernel's names where the kernel has said it. */
import { describe, expect, it } from 'vitest';
import { renderTable, type ScanReport } from '../../../src/report/index.ts';
import { mergedNow, notLookedAt, splitHugePages } from '../../../src/report/live.ts';
import { sample } from './sample.ts';

const MIB = 2 ** 20;
type Source = ScanReport['ksm_stat'][number];

/** The sample's report, with `facts` in its sources, one after the other. */
function reportWith(...facts: Partial<Source>[]): ScanReport {
  const [source] = sample().ksm_stat;
  if (source === undefined) throw new Error('the sample has a source');
  return { ...sample(), ksm_stat: facts.map((some) => ({ ...source, ...some })) };
}

const NOW = {
  ksm_rmap_items: 9,
  ksm_zero_pages: 0,
  ksm_merging_pages: 0,
  ksm_process_profit: 0,
  ksm_merge_any: 'no',
  ksm_mergeable: 'no',
  opted_in: false,
} as const;

describe('what was not looked at', () => {
  it('is summed up by reason, in a fixed order, and nothing that there is not', () => {
    const [title, ...rows] = notLookedAt(
      reportWith(
        {
          not_looked_at: [
            { reason: 'shared', bytes: 64 * MIB },
            { reason: 'zero_page', bytes: MIB },
          ],
        },
        {
          not_looked_at: [
            { reason: 'file', bytes: 4096 },
            { reason: 'shared', bytes: 2 * MIB },
          ],
        },
        {},
      ),
    );
    expect(title).toBe('Not looked at');
    expect(rows.map((row) => row.trim().split(/ {2}/)[0])).toEqual(['66.0 MiB', '4.0 KiB', '1.0 MiB']);
    expect(rows[0]).toContain('shared memory');
    expect(rows[2]).toContain("kernel's page of zeros");
  });

  it('is not mentioned where there is nothing', () => {
    expect(notLookedAt(reportWith({}, { not_looked_at: [] }))).toEqual([]);
    expect(renderTable(sample(), { width: 80, colour: false })).not.toContain('Not looked at');
  });

  it('fits the table, and a narrow terminal', () => {
    const report = reportWith({ not_looked_at: [{ reason: 'memfd', bytes: 64 * MIB }] });
    expect(renderTable(report, { width: 100, colour: false })).toMatch(/^Not looked at\n64\.0 MiB {2}memfd/m);
    expect(renderTable(report, { width: 40, colour: false })).toMatch(/^Not looked at\n64\.0 MiB memfd/m);
  });
});

describe('what the kernel has merged already', () => {
  it('is beside what the scan merges of the same processes', () => {
    const merged = reportWith(
      { ksm_merging_pages: 500, ksm_zero_pages: 0, live: { ...NOW, ksm_merging_pages: 300, opted_in: true } },
      { ksm_merging_pages: 70, ksm_zero_pages: 2, live: { ...NOW, ksm_zero_pages: 5 } },
      { ksm_merging_pages: 1000, live: null },
    );
    expect(mergedNow(merged)).toBe(
      'Merged by the kernel now: 305 pages, in 1 of 2 processes that asked for it; merged in this scan: 572 pages.',
    );
  });

  it('is not mentioned where it is nothing', () => {
    expect(mergedNow(reportWith({ live: NOW }, { live: null }, {}))).toBe('');
  });
});

describe('huge pages', () => {
  it('are counted, with those that would be split', () => {
    const report = reportWith(
      { huge_pages: { bytes: 32 * MIB, split: 16 } },
      { huge_pages: { bytes: 4 * MIB, split: 0 } },
    );
    expect(splitHugePages(report)).toBe('KSM would split 16 of 18 huge pages of 2 MiB to merge parts of them.');
  });

  it('may be split, where nobody knows which they are', () => {
    const report = reportWith({ huge_pages: { bytes: 2 * MIB, split: null } });
    expect(splitHugePages(report)).toContain('up to 1 huge page of 2 MiB');
  });

  it('are not mentioned where there are none', () => {
    expect(splitHugePages(reportWith({ huge_pages: { bytes: 0, split: 0 } }, {}))).toBe('');
  });
});

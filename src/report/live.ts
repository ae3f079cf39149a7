/**
 * What a report says of living processes besides their pages: what was not looked at, what the kernel has merged already, and which
 * huge pages merging would split. Each part is '' where there is nothing to say.
 */
import { PAGE_SIZE } from '../../assembly/layout/index.ts';
import { bytes, count, plural } from '../format.ts';
import { REASONS, type Reason } from '../image/index.ts';
import { grid } from './grid.ts';
import { HUGE_PAGES } from './huge.ts';
import type { ScanReport, SourceReport } from './types.ts';

const WHY: Readonly<Record<Reason, string>> = {
  shared: 'shared memory: KSM takes private memory only',
  memfd: 'memfd, which is shared memory: KSM takes private memory only',
  file: 'pages of files: KSM takes what a process has written to its own',
  hugetlb: 'huge pages of hugetlbfs: KSM does not take them',
  special: 'of devices and of the kernel: KSM does not take it',
  swapped: 'swapped out: KSM takes what is in memory',
  zero_page: "the kernel's page of zeros, which is nobody's memory",
};

/** How much was left out, by reason; with a title. What several processes share is counted in each. */
export function notLookedAt({ ksm_stat }: ScanReport): string[] {
  const sums = REASONS.map((reason): [Reason, number] => [
    reason,
    add(ksm_stat, ({ not_looked_at = [] }) => not_looked_at.find((one) => one.reason === reason)?.bytes ?? 0),
  ]);
  const rows = sums.filter(([, sum]) => sum > 0).map(([reason, sum]) => [bytes(sum), WHY[reason]]);
  return rows.length === 0 ? [] : ['Not looked at', ...grid(rows, [1])];
}

/** What is merged now beside what would be, where anything is. */
export function mergedNow({ ksm_stat }: ScanReport): string {
  const now = add(ksm_stat, ({ live }) => (live ? live.ksm_merging_pages + live.ksm_zero_pages : 0));
  if (now === 0) return '';
  const then = add(ksm_stat, ({ live, ...engine }) => (live ? engine.ksm_merging_pages + engine.ksm_zero_pages : 0));
  const known = ksm_stat.filter(({ live }) => live);
  const opted = known.filter(({ live }) => live?.opted_in).length;
  return (
    `Merged by the kernel now: ${plural(now, 'page')}, in ${opted} of ${plural(known.length, 'process')} that asked for it; ` +
    `merged in this scan: ${plural(then, 'page')}.`
  );
}

/** How many huge pages would be split for what is saved. */
export function splitHugePages({ ksm_stat }: ScanReport): string {
  const some = ksm_stat.flatMap(({ huge_pages }) =>
    huge_pages !== undefined && huge_pages.bytes > 0 ? [huge_pages] : [],
  );
  const pages = some.reduce((total, { bytes: size }) => total + Math.round(size / (HUGE_PAGES * PAGE_SIZE)), 0);
  if (pages === 0) return '';
  const isKnown = some.every(({ split }) => split !== null);
  const split = some.reduce((total, one) => total + (one.split ?? 0), 0);
  const all = `${plural(pages, 'huge page')} of 2 MiB`;
  if (!isKnown) return `KSM splits huge pages to merge parts of them: up to ${all} would be.`;
  return `KSM would split ${count(split)} of ${all} to merge parts of them.`;
}

function add(all: readonly SourceReport[], of: (source: SourceReport) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}

/**
 * What the tables of the scanner's benches and their rows are called. The benches write by these names, and the chart
 * finds its figures in the results by them.
 */

import type { Workload } from './workloads.ts';

/** Rows of the scan bench, beside scanRow's. */
export const READ = 'read (SIMD sum)';
export const SHA = 'SHA-1 + Set';
export const MAP_FIRST = 'xxhash-wasm + Map, first pass';
export const MAP_SECOND = 'xxhash-wasm + Map, second pass';

/** The engine in one of its modes ("hash order") and one of its passes, in the scan bench. */
export function scanRow(mode: string, pass: string): string {
  return `${mode}, ${pass}`;
}

/** Beside the kernel: what CPU time counts, the waiting left out. */
export function byCpuTime(contestant: string): string {
  return `${contestant}, by its CPU time`;
}

export const KSMD = 'ksmd';

/** What the three passes after a start do, where the passes are told apart by table. */
export const CASES: readonly { workload: Workload; passes: readonly string[] }[] = [
  { workload: 'unique', passes: ['first pass', 'second pass', 'third pass'] },
  { workload: '16:1', passes: ['first pass', 'merging pass', 'settled pass'] },
];

/** "262144 pages (1024 MiB)" */
function sizeName(pages: number): string {
  return `${pages} pages (${pages / 256} MiB)`;
}

export function scanTitle(workload: Workload, pages: number): string {
  return `Scanning ${sizeName(pages)}, workload "${workload}", one thread`;
}

export function kernelTitle(workload: Workload, pages: number, pass: string): string {
  return `${sizeName(pages)}, workload "${workload}", ${pass}, beside the kernel`;
}

export function threadsTitle(workload: Workload, pages: number, pass: string): string {
  return `${sizeName(pages)}, workload "${workload}", ${pass}, one thread and two`;
}

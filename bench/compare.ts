/**
 * How fast equal pages are found equal, beside the limit (reading both sides with SIMD, same run) and beside Node's own
 * memcmp. Equal pages are the case that costs: all 8192 bytes are read. The pages lie far outside the caches.
 */

import { pathToFileURL } from 'node:url';
import { benchKernels, sharedMemory } from './kernels.ts';
import { type BenchOptions, type BenchTable, printReport, race, reportOf } from './table.ts';

const PAGE = 4096;
const PAGES = 2 ** 20;

/** Compares `bytes` / 2 with their copy in every round; default 1 GiB for both together. */
export async function compareBench(options: BenchOptions = {}): Promise<BenchTable> {
  const { seed = 1, rounds = 9, bytes = 2 ** 30 } = options;
  const pairs = Math.floor(bytes / (2 * PAGE));
  const others = PAGES + pairs * PAGE;
  const memory = sharedMemory(PAGES + 2 * pairs * PAGE);
  const kernels = await benchKernels(memory);
  kernels.fillPages(PAGES, pairs, seed);
  kernels.fillPages(others, pairs, seed);
  const left = Buffer.from(memory.buffer, PAGES, pairs * PAGE);
  const right = Buffer.from(memory.buffer, others, pairs * PAGE);
  return race(
    [
      { name: 'read both (SIMD sum)', run: () => kernels.readPairsLoop(PAGES, others, pairs) },
      { name: 'equalPages', run: () => kernels.equalLoop(PAGES, others, pairs) },
      { name: 'comparePages', run: () => kernels.compareLoop(PAGES, others, pairs) },
      { name: 'Buffer.compare', run: () => compareBuffers(left, right, pairs) },
    ],
    {
      title: `Comparing ${pairs} pairs of equal pages (${(bytes / 2 ** 20).toFixed(0)} MiB), one thread`,
      unit: 'pairs',
      work: pairs,
      reference: 'read both (SIMD sum)',
      rounds,
      seed,
    },
  );
}

function compareBuffers(left: Buffer, right: Buffer, pairs: number): number {
  let sink = 0;
  for (let start = 0; start < pairs * PAGE; start += PAGE) {
    sink += left.compare(right, start, start + PAGE, start, start + PAGE);
  }
  return sink;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) printReport(reportOf([await compareBench()]));

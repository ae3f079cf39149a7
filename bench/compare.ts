/**
 * How fast equal pages are found equal, beside the limit (reading both sides with SIMD, same run) and beside Node's own
 * memcmp. Equal pages are the case that costs: all 8192 bytes are read. The pages lie far outside the caches.
 */

import { pathToFileURL } from 'node:url';
import { benchKernels, sharedMemory } from './kernels.ts';
import { type BenchOptions, type BenchTable, printReport, race, reportOf } from './table.ts';
import { xorshift } from './workloads.ts';

const PAGE = 4096;
const PAGES = 2 ** 20;

/** Both tables. */
export async function* compareBenches(options: BenchOptions = {}): AsyncGenerator<BenchTable, void, void> {
  yield await compareBench(options);
  yield await randomReadBench(options);
}

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

/**
 * What a merge waits for: pages that lie anywhere, beside the same pages in order. Three eighths of 1 GiB's pages are read in
 * every round.
 */
export async function randomReadBench(options: BenchOptions = {}): Promise<BenchTable> {
  const { seed = 1, rounds = 9, bytes = 2 ** 30 } = options;
  const pages = Math.floor(bytes / PAGE);
  const listed = Math.floor((pages * 3) / 8);
  const inOrder = PAGES + pages * PAGE;
  const anywhere = inOrder + listed * 4;
  const memory = sharedMemory(anywhere + listed * 4);
  const kernels = await benchKernels(memory);
  kernels.fillPages(PAGES, pages, seed);
  const words = new Uint32Array(memory.buffer);
  for (let index = 0, state = seed; index < listed; index++) {
    state = xorshift(state);
    words[inOrder / 4 + index] = PAGES + index * PAGE;
    words[anywhere / 4 + index] = PAGES + (state % pages) * PAGE;
  }
  return race(
    [
      { name: 'in order', run: () => kernels.readListed(inOrder, listed) },
      { name: 'in random order', run: () => kernels.readListed(anywhere, listed) },
      { name: 'in random order, one load a line', run: () => kernels.fetchListed(anywhere, listed) },
    ],
    {
      title: `Reading ${listed} pages of ${(bytes / 2 ** 20).toFixed(0)} MiB, one thread`,
      unit: 'pages',
      work: listed,
      reference: 'in order',
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  printReport(reportOf([await compareBench(), await randomReadBench()]));
}

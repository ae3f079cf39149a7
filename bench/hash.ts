/**
 * How fast pages are hashed, beside the limit (reading the same bytes with SIMD, same run) and beside xxhash-wasm.
 *
 * The pages lie far outside the caches. The rival is called page by page from JavaScript, as its API wants it, on views
 * that were made before the clock started.
 */

import { pathToFileURL } from 'node:url';
import createXxhash from 'xxhash-wasm';
import { benchKernels, sharedMemory } from './kernels.ts';
import { type BenchOptions, type BenchTable, printReport, race, reportOf } from './table.ts';

const PAGE = 4096;
const KEY = 65536;
const PAGES = 2 ** 20;

/** Hashes `bytes` (default 1 GiB) of random pages in every round. */
export async function hashBench(options: BenchOptions = {}): Promise<BenchTable> {
  const { seed = 1, rounds = 9, bytes = 2 ** 30 } = options;
  const pages = Math.floor(bytes / PAGE);
  const memory = sharedMemory(PAGES + pages * PAGE);
  const kernels = await benchKernels(memory);
  kernels.expandKey(seed, 0, KEY);
  kernels.fillPages(PAGES, pages, seed);
  const views = Array.from({ length: pages }, (_, page) => new Uint8Array(memory.buffer, PAGES + page * PAGE, PAGE));
  const { h64Raw } = await createXxhash();
  return race(
    [
      { name: 'read (SIMD sum)', run: () => kernels.readLoop(PAGES, pages) },
      { name: 'hashKeyed', run: () => kernels.keyedLoop(PAGES, pages, KEY) },
      { name: 'hashXxh64', run: () => kernels.xxh64Loop(PAGES, pages) },
      { name: 'xxhash-wasm h64Raw', run: () => views.reduce((sink, view) => sink ^ h64Raw(view), 0n) },
    ],
    {
      title: `Hashing ${pages} random pages (${(bytes / 2 ** 20).toFixed(0)} MiB), one thread`,
      unit: 'pages',
      work: pages,
      reference: 'read (SIMD sum)',
      rounds,
      seed,
    },
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) printReport(reportOf([await hashBench()]));

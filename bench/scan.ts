/**
 * How fast the whole scanner is, on one thread: select, hash, look up, compare, merge.
 *
 * In the same rounds and over the same bytes: a SIMD read of every page once, which is the limit of a scanner that looks at
 * every byte, and what JavaScript would do without the engine. Before every run all pages are read once while the clock
 * stands, so that each begins with the same caches.
 */

import { collectGarbage } from './gc.ts';
import { benchKernels } from './kernels.ts';
import { MapScanner, pagesOf, shaPass } from './rivals.ts';
import { type Index, type Stage, setStage } from './stage.ts';
import { type BenchOptions, type BenchTable, type Contestant, race } from './table.ts';
import { contentsOf, type Workload } from './workloads.ts';

export interface ScanOptions extends BenchOptions {
  /** How many pages are scanned: one set of tables for each. */
  readonly pages?: readonly number[];
}

/** 256 MiB, 1 GiB, 3 GiB. */
const SIZES = [2 ** 16, 2 ** 18, 3 * 2 ** 18];
/** Content order is measured up to here: a level of its tree costs a cache miss or two, and there are many. */
const CONTENT_PAGES_MAX = 2 ** 18;
const SHA_PAGES = 2 ** 13;
const READ = 'read (SIMD sum)';

const WORKLOADS: readonly Workload[] = ['unique', '16:1', 'half', 'linux', 'zero'];

/** One table for each workload and size. The last two workloads are measured at one size only. */
export async function* scanBench(options: ScanOptions = {}): AsyncGenerator<BenchTable, void, void> {
  const { seed = 1, rounds = 7, pages: sizes = SIZES } = options;
  const usual = sizes[sizes.length >> 1];
  for (const pages of sizes) {
    for (const workload of pages === usual ? WORKLOADS : WORKLOADS.slice(0, 3)) {
      yield await scanCase(workload, pages, seed, rounds);
      collectGarbage();
    }
  }
}

async function scanCase(workload: Workload, pages: number, seed: number, rounds: number): Promise<BenchTable> {
  const contents = contentsOf(workload, pages, seed);
  const orders: readonly Index[] = pages <= CONTENT_PAGES_MAX ? ['hash', 'content'] : ['hash'];
  const contestants: Contestant[] = [];
  for (const index of orders) {
    const stage = await setStage(contents, seed, index);
    const kernels = await benchKernels(stage.memory);
    const sweep = (): number => kernels.readLoop(stage.start, pages);
    if (contestants.length === 0) contestants.push({ name: READ, run: sweep }, ...(await rivals(stage, sweep)));
    contestants.push(...passes(stage, index, sweep, workload === 'unique'));
  }
  return race(contestants, {
    title: `Scanning ${pages} pages (${pages / 256} MiB), workload "${workload}", one thread`,
    unit: 'pages',
    work: pages,
    reference: READ,
    rounds,
    warmup: 1,
    seed,
  });
}

/** The passes of one engine. Writes are measured where they go to the same frame again, so that they can be undone. */
function passes(stage: Stage, index: Index, sweep: () => void, written: boolean): Contestant[] {
  const contestants: Contestant[] = [];
  const add = (name: string, flips = 0): void => {
    const state = stage.save();
    contestants.push({
      name: `${index} order, ${name}`,
      before: () => {
        stage.restore(state);
        stage.flip(flips);
        sweep();
      },
      run: () => stage.pass(),
      after: () => stage.flip(flips),
    });
  };
  for (const name of ['first pass', 'second pass', 'third pass']) {
    add(name);
    stage.pass();
  }
  if (written) {
    add('1 % written', Math.ceil(stage.pages / 100));
    add('10 % written', Math.ceil(stage.pages / 10));
  }
  return contestants;
}

async function rivals(stage: Stage, sweep: () => void): Promise<Contestant[]> {
  const pages = pagesOf(stage.memory, stage.start, stage.pages);
  const scanner = await MapScanner.create(pages);
  const step = Math.max(1, Math.floor(stage.pages / SHA_PAGES));
  const sample = Math.ceil(stage.pages / step);
  return [
    { name: 'xxhash-wasm + Map, first pass', before: sweep, run: () => scanner.firstPass() },
    {
      name: 'xxhash-wasm + Map, second pass',
      before: () => {
        scanner.forget();
        sweep();
      },
      run: () => scanner.secondPass(),
    },
    { name: `SHA-1 + Set (${sample} of the pages)`, work: sample, before: sweep, run: () => shaPass(pages, step) },
  ];
}

/**
 * How fast the whole scanner is, on one thread: select, hash, look up, compare, merge.
 *
 * In the same rounds and over the same bytes: a SIMD read of every page once, which is the limit of a scanner that
 * looks at every byte, and what JavaScript would do without the engine. Before every run all pages are read once while
 * the clock stands, so that each begins with the same caches.
 */

import { collectGarbage } from './gc.ts';
import { benchKernels } from './kernels.ts';
import { MAP_FIRST, MAP_SECOND, READ, SHA, scanRow, scanTitle } from './names.ts';
import { MapScanner, pagesOf, shaPass } from './rivals.ts';
import { type Mode, type Stage, setStage } from './stage.ts';
import { type BenchOptions, type BenchTable, type Contestant, race } from './table.ts';
import { contentsOf, type Workload } from './workloads.ts';

export interface ScanOptions extends BenchOptions {
  /** How many pages are scanned: one set of tables for each. */
  readonly pages?: readonly number[];
}

/** 256 MiB, 1 GiB, 3 GiB. */
export const SIZES: readonly number[] = [2 ** 16, 2 ** 18, 3 * 2 ** 18];
/** Content order is measured up to here: a level of its tree costs a cache miss or two, and there are many. */
export const CONTENT_PAGES_MAX: number = 2 ** 18;

/** Rounds at a size: fewer where a round takes long. */
export function roundsAt(pages: number): number {
  return pages > 2 ** 18 ? 5 : 7;
}

/** After how many passes it comes, and which share of the pages is written just before. */
const SCANS = {
  'first pass': { after: 0, written: 0 },
  'second pass': { after: 1, written: 0 },
  'third pass': { after: 2, written: 0 },
  '1 % written': { after: 3, written: 0.01 },
  '10 % written': { after: 3, written: 0.1 },
};
type PassName = keyof typeof SCANS;
const PASSES: readonly PassName[] = ['first pass', 'second pass', 'third pass'];
const WRITTEN: readonly PassName[] = ['1 % written', '10 % written'];

const WORKLOADS: readonly Workload[] = ['unique', '16:1', 'half', 'linux', 'zero'];

/** One table for each workload and size. The last workload is measured at one size only. */
export async function* scanBench(options: ScanOptions = {}): AsyncGenerator<BenchTable, void, void> {
  const { seed = 1, rounds, pages: sizes = SIZES } = options;
  const usual = sizes[sizes.length >> 1];
  for (const pages of sizes) {
    for (const workload of pages === usual ? WORKLOADS : WORKLOADS.slice(0, -1)) {
      yield await scanCase(workload, pages, seed, rounds ?? roundsAt(pages));
      collectGarbage();
    }
  }
}

async function scanCase(workload: Workload, pages: number, seed: number, rounds: number): Promise<BenchTable> {
  const contents = contentsOf(workload, pages, seed);
  const contestants: Contestant[] = [];
  for (const [name, mode, names] of variantsOf(workload, pages)) {
    const stage = await setStage(contents, seed, mode);
    const kernels = await benchKernels(stage.memory);
    const sweep = (): number => kernels.readLoop(stage.start, pages);
    if (contestants.length === 0) contestants.push({ name: READ, run: sweep }, ...(await rivals(stage, sweep)));
    contestants.push(...passes(stage, sweep, name, names));
  }
  return race(contestants, {
    title: scanTitle(workload, pages),
    unit: 'pages',
    work: pages,
    reference: READ,
    rounds,
    warmup: 1,
    seed,
  });
}

/** The engine's modes that are measured, and in which passes. */
function variantsOf(workload: Workload, pages: number): [name: string, mode: Mode, passes: readonly PassName[]][] {
  // Writes are measured where they go to the same frame again, so that they can be undone.
  const scans = workload === 'unique' ? [...PASSES, ...WRITTEN] : PASSES;
  const variants: ReturnType<typeof variantsOf> = [['hash order', { index: 'hash' }, scans]];
  if (workload === 'unique')
    variants.push(['dirty tracking', { index: 'hash', dirtyTracking: 'on' }, ['third pass', ...WRITTEN]]);
  if (pages <= CONTENT_PAGES_MAX) variants.push(['content order', { index: 'content' }, scans]);
  return variants;
}

/** The named passes of one engine, in ascending order, each from the state that the passes before it left. */
function passes(stage: Stage, sweep: () => void, variant: string, names: readonly PassName[]): Contestant[] {
  let done = 0;
  return names.map((name) => {
    const { after, written } = SCANS[name];
    for (; done < after; done++) stage.pass();
    const state = stage.save();
    const flips = Math.ceil(stage.pages * written);
    return {
      name: scanRow(variant, name),
      before: () => {
        stage.restore(state);
        stage.flip(flips);
        sweep();
      },
      run: () => stage.pass(),
      after: () => stage.flip(flips),
    };
  });
}

async function rivals(stage: Stage, sweep: () => void): Promise<Contestant[]> {
  const pages = pagesOf(stage.memory, stage.start, stage.pages);
  const scanner = await MapScanner.create(pages);
  return [
    { name: MAP_FIRST, before: sweep, run: () => scanner.firstPass() },
    {
      name: MAP_SECOND,
      before: () => {
        scanner.forget();
        sweep();
      },
      run: () => scanner.secondPass(),
    },
    { name: SHA, before: sweep, run: () => shaPass(pages) },
  ];
}

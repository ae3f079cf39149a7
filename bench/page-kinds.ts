/**
 * What a pass costs the engine over names, beside the engine over bytes: the same contents in the same places, one with all their bytes and
 * one with a name for each. What naming costs (reading and hashing what was written) is outside the engine.
 *
 * Both go in turns, A B B A, so that neither has always the better place. Before each run all bytes are read while the clock stands, so
 * that both begin with caches that are cold for what they need. Rates are by CPU time, which what else runs on the machine takes none of.
 */

import { collectGarbage } from './gc.ts';
import { benchKernels } from './kernels.ts';
import { scanRow } from './names.ts';
import { type Stage, type State, setStage } from './stage.ts';
import { type BenchOptions, type BenchTable, rowOf } from './table.ts';
import { contentsOf, type Workload } from './workloads.ts';

export interface PageKindsOptions extends BenchOptions {
  /** How many pages are scanned: one set of tables for each. */
  readonly pages?: readonly number[];
}

const PAGES = 2 ** 18;
/** A multiple of two: as often A B as B A. */
const ROUNDS = 8;
const WARMUP = 2;
const WORKLOADS: readonly Workload[] = ['unique', '16:1', 'half', 'linux', 'zero'];
const PASSES = ['first pass', 'second pass', 'third pass'] as const;
const KINDS = ['bytes', 'names'] as const;

/** One of the two engines, and where it was before the pass that is measured. */
interface Side {
  readonly stage: Stage;
  state: State;
}

/** One table for each workload and size. */
export async function* pageKindsBench(options: PageKindsOptions = {}): AsyncGenerator<BenchTable, void, void> {
  const { seed = 1, rounds = ROUNDS, pages: sizes = [PAGES] } = options;
  for (const pages of sizes) {
    for (const workload of WORKLOADS) {
      yield await pageKindsCase(workload, pages, seed, rounds);
      collectGarbage();
    }
  }
}

async function pageKindsCase(workload: Workload, pages: number, seed: number, rounds: number): Promise<BenchTable> {
  const contents = contentsOf(workload, pages, seed);
  const stages = await Promise.all(KINDS.map((page) => setStage(contents, seed, { index: 'hash', page })));
  const sides = stages.map((stage): Side => ({ stage, state: stage.save() })) as [Side, Side];
  const [{ stage: bytes }] = sides;
  const kernels = await benchKernels(bytes.memory);
  const sweep = (): number => kernels.readLoop(bytes.start, pages);
  const rows = PASSES.flatMap((pass) => {
    const rates = ratesOf(sides, sweep, rounds);
    for (const side of sides) side.state = passed(side);
    const [base, names] = rates;
    return [rowOf(scanRow('bytes', pass), base, base), rowOf(scanRow('names', pass), names, base)];
  });
  const note = `by CPU time; ${KINDS.join(' and ')} by turns, A B B A`;
  const title = `Scanning ${pages} pages of bytes and of names, workload "${workload}", one thread`;
  return { title, unit: 'pages', reference: 'bytes, the same pass', seed, note, rows };
}

/** Pages in a second of CPU time, round by round, of the next pass of each side. */
function ratesOf(sides: readonly [Side, Side], sweep: () => void, rounds: number): [number[], number[]] {
  const rates: [number[], number[]] = [[], []];
  for (let round = -WARMUP; round < rounds; round++) {
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const index of order) {
      const { stage, state } = sides[index];
      stage.restore(state);
      sweep();
      const seconds = cpuSeconds(() => stage.pass());
      if (round >= 0) rates[index].push(stage.pages / seconds);
    }
  }
  return rates;
}

/** Where a side is one pass later. */
function passed({ stage, state }: Side): State {
  stage.restore(state);
  stage.pass();
  return stage.save();
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return Math.max(1, user + system) / 1e6;
}

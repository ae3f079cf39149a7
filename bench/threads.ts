/**
 * What a second scanner thread brings, pass by pass, beside what it can bring at best: two threads that only read.
 *
 * One host serves one thread and two, in turns, with the same bytes in the same frames: its helper sleeps while one
 * thread scans.
 */

import { machineOf } from '../src/host/index.ts';
import { collectGarbage } from './gc.ts';
import { CASES, threadsTitle } from './names.ts';
import { Readers } from './readers.ts';
import { roundsAt, type ScanOptions, SIZES } from './scan.ts';
import { type Stage, setStage } from './stage.ts';
import { type BenchTable, type Contestant, ratesOf, tableOf } from './table.ts';
import { contentsOf, type Workload } from './workloads.ts';

const ONE = 'one thread';
const TWO = 'two threads';
const READING = 'reading only';
const NOTE = `"${READING}": the same threads read the same pages, each once. No pass that reads all pages is faster.`;

/** For each size and workload a table of reading, and one for each pass. */
export async function* threadsBench(options: ScanOptions = {}): AsyncGenerator<BenchTable, void, void> {
  const { seed = 1, rounds, pages: sizes = SIZES } = options;
  for (const pages of sizes) {
    for (const { workload, passes } of CASES) {
      yield* threadsCase(workload, passes, pages, seed, rounds ?? roundsAt(pages));
      collectGarbage();
    }
  }
}

async function* threadsCase(
  workload: Workload,
  passes: readonly string[],
  pages: number,
  seed: number,
  rounds: number,
): AsyncGenerator<BenchTable, void, void> {
  const stage = await setStage(contentsOf(workload, pages, seed), seed, { index: 'hash', scanners: 2 });
  const readers = await Readers.start(stage.memory, machineOf(stage.host).engine.call.readPages);
  const pairs = [reading(stage, readers), ...passes.map((pass) => scanning(stage, pass))];
  const rates = await ratesOf(pairs.flat(), { work: pages, rounds, warmup: 1 });
  await Promise.all([readers.stop(), stage.stop()]);
  for (const pass of [READING, ...passes]) {
    const own = new Map([ONE, TWO].map((threads) => [threads, rates.get(nameOf(pass, threads)) ?? []]));
    yield tableOf(own, {
      title: threadsTitle(workload, pages, pass),
      unit: 'pages',
      reference: ONE,
      seed,
      note: NOTE,
    });
  }
}

function nameOf(pass: string, threads: string): string {
  return `${pass}, ${threads}`;
}

function reading({ host, start, pages }: Stage, readers: Readers): Contestant[] {
  return [
    { name: nameOf(READING, ONE), run: () => machineOf(host).engine.call.readPages(start, pages) },
    { name: nameOf(READING, TWO), run: () => readers.read(start, pages) },
  ];
}

/** The stage's next pass, by one thread and by two. Leaves the stage after that pass. */
function scanning(stage: Stage, pass: string): Contestant[] {
  const state = stage.save();
  const contestants = [ONE, TWO].map((threads, index) => ({
    name: nameOf(pass, threads),
    before: () => {
      stage.restore(state);
      stage.useScanners(index + 1);
      machineOf(stage.host).engine.call.readPages(stage.start, stage.pages);
    },
    run: () => stage.pass(),
  }));
  stage.pass();
  return contestants;
}

/**
 * How long a guest waits for one write, at worst. Its pages are of few contents, so the scanner merges them, and every write of the bytes
 * that are there already undoes that: the page gets a frame of its own, and is merged again when its turn comes.
 *
 * The same guest without a scanner shows what is the machine's own: its interrupts, and whoever else runs on it.
 */

import { layout } from '../src/engine/index.ts';
import { machineOf } from '../src/host/index.ts';
import { createHost, type Host } from '../src/index.ts';
import { BesideScanner } from './beside.ts';
import { type BenchOptions, type BenchTable, tableOf } from './table.ts';
import { mix, PAGE, xorshift } from './workloads.ts';

const PAGES = 512;
const CONTENTS = 64;
const LENGTH = 64;
/** Writes in a round. */
const WRITES = 500_000;
const ATTEMPTS = 1000;
/** Pauses are counted in steps of so many nanoseconds, up to the last step. */
const STEP_NS = 20;
const STEPS = 500_000;

const ALONE = 'no scanner';
const BESIDE = 'merging scanner';
const MERGED = 'merging scanner, writes to merged pages';
const QUANTILES: ReadonlyMap<string, number> = new Map([
  ['median', 0.5],
  ['99 %', 0.99],
  ['99.9 %', 0.999],
  ['longest', 1],
]);

/** How many writes took how long. */
class Pauses {
  readonly counts: Uint32Array = new Uint32Array(STEPS);
  writes = 0;
  longest = 0;

  /** One of `pause` nanoseconds. */
  add(pause: number): void {
    const step = Math.min(STEPS - 1, Math.floor(pause / STEP_NS));
    this.counts[step] = (this.counts[step] as number) + 1;
    this.writes++;
    if (pause > this.longest) this.longest = pause;
  }
}

/** The pauses of a round: of all writes, and of those that had to give a merged page a frame of its own. */
interface Round {
  readonly all: Pauses;
  readonly merged: Pauses;
}

export interface PausesOptions extends BenchOptions {
  /** In a round. */
  readonly writes?: number;
}

/** One table for each quantile. Throws where nothing was merged: then there was no scanner to wait for. */
export async function* pausesBench(options: PausesOptions): AsyncGenerator<BenchTable, void, void> {
  const { seed = 1, rounds = 9, writes = WRITES } = options;
  const host = await setHost(seed);
  const scanner = await BesideScanner.start(host, false);
  const cases: Record<string, Pauses[]> = { [ALONE]: [], [BESIDE]: [], [MERGED]: [] };
  for (let round = -1; round < rounds; round++) {
    const alone = measure(host, seed + round, writes);
    scanner.run();
    const beside = measureMerged(host, seed + round, writes);
    scanner.rest();
    if (round < 0) continue;
    cases[ALONE]?.push(alone.all);
    cases[BESIDE]?.push(beside.all);
    cases[MERGED]?.push(beside.merged);
  }
  await scanner.stop();
  const count = (name: string): number => cases[name]?.reduce((sum, { writes }) => sum + writes, 0) ?? 0;
  const share = `Beside the scanner ${count(MERGED)} of ${count(BESIDE)} writes were to a page that was merged.`;
  for (const [name, quantile] of QUANTILES) yield tableFor(name, quantile, cases, seed, share);
}

function tableFor(
  name: string,
  quantile: number,
  cases: Record<string, Pauses[]>,
  seed: number,
  share: string,
): BenchTable {
  const seconds = Object.entries(cases).map(
    ([one, rounds]) => [one, rounds.map((each) => quantileOf(each, quantile) / 1e9)] as const,
  );
  const medians = seconds.map(
    ([one, each]) => `${one} ${(1e6 * (each.toSorted((a, b) => a - b)[each.length >> 1] ?? 0)).toFixed(2)} µs`,
  );
  return tableOf(new Map(seconds.map(([one, each]) => [one, each.map((pause) => 1 / pause)])), {
    title: `A guest's pauses, ${LENGTH}-byte writes to pages that are merged all the time: ${name}`,
    unit: 'writes',
    reference: ALONE,
    seed,
    note: `A rate is one divided by the pause; the pauses are: ${medians.join(', ')}. ${share}`,
  });
}

/** A guest alone in a shared host, with every content in eight places, which are not merged yet. */
async function setHost(seed: number): Promise<Host> {
  const host = await createHost({ memory: '16M', processes: 16, vmas: 64, seed });
  const space = host.spawn();
  space.mmap(0, PAGES * PAGE);
  space.madvise(0, PAGES * PAGE, 'MERGEABLE');
  for (let page = 0; page < PAGES; page++) space.write(page * PAGE, new Uint8Array(PAGE).fill(1 + (page % CONTENTS)));
  host.ksm.settings.smart_scan = false;
  host.ksm.settings.run = 1;
  return host;
}

/** The same beside a scanner that merges. Where the machine gave it no turn during so few writes, they are done again. */
function measureMerged(host: Host, seed: number, writes: number): Round {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const round = measure(host, seed, writes);
    if (round.merged.writes > 0) return round;
  }
  throw new Error(`the scanner has merged nothing during ${ATTEMPTS} times ${writes} writes`);
}

/** Takes the time of each of so many writes. A write to a merged page shows in the counter cow_ksm. */
function measure(host: Host, seed: number, writes: number): Round {
  const [space] = host.processes;
  const { words } = machineOf(host).engine;
  const contents = Array.from({ length: CONTENTS }, (_, content) => new Uint8Array(LENGTH).fill(1 + content));
  const round = { all: new Pauses(), merged: new Pauses() };
  let state = mix(seed) || 1;
  for (let write = 0; write < writes; write++) {
    state = xorshift(state);
    const page = state % PAGES;
    const bytes = contents[page % CONTENTS] as Uint8Array;
    const broken = words[layout.H_COW_KSM / 4];
    const begin = performance.now();
    space?.write(page * PAGE + 128, bytes);
    const pause = (performance.now() - begin) * 1e6;
    round.all.add(pause);
    if (words[layout.H_COW_KSM / 4] !== broken) round.merged.add(pause);
  }
  return round;
}

/** Nanoseconds that `quantile` of the writes did not take longer than. */
function quantileOf({ counts, writes, longest }: Pauses, quantile: number): number {
  if (quantile === 1) return longest;
  let left = quantile * writes;
  for (let step = 0; step < STEPS; step++) {
    left -= counts[step] as number;
    if (left <= 0) return Math.min(longest, (step + 1) * STEP_NS);
  }
  return longest;
}

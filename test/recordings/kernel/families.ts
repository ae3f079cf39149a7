/**
 * Random traces by family and seed: each family has its own mixture of what happens, so that every part of KSM is
 * reached often. The same family and seed give the same trace. Prune times are 0 or never: a trace has no clock.
 */
import fc from 'fast-check';
import { parseTrace, type Trace } from '../../../src/trace/index.ts';
import { Dice } from '../../support/dice.ts';
import { TraceBuilder } from '../../support/model/builder.ts';
import { traceArbitrary } from '../../support/model/generate.ts';
import type { TraceOp } from '../../support/model/trace.ts';
import { type StepName, steps } from './steps.ts';

interface Family {
  /** How many different contents there are; one is chosen. */
  readonly alphabet: readonly number[];
  readonly processes: readonly [least: number, most: number];
  /** Files of KSM and what may be written to them before the first step. */
  readonly settings?: Readonly<Record<string, readonly string[]>>;
  /** How often each step comes, against the others. */
  readonly weights: Partial<Record<StepName, number>>;
}

const SCANS = { batch: 12, pass: 8 };
const WRITES = { fill: 8, poke: 4 };
const FEW = [2, 4, 8];
const MANY = [12, 40, 2 ** 31];

const FAMILIES: Readonly<Record<string, Family>> = {
  basic: { alphabet: [3, 6, 12, 40], processes: [1, 1], weights: { ...SCANS, ...WRITES } },
  multi: { alphabet: [3, 6, 12, 40], processes: [2, 4], weights: { ...SCANS, ...WRITES, region: 2 } },
  smart: {
    alphabet: [3, 12, 40],
    processes: [1, 4],
    settings: { smart_scan: ['1'] },
    weights: { pass: 30, batch: 6, ...WRITES, smartScan: 1 },
  },
  zero: {
    alphabet: [2, 3],
    processes: [1, 4],
    settings: { use_zero_pages: ['1'] },
    weights: { ...SCANS, ...WRITES, madvise: 4, fork: 2, exit: 1, touch: 3, zeroPages: 2, munmap: 1 },
  },
  volatile: { alphabet: MANY, processes: [1, 4], weights: { ...SCANS, fill: 16, poke: 8, remap: 2 } },
  chains: {
    alphabet: [1, 2, 3, 4],
    processes: [1, 4],
    settings: { max_page_sharing: ['2', '2', '3', '4', '5'], use_zero_pages: ['0', '0', '1'] },
    weights: { ...SCANS, ...WRITES, region: 3, fork: 2, exit: 2, munmap: 2, sharing: 1 },
  },
  memory: {
    alphabet: [...FEW, 40],
    processes: [1, 3],
    weights: { ...SCANS, ...WRITES, madvise: 8, munmap: 5, remap: 4, mprotect: 4, astray: 2, region: 3, shared: 2 },
  },
  life: {
    alphabet: [...FEW, 40],
    processes: [1, 4],
    settings: { max_page_sharing: ['256', '256', '3'] },
    weights: { ...SCANS, ...WRITES, fork: 6, exit: 6, newcomer: 5, madvise: 3 },
  },
  unmerge: {
    alphabet: FEW,
    processes: [1, 4],
    settings: { max_page_sharing: ['256', '2'], use_zero_pages: ['0', '1'] },
    weights: { ...SCANS, ...WRITES, run: 4, restart: 5, madvise: 5, fork: 3, exit: 2, sharing: 2, newcomer: 1 },
  },
  admin: {
    alphabet: FEW,
    processes: [1, 2],
    weights: { ...SCANS, fill: 3, odd: 16, run: 3, restart: 2, sharing: 3, smartScan: 1, zeroPages: 1 },
  },
  deep: { alphabet: [150, 400, 2 ** 31], processes: [1, 3], weights: { batch: 20, ...WRITES, wide: 4, munmap: 2 } },
};

/** Everything at once, from the property tests' generator. */
const MIX = 'mix';

export const FAMILY_NAMES: readonly string[] = [...Object.keys(FAMILIES), MIX];

/** Files whose default is not what most traces want, and both of what they may be. */
const ANY_FAMILY = { smart_scan: ['0', '1'], stable_node_chains_prune_millisecs: ['0', '4294967295'] };

function build(family: Family, dice: Dice): TraceOp[] {
  const trace = new TraceBuilder(dice.pick(family.alphabet), true);
  for (const [file, values] of Object.entries({ ...ANY_FAMILY, ...family.settings })) {
    trace.sysfs(file, dice.pick(values));
  }
  const [least, most] = family.processes;
  const processes = dice.between(least, most);
  for (let n = 0; n < processes; n++) steps.newcomer(trace, dice);
  for (let n = dice.between(0, 2); n > 0; n--) steps.region(trace, dice);
  trace.sysfs('run', '1');
  const bag = Object.entries(family.weights).flatMap(([name, weight]) => Array<string>(weight).fill(name));
  for (let n = dice.between(20, 60); n > 0; n--) steps[dice.pick(bag) as StepName](trace, dice);
  trace.scan(5000);
  trace.scan(5000);
  trace.digestAll();
  return trace.ops;
}

/** A trace named FAMILY-SEED. */
export function randomTrace(family: string, seed: number): Trace {
  const name = `${family}-${seed}`;
  const known = FAMILIES[family];
  const operations =
    known === undefined
      ? (fc.sample(traceArbitrary({ minSteps: 30, maxSteps: 90, shared: false }), { seed, numRuns: 1 })[0] ?? [])
      : build(known, new Dice(name));
  const header = { op: 'trace', version: 1, name };
  return parseTrace([header, ...operations].map((line) => JSON.stringify(line)).join('\n'), name);
}

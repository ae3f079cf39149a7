/**
 * `npm run sim`: schedules of many guests, a scanner, deaths and full memories, all in one thread and fixed by their seeds.
 *
 * A failure prints the command that plays it again, and the shortest plan that was found to fail alike. Exit codes: 0 nothing
 * failed, 2 wrong usage, 3 something failed.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Arguments, has, type Option, parseArguments, single, wholeNumber } from '../../../src/cli/arguments.ts';
import { EXIT } from '../../../src/cli/command.ts';
import { KsmError } from '../../../src/errors.ts';
import { simulationModule } from '../../support/build.ts';
import { MISTAKES, type Mistake } from './access.ts';
import { planOf, planText } from './plan.ts';
import { type Conditions, Simulation } from './schedule.ts';
import { shrink } from './shrink.ts';

const OPTIONS: readonly Option[] = [
  { name: 'seed', value: 'S', help: 'seed of the first schedule; random unless given' },
  {
    name: 'schedules',
    value: 'N',
    help: 'how many: 1 where there is a seed, else 10000, or as many as the seconds allow',
  },
  { name: 'seconds', value: 'N', help: 'begin no schedule after so many seconds' },
  { name: 'ops', value: 'N', help: 'operations of a schedule: 60' },
  { name: 'threads', value: 'N', help: 'play on so many threads: 1' },
  { name: 'calm', help: 'no deaths, no refused allocations, no stalls' },
  { name: 'mistake', value: 'M', help: `a mistake that guests make: ${MISTAKES.join(', ')}` },
  { name: 'help', short: 'h', help: 'this text' },
];

const USAGE = `npm run sim -- [OPTION…]

${OPTIONS.map(({ name, value = '', help }) => `  --${`${name} ${value}`.padEnd(14)} ${help}`).join('\n')}`;

/** What one thread plays: every `stride`-th seed from `first` on. */
interface Share {
  readonly conditions: Conditions;
  readonly first: number;
  readonly stride: number;
  readonly schedules: number;
  readonly seconds: number;
}

/** What came of it. */
interface Outcome {
  schedules: number;
  operations: number;
  steps: number;
  deaths: number;
  refusals: number;
  failures: number;
}

const ENOUGH_FAILURES = 5;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function playShare(share: Share, module: WebAssembly.Module): Outcome {
  const simulation = new Simulation(module);
  const outcome: Outcome = { schedules: 0, operations: 0, steps: 0, deaths: 0, refusals: 0, failures: 0 };
  const deadline = performance.now() + share.seconds * 1000;
  while (outcome.schedules < share.schedules && performance.now() < deadline && outcome.failures < ENOUGH_FAILURES) {
    const conditions = { ...share.conditions, seed: share.first + outcome.schedules * share.stride };
    const { tally, failure } = simulation.run(conditions);
    outcome.schedules++;
    for (const [name, count] of Object.entries(tally)) outcome[name as keyof typeof tally] += count;
    if (failure === undefined) continue;
    outcome.failures++;
    report(simulation, conditions, failure);
  }
  return outcome;
}

function report(simulation: Simulation, conditions: Conditions, failure: string): void {
  const { seed, ops, hazards, mistake } = conditions;
  const others = `${hazards ? '' : ' --calm'}${mistake === 'none' ? '' : ` --mistake ${mistake}`}`;
  print(`seed ${seed} failed: ${failure}\n  again: npm run sim -- --seed ${seed} --ops ${ops}${others}`);
  const { plan, verdict } = shrink(simulation, conditions, planOf(seed, ops, hazards));
  print(`  ${plan.length} operations are enough: ${verdict.failure}\n${planText(plan)}`);
}

function playInThread(share: Share): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function sharesOf(given: Arguments): Share[] {
  const number = (name: string, least: number): number | undefined => {
    const text = single(given, name);
    return text === undefined ? undefined : wholeNumber(name, text, least, 2 ** 31 - 1);
  };
  const [seed, seconds, threads] = [number('seed', 0), number('seconds', 0), number('threads', 1) ?? 1];
  const mistake = single(given, 'mistake') ?? 'none';
  if (!MISTAKES.includes(mistake as Mistake)) {
    throw new KsmError('EUSAGE', `--mistake ${mistake}: expected one of ${MISTAKES.join(', ')}.`);
  }
  const first = seed ?? randomInt(2 ** 30);
  const asMany = seconds !== undefined ? Number.POSITIVE_INFINITY : seed === undefined ? 10_000 : 1;
  const schedules = number('schedules', 1) ?? asMany;
  const conditions: Conditions = {
    seed: first,
    ops: number('ops', 1) ?? 60,
    hazards: !has(given, 'calm'),
    mistake: mistake as Mistake,
  };
  return Array.from({ length: threads }, (_, thread) => ({
    conditions,
    first: first + thread,
    stride: threads,
    schedules: Math.ceil((schedules - thread) / threads),
    seconds: seconds ?? Number.POSITIVE_INFINITY,
  }));
}

async function main(): Promise<number> {
  const given = parseArguments('sim', OPTIONS, process.argv.slice(2));
  if (has(given, 'help')) {
    print(USAGE);
    return EXIT.done;
  }
  const shares = sharesOf(given);
  const module = simulationModule();
  print(`seed ${shares[0]?.first}`);
  const [own, ...others] = shares as [Share, ...Share[]];
  const running = others.map(playInThread);
  const outcomes = [playShare(own, module), ...(await Promise.all(running))];
  const sum = (name: keyof Outcome): number => outcomes.reduce((all, outcome) => all + outcome[name], 0);
  print(`${sum('schedules')} schedules, ${sum('operations')} operations, ${sum('steps')} steps`);
  print(`${sum('deaths')} deaths, ${sum('refusals')} refused allocations, ${sum('failures')} failures`);
  return sum('failures') > 0 ? EXIT.checkFailed : EXIT.done;
}

function failure(error: unknown): number {
  if (!(error instanceof KsmError)) throw error;
  process.stderr.write(`sim: ${error.message}\n`);
  return error.code === 'EUSAGE' ? EXIT.usage : EXIT.failed;
}

if (isMainThread) process.exitCode = await main().catch(failure);
else parentPort?.postMessage(playShare(workerData as Share, simulationModule()));

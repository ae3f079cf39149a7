/**
 * `npm run fuzz`: gives random bytes to everything that takes bytes from outside, guided by what code they reach.
 *
 * Exit codes: 0 nothing found, 1 could not be run, 2 wrong usage, 3 something was found.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Arguments, has, type Option, parseArguments, single, wholeNumber } from '../../../src/cli/arguments.ts';
import { EXIT } from '../../../src/cli/command.ts';
import { KsmError } from '../../../src/errors.ts';
import { keepFinding } from './corpus.ts';
import { tried } from './loop.ts';
import { removeScratch } from './scratch.ts';
import { loadTarget, TARGETS } from './targets.ts';
import { HEADER_BYTES, type Report, type Task } from './worker.ts';

const EXECUTIONS = 3000;

const OPTIONS: readonly Option[] = [
  { name: 'executions', value: 'N', help: `for each target, seeds included: ${EXECUTIONS} unless seconds are given` },
  { name: 'seconds', value: 'N', help: 'at most so long for each target' },
  { name: 'seed', value: 'S', help: 'of the mutations; random unless given' },
  { name: 'replay', value: 'FILE', help: 'give this input to the targets instead' },
  { name: 'help', short: 'h', help: 'this text' },
];

const USAGE = `npm run fuzz -- [OPTION…] [TARGET…]

${OPTIONS.map(({ name, value = '', help }) => `  --${`${name} ${value}`.padEnd(14)} ${help}`).join('\n')}

Targets, all unless some are named: ${TARGETS.join(', ')}.`;

/** Milliseconds of CPU time after which an execution counts as never ending; a slow one takes some tens. */
const HANGS_AFTER = 20_000;
/** Room for the longest input. */
const CURRENT_BYTES = HEADER_BYTES + 2 ** 20;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Of this process, in milliseconds; nearly all of it is the thread's that fuzzes. However busy the machine is, only work counts. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The last report of a thread that fuzzes `task`; a hang and a crash of the thread are findings like others. */
function watched(task: Omit<Task, 'current'>): Promise<Report> {
  const current = new SharedArrayBuffer(CURRENT_BYTES);
  const words = new Int32Array(current, 0, 2);
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { ...task, current } });
  let last: Report = { executions: 0, seeds: 0, corpus: 0, features: 0, firstFeatures: 0, ended: false };
  let [execution, since] = [0, cpuTime()];
  return new Promise((resolve, reject) => {
    const accident = (error: string): void => {
      const input = new Uint8Array(current, HEADER_BYTES, words[1]).slice();
      if (words[0] === 0) reject(new Error(error));
      else resolve({ ...last, executions: words[0] ?? 0, ended: true, found: { input, error } });
    };
    const watch = setInterval(() => {
      const now = Atomics.load(words, 0);
      if (now !== execution) [execution, since] = [now, cpuTime()];
      else if (now > 0 && cpuTime() - since > HANGS_AFTER) {
        void worker.terminate();
        accident(`an execution that does not end within ${HANGS_AFTER / 1000} s of CPU time`);
      }
    }, 200);
    worker.on('message', (report: Report) => {
      last = report;
      if (report.ended) resolve(report);
      else print(progress(task.target, report));
    });
    worker.on('error', (error) => accident(String(error.stack)));
    worker.on('exit', (code) => {
      clearInterval(watch);
      accident(`the thread ended with code ${code}`);
    });
  });
}

function progress(target: string, { executions, seeds, corpus, features, firstFeatures }: Report): string {
  const from = firstFeatures === 0 ? '' : ` (from ${firstFeatures})`;
  return `${target}: ${executions} executions, corpus ${corpus} (from ${seeds}), coverage ${features}${from}`;
}

async function fuzzed(task: Omit<Task, 'current'>): Promise<boolean> {
  const { target } = task;
  const report = await watched(task);
  print(`${progress(target, report)}: ${report.found === undefined ? 'nothing found' : 'FOUND'}`);
  if (report.found === undefined) return true;
  const path = keepFinding(target, report.found.input);
  print(`\n${report.found.error}\n\n${path} holds the input; to see it again:`);
  print(`  npm run fuzz -- ${target} --replay ${path}\n`);
  return false;
}

/** Gives one input to the targets; how many do not take it. */
async function replayed(targets: readonly string[], path: string): Promise<number> {
  const input = inputOf(path);
  let found = 0;
  for (const name of targets) {
    const { error } = (await tried(await loadTarget(name), input)) ?? {};
    print(error === undefined ? `${name}: takes ${path}` : `${name}: ${inspect(error)}`);
    if (error !== undefined) found++;
  }
  return found;
}

function inputOf(path: string): Uint8Array {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (cause) {
    throw new KsmError('EUSAGE', `--replay ${path}: ${(cause as Error).message}`, { cause });
  }
}

function chosen({ positionals }: Arguments): readonly string[] {
  const unknown = positionals.find((name) => !TARGETS.includes(name));
  if (unknown !== undefined) throw new KsmError('EUSAGE', `no target "${unknown}"; there are ${TARGETS.join(', ')}.`);
  return positionals.length === 0 ? TARGETS : positionals;
}

async function fuzzedAll(targets: readonly string[], given: Arguments): Promise<number> {
  const number = (name: string, otherwise: number): number => {
    const text = single(given, name);
    return text === undefined ? otherwise : wholeNumber(name, text, 0, 2 ** 31 - 1);
  };
  const seed = number('seed', randomInt(2 ** 30));
  const executions = number('executions', has(given, 'seconds') ? Number.POSITIVE_INFINITY : EXECUTIONS);
  const time = number('seconds', Number.POSITIVE_INFINITY) * 1000;
  print(`seed ${seed}`);
  let found = 0;
  for (const target of targets) if (!(await fuzzed({ target, seed, time, executions }))) found++;
  print(`${targets.length - found} targets without a finding, ${found} with one`);
  return found;
}

async function main(): Promise<number> {
  const given = parseArguments('fuzz', OPTIONS, process.argv.slice(2));
  if (has(given, 'help')) {
    print(USAGE);
    return EXIT.done;
  }
  const [targets, file] = [chosen(given), single(given, 'replay')];
  const found = await (file === undefined ? fuzzedAll(targets, given) : replayed(targets, file));
  return found > 0 ? EXIT.checkFailed : EXIT.done;
}

function failure(error: unknown): number {
  if (!(error instanceof KsmError) || error.code !== 'EUSAGE') throw error;
  process.stderr.write(`fuzz: ${error.message}\n`);
  return EXIT.usage;
}

process.exitCode = await main().catch(failure).finally(removeScratch);

/**
 * `npm run test:kernel`: the engine against the KSM of the kernel that runs this machine.
 *
 * Where there is no such KSM, or no right to use it, that is said and is no failure. Exit codes: 0 all agree or
 * skipped, 1 could not be played, 2 wrong usage, 3 something differs.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { type Arguments, has, type Option, parseArguments, single, wholeNumber } from '../../../src/cli/arguments.ts';
import { EXIT } from '../../../src/cli/command.ts';
import { Interrupted, interruptible } from '../../../src/cli/interrupt.ts';
import { KsmError } from '../../../src/errors.ts';
import { type RecordOptions, recordTrace } from '../../../src/kernel/index.ts';
import { readTrace, type Trace } from '../../../src/trace/index.ts';
import { collect } from '../../support/collect.ts';
import { FAMILY_NAMES, randomTrace } from './families.ts';
import { runFilms } from './film.ts';
import { LEAST_PAGES, runImages } from './images.ts';
import { runTraces, type Tally } from './random.ts';

const OPTIONS: readonly Option[] = [
  { name: 'traces', value: 'N', help: 'how many random traces: 100, or as many as the seconds allow' },
  { name: 'seconds', value: 'N', help: 'begin no trace after so many seconds' },
  { name: 'seed', value: 'S', help: 'seed of the first trace; random unless given' },
  { name: 'families', value: 'A,B', help: `kinds of traces: ${FAMILY_NAMES.join(', ')}; all unless given` },
  { name: 'images', help: 'four images instead of traces' },
  { name: 'pages', value: 'N', help: `with --images: at least so many pages each; ${LEAST_PAGES} unless given` },
  { name: 'film', help: 'films beside ksmd instead of traces, at two paces, without smart scan and with it' },
  { name: 'pace', value: 'N', help: 'with --film: that pages_to_scan only; 1000 and 100 unless given' },
  { name: 'smart', value: '0|1', help: 'with --film: that smart_scan only' },
  { name: 'keep', value: 'DIR', help: 'where traces that differ are kept: build/kernel-differences' },
  { name: 'force', help: 'even where others use KSM' },
  { name: 'help', short: 'h', help: 'this text' },
];

const USAGE = `npm run test:kernel -- [OPTION…] [TRACE…]

${OPTIONS.map(({ name, value = '', help }) => `  --${`${name} ${value}`.padEnd(14)} ${help}`).join('\n')}

With TRACE files, those are played instead of random ones.`;

/** The machine has no KSM or no compiler, or the user no right: no failure of the engine's. */
const LACKING: readonly string[] = ['ENOENT', 'EACCES'];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function* randomTraces(families: readonly string[], first: number, count: number): Generator<Trace> {
  for (let n = 0; n < count; n++) yield randomTrace(families[n % families.length] ?? '', first + n);
}

function chosenFamilies(given: Arguments): readonly string[] {
  const names = single(given, 'families')?.split(',') ?? FAMILY_NAMES;
  const unknown = names.find((name) => !FAMILY_NAMES.includes(name));
  if (unknown === undefined) return names;
  throw new KsmError('EUSAGE', `--families ${unknown}: expected some of ${FAMILY_NAMES.join(', ')}.`);
}

/** Why nothing can be played here; undefined where it can. What works at all works for an empty trace. */
async function obstacle(record: RecordOptions): Promise<string | undefined> {
  try {
    await collect(recordTrace({ name: 'nothing', operations: [] }, record));
    return undefined;
  } catch (error) {
    if (error instanceof KsmError && LACKING.includes(error.code)) return error.message;
    throw error;
  }
}

async function play(given: Arguments, record: RecordOptions): Promise<Tally> {
  const number = (name: string): number | undefined => {
    const text = single(given, name);
    return text === undefined ? undefined : wholeNumber(name, text, 0, 2 ** 31 - 1);
  };
  const [seed, seconds] = [number('seed') ?? randomInt(2 ** 30), number('seconds')];
  const families = chosenFamilies(given);
  const count = number('traces') ?? (seconds === undefined ? 100 : Number.POSITIVE_INFINITY);
  const files = await Promise.all(given.positionals.map(readTrace));
  if (files.length === 0) print(`seed ${seed}`);
  if (has(given, 'images')) return runImages(seed, number('pages') ?? LEAST_PAGES, record, print);
  return runTraces({
    traces: files.length > 0 ? files : randomTraces(families, seed, count),
    deadline: seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000,
    keep: single(given, 'keep') ?? 'build/kernel-differences',
    record,
    print,
  });
}

async function test(given: Arguments, signal: AbortSignal): Promise<number> {
  let waited = false;
  const onWait = (): void => {
    if (!waited) print('another player of traces is at work: taking turns with it');
    waited = true;
  };
  const record: RecordOptions = { signal, onWait, force: has(given, 'force') };
  const reason = await obstacle(record);
  if (reason !== undefined) {
    print(`skipped: ${reason}`);
    return EXIT.done;
  }
  if (has(given, 'film')) return films(given, record);
  const { passed, failed, operations } = await play(given, record);
  print(`${operations} operations played`);
  print(`${passed} passed, ${failed} failed`);
  return failed > 0 ? EXIT.checkFailed : EXIT.done;
}

/** Which seconds: of each film. */
async function films(given: Arguments, record: RecordOptions): Promise<number> {
  const list = (name: string, usual: readonly number[]): readonly number[] => {
    const text = single(given, name);
    return text === undefined ? usual : [wholeNumber(name, text, 0)];
  };
  const [seconds = 60] = list('seconds', [60]);
  const tests = list('pace', [1000, 100]).flatMap((pace) =>
    list('smart', [0, 1]).map((smart) => ({ pace, smart: smart === 1, seconds })),
  );
  const failed = await runFilms(tests, record, print);
  print(`${tests.length} films, ${failed} expectations failed`);
  return failed > 0 ? EXIT.checkFailed : EXIT.done;
}

async function main(): Promise<number> {
  const given = parseArguments('test:kernel', OPTIONS, process.argv.slice(2));
  if (!has(given, 'help')) return interruptible((signal) => test(given, signal));
  print(USAGE);
  return EXIT.done;
}

function failure(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  if (!(error instanceof KsmError)) throw error;
  process.stderr.write(`test:kernel: ${error.message}\n`);
  return error.code === 'EUSAGE' ? EXIT.usage : EXIT.failed;
}

process.exitCode = await main().catch(failure);

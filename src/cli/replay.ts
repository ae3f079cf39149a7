/**
 * `ksm replay`: plays traces and prints what the counters said after each step, or checks that against recordings.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { errnoName, KsmError } from '../errors.ts';
import { count } from '../format.ts';
import type { HostOptions } from '../index.ts';
import { json, printable } from '../printable.ts';
import { wrap } from '../report/index.ts';
import {
  type CheckResult,
  checkTrace,
  formatLine,
  type Operation,
  playTrace,
  type RecordingLine,
  readTrace,
  type Trace,
} from '../trace/index.ts';
import { type Arguments, has } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { COMMON_OPTIONS, type CommonOptions, commonOptions, warningsOf } from './common.ts';
import { Printer, print, saidWidth } from './output.ts';
import { Progress } from './progress.ts';
import { isRefusedMemory } from './refused-memory.ts';
import type { Setting } from './settings.ts';

/** Of the --json output; raised when a field goes or changes meaning. */
const VERSION = 1;

/** Characters of all recordings in one JSON object: they are kept until the last is whole. */
const MOST_JSON = 256e6;
/** Characters of a value that a difference is shown with. */
const MOST_VALUE = 400;

export const replayCommand: Command = {
  name: 'replay',
  synopsis: 'replay [OPTION…] TRACE…',
  summary: 'play traces and print, or check, what the counters say after each step',
  details: [
    'A trace is a file of JSON lines: what processes do, and when the scanner scans. Without --check the recordings are printed ' +
      'one after the other, in the form in which they were made on Linux.',
    '--check compares NAME.trace.jsonl with NAME.recording.jsonl beside it and prints the first difference of each. In content ' +
      'order, which is the default here, everything must agree. In hash order pages that change in the middle of a pass may be ' +
      "grouped otherwise, so only what the processes read must agree. In both, the engine's invariants are checked after each step.",
    '--set is written before the first step; it is not for --check, since a recording starts from the defaults.',
  ],
  operands: 'files',
  options: [{ name: 'check', help: 'compare with the recording beside each trace' }, ...COMMON_OPTIONS],
  run: replay,
};

interface Request extends CommonOptions {
  readonly traces: readonly string[];
  readonly host: HostOptions;
}

async function replay(given: Arguments, signal: AbortSignal): Promise<number> {
  const common = commonOptions(given);
  const { index = 'content', memory, scanners, seed } = common;
  const host = {
    index,
    scanners,
    ...warningsOf(common),
    ...(memory === undefined ? {} : { memory }),
    ...(seed === undefined ? {} : { seed }),
  };
  const request: Request = { ...common, traces: given.positionals, host };
  if (request.traces.length === 0) throw new KsmError('EUSAGE', 'which trace? ksm replay TRACE…, or ksm help replay.');
  if (!has(given, 'check')) return request.json ? playAsJson(request, signal) : play(request, signal);
  if (request.settings.length > 0) {
    throw new KsmError('EUSAGE', '--set does not go with --check: recordings start from the default settings.');
  }
  return check(request, signal);
}

/** Prints each line as soon as it is there. */
async function play(request: Request, signal: AbortSignal): Promise<number> {
  const printer = new Printer(signal);
  for (const file of request.traces) {
    for await (const line of played(await readTrace(file), request)) {
      await printer.add(`${formatLine(line)}\n`);
      await breathe();
      signal.throwIfAborted();
    }
  }
  await printer.end();
  return EXIT.done;
}

/** Prints one object when all are played: half of one would be of no use. */
async function playAsJson(request: Request, signal: AbortSignal): Promise<number> {
  const parts: string[] = [];
  let length = 0;
  for (const file of request.traces) {
    const trace = await readTrace(file);
    const lines: string[] = [];
    for await (const line of played(trace, request)) {
      const text = formatLine(line);
      length += text.length;
      if (length > MOST_JSON) throw tooMuchJson();
      lines.push(text);
      await breathe();
      signal.throwIfAborted();
    }
    parts.push(`{"file":${json(file)},"name":${json(trace.name)},"lines":[${lines.join()}]}`);
  }
  await print(`{"version":${VERSION},"index":${json(request.host.index)},"recordings":[`, signal);
  for (const [at, part] of parts.entries()) await print(at === 0 ? part : `,${part}`, signal);
  await print(']}\n', signal);
  return EXIT.done;
}

function tooMuchJson(): KsmError {
  const most = MOST_JSON / 1e6;
  return new KsmError(
    'EFBIG',
    `the recordings are longer than ${most} million characters, too long for one JSON object; without --json they are ` +
      'printed line by line.',
  );
}

/** The recording of a trace; the settings are steps before its first one, and leave no line behind. */
async function* played(trace: Trace, { host, settings }: Request): AsyncGenerator<RecordingLine> {
  const first: Operation[] = settings.map((setting) => ({ op: 'sysfs', ...setting }));
  const operations = [...first, ...trace.operations];
  const pending = [...settings];
  for await (const line of playTrace({ ...trace, operations }, { host })) {
    const setting = 'op' in line ? undefined : pending.shift();
    if (setting === undefined) yield line;
    else if ('result' in line && line.result !== 0) throw refused(setting, Number(line.result));
  }
}

function refused({ file, value }: Setting, errno: number): KsmError {
  const name = errnoName(errno) ?? `errno ${-errno}`;
  return new KsmError('EUSAGE', `--set ${file}=${value}: ${name}: /sys/kernel/mm/ksm/${file} does not take that.`);
}

/** How the check of one trace ended: `error` where it could not be compared to the end. */
interface Outcome extends Partial<CheckResult> {
  readonly file: string;
  readonly passed: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

async function check(request: Request, signal: AbortSignal): Promise<number> {
  const { traces, host } = request;
  const progress = new Progress(request.quiet);
  const outcomes: Outcome[] = [];
  for (const file of traces) {
    progress.show(`checking ${file}`, outcomes.length, traces.length);
    const outcome = await checked(file, host);
    outcomes.push(outcome);
    if (!outcome.passed && !request.json) {
      progress.clear();
      await print(`${inLines(printable(failureText(outcome)))}\n`, signal);
    }
    await breathe();
    signal.throwIfAborted();
  }
  progress.clear();
  const passed = outcomes.filter((outcome) => outcome.passed).length;
  const failed = outcomes.length - passed;
  const scope = host.index === 'content' ? 'everything' : 'digests';
  if (request.json) {
    await print(`${json({ version: VERSION, index: host.index, scope, passed, failed, traces: outcomes })}\n`, signal);
  } else
    await print(
      `${scope === 'digests' ? `${inLines(HASH_NOTE)}\n` : ''}${count(passed)} passed, ${count(failed)} failed\n`,
      signal,
    );
  // A file that is not there is no verdict about the engine, and says so by its own code.
  if (outcomes.some(({ error }) => error !== undefined && error.code !== 'ECORRUPT')) return EXIT.failed;
  return failed > 0 ? EXIT.checkFailed : EXIT.done;
}

const HASH_NOTE = 'In hash order, only what the processes read and the invariants were checked.';

/** Broken where there is a width to fit into; in a pipe each difference is one line. */
function inLines(text: string): string {
  const width = saidWidth();
  return width === undefined ? text : wrap(text, width, '  ');
}

async function checked(file: string, host: HostOptions): Promise<Outcome> {
  try {
    const result = await checkTrace(file, { host, invariants: true });
    return { file, passed: result.difference === undefined, ...result };
  } catch (error) {
    // Without memory there is no verdict on this trace, nor on any other.
    if (!(error instanceof KsmError) || isRefusedMemory(error)) throw error;
    return { file, passed: false, error: { code: error.code, message: error.message } };
  }
}

function failureText({ file, difference, error }: Outcome): string {
  if (error !== undefined) return `${error.message.includes(file) ? '' : `${file}: `}${error.message}`;
  if (difference === undefined) return '';
  const { line, operation, path, expected, actual } = difference;
  const where = path === '' ? 'the whole line' : path;
  return `${file}: line ${line}, after ${operation}: ${where}: expected ${value(expected)}, got ${value(actual)}`;
}

function value(found: unknown): string {
  if (found === undefined) return 'nothing';
  const text = json(found);
  return text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE)}…` : text;
}

/**
 * `ksm replay`: plays traces and prints what the counters said after each step, or checks that against recordings.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { errnoName, KsmError } from '../errors.ts';
import type { HostOptions } from '../index.ts';
import { count, printable, wrap } from '../report/index.ts';
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
import { print, saidWidth } from './output.ts';
import { Progress } from './progress.ts';
import type { Setting } from './settings.ts';

/** Of the --json output; raised when a field goes or changes meaning. */
const VERSION = 1;

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
  if (!has(given, 'check')) return play(request, signal);
  if (request.settings.length > 0) {
    throw new KsmError('EUSAGE', '--set does not go with --check: recordings start from the default settings.');
  }
  return check(request, signal);
}

async function play(request: Request, signal: AbortSignal): Promise<number> {
  const recordings: { file: string; name: string; lines: RecordingLine[] }[] = [];
  for (const file of request.traces) {
    const trace = await readTrace(file);
    const lines: RecordingLine[] = [];
    for await (const line of played(trace, request)) {
      if (request.json) lines.push(line);
      else await print(`${formatLine(line)}\n`);
      await breathe();
      signal.throwIfAborted();
    }
    recordings.push({ file, name: trace.name, lines });
  }
  if (request.json) await print(`${JSON.stringify({ version: VERSION, index: request.host.index, recordings })}\n`);
  return EXIT.done;
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
  const { traces, json, host } = request;
  const progress = new Progress(request.quiet);
  const outcomes: Outcome[] = [];
  for (const file of traces) {
    progress.show(`checking ${file}`, outcomes.length, traces.length);
    const outcome = await checked(file, host);
    outcomes.push(outcome);
    if (!outcome.passed && !json) {
      progress.clear();
      await print(`${inLines(printable(failureText(outcome)))}\n`);
    }
    await breathe();
    signal.throwIfAborted();
  }
  progress.clear();
  const passed = outcomes.filter((outcome) => outcome.passed).length;
  const failed = outcomes.length - passed;
  const scope = host.index === 'content' ? 'everything' : 'digests';
  if (json)
    await print(
      `${JSON.stringify({ version: VERSION, index: host.index, scope, passed, failed, traces: outcomes })}\n`,
    );
  else
    await print(
      `${scope === 'digests' ? `${inLines(HASH_NOTE)}\n` : ''}${count(passed)} passed, ${count(failed)} failed\n`,
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
    if (!(error instanceof KsmError)) throw error;
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
  return found === undefined ? 'nothing' : JSON.stringify(found);
}

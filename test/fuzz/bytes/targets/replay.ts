/**
 * `ksm replay` from its files to its output: options, a trace and a recording, with a form feed between them.
 *
 * What it writes is for people or for programs: printable lines, or with --json one object.
 */
import { writeFileSync } from 'node:fs';
import { type Arguments, parseArguments } from '../../../../src/cli/arguments.ts';
import { replayCommand } from '../../../../src/cli/replay.ts';
import { KsmError } from '../../../../src/errors.ts';
import { attempt, expectThat, refusal } from '../contract.ts';
import { captured } from '../output.ts';
import { scratch } from '../scratch.ts';
import { textOf } from '../target.ts';
import * as recording from './recording.ts';
import * as trace from './trace.ts';

export const name = 'replay';
export const most = 32_768;
export const words: readonly string[] = [
  ...trace.words,
  ...recording.words,
  '\f',
  '--check ',
  '--json ',
  '--set run=1 ',
];

const SIGNAL = new AbortController().signal;
/** Exit codes: done, failed, a check failed. */
const ENDS: readonly unknown[] = [0, 1, 3];

/** The options, but for a memory that is soon made and no further threads. */
function request(text: string, file: string): Arguments | KsmError {
  const given = text.split(' ').filter((word) => word !== '');
  const got = attempt(() => parseArguments('replay', replayCommand.options, given), ['EUSAGE'], text);
  if (got instanceof KsmError) return got;
  const options = new Map([...got.options, ['memory', ['16M']]] as [string, string[]][]);
  options.delete('scanners');
  return { options, positionals: [file] };
}

/** Where the form feed is that comes after `earlier` others; the end where there is none. */
function feed(bytes: Uint8Array, earlier: number): number {
  const at = bytes.indexOf(0x0c, earlier === 0 ? 0 : feed(bytes, earlier - 1) + 1);
  return at < 0 ? bytes.length : at;
}

export async function run(bytes: Uint8Array): Promise<void> {
  const [first, second] = [0, 1].map((nth) => feed(bytes, nth));
  const options = textOf(bytes.subarray(0, first));
  const file = scratch('x.trace.jsonl');
  writeFileSync(file, bytes.subarray((first ?? 0) + 1, second));
  writeFileSync(scratch('x.recording.jsonl'), bytes.subarray((second ?? 0) + 1));
  const given = request(options, file);
  if (given instanceof KsmError) return;
  let code: unknown;
  const { printed, error } = await captured(async () => {
    code = await replayCommand.run(given, SIGNAL);
  });
  if (error !== undefined) refusal(error, ['EUSAGE', 'EFORMAT', 'ENOMEM', 'EFBIG'], options);
  else expectThat(ENDS.includes(code), () => `exit code ${code}`);
  if (error !== undefined) return;
  if (given.options.has('json')) JSON.parse(printed);
  expectThat(!/[^\P{C}\n]|[\u2028\u2029]/u.test(printed), () => `printed ${JSON.stringify(printed)}`);
}

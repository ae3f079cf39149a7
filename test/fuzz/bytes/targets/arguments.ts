/**
 * Command lines: words with a NUL between them, as in /proc/PID/cmdline.
 *
 * Commands are run for real, but what they are told to read is not there, so each of them gets as far as having
 * understood its words and no further: no process is started or read, and the kernel's own KSM is not touched. Who is
 * meant by a name or a group is looked up before, and may be nobody. `ksm bench` reads nothing, so of it only the options
 * are read.
 */
import { join } from 'node:path';
import { type Arguments, parseArguments } from '../../../../src/cli/arguments.ts';
import { benchCommand } from '../../../../src/cli/bench.ts';
import type { Command } from '../../../../src/cli/command.ts';
import { commonOptions } from '../../../../src/cli/common.ts';
import { commandHelp } from '../../../../src/cli/help.ts';
import { recordCommand } from '../../../../src/cli/record.ts';
import { replayCommand } from '../../../../src/cli/replay.ts';
import { scanCommand } from '../../../../src/cli/scan.ts';
import { KsmError } from '../../../../src/errors.ts';
import { nearest } from '../../../../src/nearest.ts';
import { attempt, expectThat, refusal } from '../contract.ts';
import { captured } from '../output.ts';
import { scratch } from '../scratch.ts';
import { textOf } from '../target.ts';

export const name = 'arguments';

const COMMANDS: readonly Command[] = [scanCommand, replayCommand, recordCommand, benchCommand];

export const words: readonly string[] = [
  ...COMMANDS.flatMap(({ name: command, options }) => [command, ...options.map((option) => `\0--${option.name}`)]),
  ...[
    '\0--set=run=1',
    '\0--set\0',
    '\0--',
    '\0-q',
    '\0-h',
    '=',
    '\0content',
    '\0hash',
    '\0--no-',
    'max_page_sharing=2',
  ],
];

/** There is no such folder, and so nothing in it. */
const NOWHERE = scratch('nowhere');
const SIGNAL = new AbortController().signal;

function understood(command: Command, given: string[]): Arguments | KsmError {
  const parse = (): Arguments => parseArguments(command.name, command.options, given);
  const got = attempt(parse, ['EUSAGE'], given.join(' '));
  if (got instanceof KsmError) return got;
  const values = [...got.options].flatMap(([option, list]) => {
    const declared = command.options.find((one) => one.name === option);
    expectThat(declared !== undefined, () => `--${option} is no option of ksm ${command.name}`);
    expectThat(declared.value !== undefined || list.length === 0, () => `--${option} has a value`);
    expectThat(declared.value === undefined || list.length > 0, () => `--${option} has no value`);
    expectThat(declared.many === true || list.length <= 1, () => `--${option} has several values`);
    return list;
  });
  for (const value of values) expectThat(value !== '', () => 'an empty value');
  for (const value of [...values, ...got.positionals]) {
    // Of "-q-x" Node.js makes "-q", "--" and "-x": those are not as they were given.
    const asGiven = value.startsWith('-') || given.some((word) => word.endsWith(value));
    expectThat(asGiven, () => `${JSON.stringify(value)} was not given`);
  }
  return got;
}

async function perform(command: Command, { options, positionals }: Arguments, own: string): Promise<void> {
  const elsewhere = positionals.map((word, at) => join(NOWHERE, `${at}-${word.replaceAll('/', '_')}`));
  if (command === recordCommand && elsewhere.length === 0) return;
  const missing = command === scanCommand ? [join(NOWHERE, 'image'), ...elsewhere] : elsewhere;
  const { printed, error } = await captured(async () => command.run({ options, positionals: missing }, SIGNAL));
  if (error !== undefined) refusal(error, ['EUSAGE', 'ENOENT', 'EIO', 'EINVAL', 'ESRCH'], own);
  const checks = command === replayCommand && options.has('check');
  expectThat(error !== undefined || checks, () => `ksm ${command.name} did something`);
  expectThat(printed === '' || checks, () => `ksm ${command.name} printed ${printed}`);
}

export async function run(bytes: Uint8Array): Promise<void> {
  const [first = '', ...given] = textOf(bytes).split('\0');
  const names = COMMANDS.map((command) => command.name);
  const near = nearest(first, names);
  expectThat(near === undefined || names.includes(near), () => `the nearest to ${first} is ${near}`);
  const command = COMMANDS.find((one) => one.name === first) ?? scanCommand;
  const got = understood(command, given);
  if (got instanceof KsmError) return;
  if (got.options.has('help')) return expectThat(commandHelp(command, 80).includes('Usage'), () => 'no help');
  if (command !== benchCommand) return perform(command, got, given.join(' '));
  attempt(() => commonOptions(got), ['EUSAGE'], given.join(' '));
}

/**
 * What the commands of the soak have in common: options, and how they end.
 *
 * Exit codes: 0 nothing was lost, 2 wrong usage, 3 something was lost, or the machine is not sound.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import {
  type Arguments,
  choice,
  has,
  type Option,
  parseArguments,
  single,
  wholeNumber,
} from '../../../src/cli/arguments.ts';
import { EXIT } from '../../../src/cli/command.ts';
import { KsmError } from '../../../src/errors.ts';
import type { MachineOptions } from './machine.ts';

const OPTIONS: readonly Option[] = [
  { name: 'seconds', value: 'N', help: 'at most so long' },
  { name: 'seed', value: 'S', help: 'of what the guests do; random unless given' },
  { name: 'index', value: 'ORDER', help: 'of the trees: hash or content' },
  { name: 'page', value: 'KIND', help: 'what a page is: bytes or names' },
  { name: 'dirty', value: 'MODE', help: 'dirty tracking: off or on' },
  { name: 'help', short: 'h', help: 'this text' },
];

/** A number of an option, or what it is otherwise. */
export type NumberOf = (name: string, otherwise: number, least: number, most: number) => number;

/** What a command is told besides its own options. */
export interface Told extends MachineOptions {
  readonly seconds: number;
  readonly number: NumberOf;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A year: no more is expected of anybody. */
const LONGEST = 31_536_000;

function told(given: Arguments): Told {
  const number: NumberOf = (name, otherwise, least, most) => {
    const text = single(given, name);
    return text === undefined ? otherwise : wholeNumber(name, text, least, most);
  };
  return {
    number,
    seconds: number('seconds', LONGEST, 1, LONGEST),
    seed: number('seed', randomInt(2 ** 20), 0, 2 ** 30),
    index: choice('index', single(given, 'index') ?? 'hash', ['hash', 'content']),
    page: choice('page', single(given, 'page') ?? 'bytes', ['bytes', 'names']),
    dirty: choice('dirty', single(given, 'dirty') ?? 'off', ['off', 'on']),
  };
}

async function run(name: string, own: readonly Option[], work: (given: Told) => Promise<void>): Promise<number> {
  const options = [...own, ...OPTIONS];
  const given = parseArguments(name, options, process.argv.slice(2));
  if (has(given, 'help')) {
    const lines = options.map((option) => `  --${`${option.name} ${option.value ?? ''}`.padEnd(16)} ${option.help}`);
    print(`npm run ${name} -- [OPTION…]\n\n${lines.join('\n')}`);
    return EXIT.done;
  }
  const all = told(given);
  print(`seed ${all.seed}, pages of ${all.page}, ${all.index} order, dirty tracking ${all.dirty}`);
  await work(all);
  print('0 bytes lost, torn or foreign; the machine is sound');
  return EXIT.done;
}

/** Runs the command `name`, whose own options are `own`, to its exit code. */
export async function command(
  name: string,
  own: readonly Option[],
  work: (given: Told) => Promise<void>,
): Promise<void> {
  try {
    process.exitCode = await run(name, own, work);
  } catch (error) {
    const isUsage = error instanceof KsmError && error.code === 'EUSAGE';
    const text = error instanceof Error ? (isUsage ? error.message : error.stack) : String(error);
    process.stderr.write(`${name}: ${text}\n`);
    process.exitCode = isUsage ? EXIT.usage : EXIT.checkFailed;
  }
}

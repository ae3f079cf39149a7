/**
 * Reads a command line against a command's declared options.
 *
 * node:util's parseArgs splits the words; what it would say about a wrong one does not help much, so the checks and their
 * messages are here: every wrong word is a KsmError EUSAGE that names the word, says what was expected, and suggests the
 * nearest spelling.
 */
import { parseArgs } from 'node:util';
import { KsmError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { parseBytes } from '../size.ts';

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** Placeholder of the value in the help; an option without it takes no value. */
  readonly value?: string;
  /** May be given more than once. */
  readonly many?: boolean;
  /** What the value is one of, or names; for shells that complete it. Words that end with "=" are followed by more. */
  readonly completes?: readonly string[] | 'folder' | 'process';
  readonly help: string;
}

/** Values as given, by option name, in order; an option that was not given is missing, a flag has an empty list. */
export interface Arguments {
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/** Splits `words` into options and positionals. `command` is named in the messages. */
export function parseArguments(command: string, declared: readonly Option[], words: readonly string[]): Arguments {
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(declared.map((option) => [option.name, parserOption(option)])),
    strict: false,
    tokens: true,
  });
  const options = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = declared.find(({ name }) => name === token.name);
    if (option === undefined) throw unknownOption(command, declared, token.rawName);
    const given = options.get(option.name) ?? [];
    options.set(option.name, given);
    if (option.value === undefined) {
      if (token.value !== undefined) throw new KsmError('EUSAGE', `--${option.name} takes no value.`);
      continue;
    }
    if (given.length > 0 && option.many !== true) throw new KsmError('EUSAGE', `--${option.name} is given twice.`);
    given.push(checkedValue(option, token.value, token.inlineValue === true));
  }
  return { options, positionals };
}

function parserOption(option: Option): { type: 'string' | 'boolean'; short?: string } {
  const type = option.value === undefined ? 'boolean' : 'string';
  return option.short === undefined ? { type } : { type, short: option.short };
}

/** A following word that looks like an option is not meant as a value; after "=" it is. */
function checkedValue(option: Option, value: string | undefined, inline: boolean): string {
  if (value === undefined || value === '' || (!inline && value.startsWith('--'))) {
    throw new KsmError('EUSAGE', `--${option.name} needs a value: --${option.name} ${option.value}`);
  }
  return value;
}

function unknownOption(command: string, declared: readonly Option[], given: string): KsmError {
  const near = nearest(
    given,
    declared.map(({ name }) => `--${name}`),
  );
  const hint = near === undefined ? `"ksm ${command} --help" lists the options.` : `Do you mean ${near}?`;
  return new KsmError('EUSAGE', `"${given}" is not an option of "ksm ${command}". ${hint}`);
}

/** The one value of an option, undefined if it was not given. */
export function single({ options }: Arguments, name: string): string | undefined {
  return options.get(name)?.[0];
}

/** All values of an option that can be given more than once. */
export function many({ options }: Arguments, name: string): readonly string[] {
  return options.get(name) ?? [];
}

export function has({ options }: Arguments, name: string): boolean {
  return options.has(name);
}

/** A whole decimal number from `least` to `most`. */
export function wholeNumber(
  option: string,
  text: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new KsmError('EUSAGE', `--${option} ${text}: expected a whole number ${range}.`);
}

/** A size in bytes: "65536", "512M", "1.5G", "2GiB". */
export function size(option: string, text: string): number {
  try {
    return parseBytes(text);
  } catch (cause) {
    const message = `--${option} ${text}: expected a size such as 512M, 1.5G or a number of bytes.`;
    throw new KsmError('EUSAGE', message, { cause });
  }
}

/** One of a few words. */
export function choice<Word extends string>(option: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new KsmError('EUSAGE', `--${option} ${text}: expected ${words.join(' or ')}.`);
}

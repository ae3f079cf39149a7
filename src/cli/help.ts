/** The help texts, made from what the commands declare, so that they cannot disagree with what is accepted. */
import { definitions, wrap } from '../report/index.ts';
import type { Option } from './arguments.ts';
import type { Command, Detail } from './command.ts';

export const ABOUT =
  "Linux's kernel same-page merging (KSM) as a program: what would it save here, and what does it do?";

/** Options of ksm itself, without a command. */
export const GENERAL_OPTIONS: readonly Option[] = [
  { name: 'version', short: 'V', help: 'print the version' },
  { name: 'help', short: 'h', help: "this text; after a command, the command's own" },
];

export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'wrong usage'],
  ['3', 'a check failed'],
  ['130', 'interrupted by Ctrl-C'],
  ['141', 'the reader of the result left early'],
];

/** "ksm --help": the commands, one line each. `width`: characters of a line. */
export function generalHelp(commands: readonly Command[], width: number): string {
  const rows = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ['help', 'explain a command: ksm help scan'] as const,
  ];
  return page(
    [wrap(ABOUT, width), 'Usage: ksm COMMAND [OPTION…]', definitions(rows, width), optionRows(GENERAL_OPTIONS, width)],
    width,
  );
}

/** "ksm help COMMAND". */
export function commandHelp({ synopsis, summary, details, options }: Command, width: number): string {
  const blocks = details.map((detail) => block(detail, width));
  return page([`Usage: ksm ${synopsis}`, wrap(sentence(summary), width), optionRows(options, width), ...blocks], width);
}

function page(blocks: readonly string[], width: number): string {
  const codes = `Exit codes: ${EXIT_CODES.map((code) => code.join(' ')).join(', ')}.`;
  return `${[...blocks, wrap(codes, width)].join('\n\n')}\n`;
}

function block(detail: Detail, width: number): string {
  return typeof detail === 'string' ? wrap(detail, width) : definitions(detail, width);
}

function optionRows(options: readonly Option[], width: number): string {
  return definitions(
    options.map((option) => [optionName(option), option.help]),
    width,
  );
}

/** A summary as a sentence. */
export function sentence(summary: string): string {
  return `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
}

/** "--memory SIZE", "--quiet, -q". */
export function optionName({ name, short, value }: Option): string {
  const long = `--${name}${value === undefined ? '' : ` ${value}`}`;
  return short === undefined ? long : `${long}, -${short}`;
}

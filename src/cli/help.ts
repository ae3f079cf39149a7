/** The help texts, made from what the commands declare, so that they cannot disagree with what is accepted. */
import type { Option } from './arguments.ts';
import type { Command } from './command.ts';

const EXIT_CODES = 'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check failed, 130 interrupted by Ctrl-C.';

/** "ksm --help": the commands, one line each. */
export function generalHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`);
  return `Linux's kernel same-page merging (KSM) as a program: what would it save here, and what does it do?

Usage: ksm COMMAND [OPTION…]

${rows.join('\n')}
  ${'help'.padEnd(8)} explain a command: ksm help scan

  --version, -V   print the version
  --help, -h      this text; after a command, the command's own

${EXIT_CODES}
`;
}

/** "ksm help COMMAND". */
export function commandHelp({ synopsis, summary, details, options }: Command): string {
  const rows = options.map((option) => ({ name: optionName(option), help: option.help }));
  const width = Math.max(...rows.map(({ name }) => name.length));
  return `Usage: ksm ${synopsis}

${summary[0]?.toUpperCase()}${summary.slice(1)}.

${rows.map(({ name, help }) => `  ${name.padEnd(width)}  ${help}`).join('\n')}

${details}

${EXIT_CODES}
`;
}

function optionName({ name, short, value }: Option): string {
  const long = `--${name}${value === undefined ? '' : ` ${value}`}`;
  return short === undefined ? long : `${long}, -${short}`;
}

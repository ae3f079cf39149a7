/** Completion for fish, from the table of commands: with what each word means, as fish shows it. */
import type { Option } from '../arguments.ts';
import type { Command } from '../command.ts';
import { GENERAL_OPTIONS } from '../help.ts';
import { PROGRAMS } from './words.ts';

export function fishScript(commands: readonly Command[]): string {
  const [program = '', ...others] = PROGRAMS;
  const first = `complete -c ${program} -n __fish_use_subcommand`;
  const named = [
    ...commands.map(({ name, summary }) => ({ name, text: summary })),
    { name: 'help', text: 'explain a command' },
  ];
  const lines = [
    `complete -c ${program} -f`,
    ...others.map((other) => `complete -c ${other} -w ${program}`),
    ...named.map(({ name, text }) => `${first} -a ${name} -d ${quoted(text)}`),
    ...GENERAL_OPTIONS.map((option) => `${first} ${optionWords(option)}`),
    `complete -c ${program} -n '__fish_seen_subcommand_from help' -a '${commands.map(({ name }) => name).join(' ')}'`,
    ...commands.flatMap((command) => linesOf(program, command)),
  ];
  return `# fish completion for ksm: ksm completion fish > ~/.config/fish/completions/ksm.fish\n${lines.join('\n')}\n`;
}

function linesOf(program: string, { name, options, operands }: Command): string[] {
  const after = `complete -c ${program} -n '__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from help'`;
  const files = operands === 'files' ? [`${after} -F`] : [];
  const words = Array.isArray(operands) ? [`${after} -a '${operands.join(' ')}'`] : [];
  return [...files, ...words, ...options.map((option) => `${after} ${optionWords(option)}`)];
}

function optionWords(option: Option): string {
  const { name, short, value, help } = option;
  const values = value === undefined ? '' : ` -x${action(option)}`;
  return `${short === undefined ? '' : `-s ${short} `}-l ${name}${values} -d ${quoted(help)}`;
}

function action({ completes }: Option): string {
  if (completes === 'folder') return " -a '(__fish_complete_directories)'";
  if (completes === 'process') return " -a '(__fish_complete_pids)'";
  return completes === undefined ? '' : ` -a '${completes.join(' ')}'`;
}

/** A text in single quotes, in which fish, unlike others, knows escapes. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

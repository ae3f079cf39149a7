/** Completion for zsh, from the table of commands: with what each word means, as zsh shows it. */
import type { Option } from '../arguments.ts';
import type { Command } from '../command.ts';
import { GENERAL_OPTIONS } from '../help.ts';
import { PROGRAMS, quoted } from './words.ts';

/** It works from a file _ksm in $fpath as well as by eval. */
export function zshScript(commands: readonly Command[]): string {
  const described = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ['help', 'explain a command'] as const,
  ].map(([name, text]) => quoted(`${name}:${text.replaceAll(':', '\\:')}`));
  return `#compdef ${PROGRAMS.join(' ')}
# zsh completion for ksm: eval "$(ksm completion zsh)", after compinit
_ksm() {
  local state line
  local -A opt_args
  local -a commands=(
    ${described.join('\n    ')}
  )
  _arguments -C ${GENERAL_OPTIONS.flatMap(specs).join(' ')} '1:command:->command' '*::argument:->argument'
  case $state in
  command) _describe command commands ;;
  argument)
    case $words[1] in
    help) _describe command commands ;;
${commands.map(branch).join('')}    esac ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _ksm "$@"; else compdef _ksm ${PROGRAMS.join(' ')}; fi
`;
}

function branch({ name, options, operands }: Command): string {
  const files = operands === 'files' ? ["'*:file:_files'"] : [];
  const words = Array.isArray(operands) ? [`'1:word:(${operands.join(' ')})'`] : [];
  return `    ${name})
      _arguments ${[...options.flatMap(specs), ...files, ...words].join(' \\\n        ')} ;;
`;
}

/** What _arguments takes for an option: its long name, and its short one. */
function specs(option: Option): string[] {
  const { name, short, value, many, help } = option;
  const text = `[${help.replace(/[[\]\\]/g, '\\$&')}]`;
  const often = many === true ? '*' : '';
  const takes = value === undefined ? '' : `:${value}:${action(option)}`;
  const long = quoted(`${often}--${name}${value === undefined ? '' : '='}${text}${takes}`);
  return short === undefined ? [long] : [long, quoted(`${often}-${short}${text}${takes}`)];
}

/** What offers the values. A blank alone: there are some, but nobody knows them. */
function action({ completes }: Option): string {
  if (completes === 'folder') return '_directories';
  if (completes === 'process') return '_pids';
  if (completes === undefined) return ' ';
  return completes.some((word) => word.endsWith('='))
    ? `compadd -S "" -- ${completes.join(' ')}`
    : `(${completes.join(' ')})`;
}

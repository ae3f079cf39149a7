/** Completion for bash, from the table of commands. No other package is needed, not even bash-completion. */
import type { Option } from '../arguments.ts';
import type { Command } from '../command.ts';
import { GENERAL_OPTIONS } from '../help.ts';
import { optionWords, PROGRAMS } from './words.ts';

/**
 * bash takes "--index=hash" for three words, so a value may stand after "=". If a word that is offered ends with "=", no blank
 * follows it. A value that is a file, and an operand that is one, is left to bash.
 */
export function bashScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  return `# bash completion for ksm: eval "$(ksm completion bash)"
_ksm() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= words= at
  if [[ $word == = ]]; then word=
  elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [[ \${COMP_WORDS[at]} != -* ]]; then command=\${COMP_WORDS[at]}; break; fi
  done
  COMPREPLY=()
  case $command in
  '') words='${[...names, 'help', ...optionWords(GENERAL_OPTIONS)].join(' ')}' ;;
  help) words='${names.join(' ')}' ;;
${commands.map(branch).join('')}  *) return ;;
  esac
  compopt +o default +o bashdefault 2>/dev/null
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -o bashdefault -F _ksm ${PROGRAMS.join(' ')}
`;
}

function branch({ name, options, operands }: Command): string {
  const values = options.filter(({ value }) => value !== undefined).map(valueBranch);
  const offered = operands === 'files' ? [] : (operands ?? []);
  const words = `words='${[...offered, ...optionWords(options)].join(' ')}'`;
  const rest = operands === 'files' ? `[[ $word == -* ]] || return 0; ${words}` : words;
  return `  ${name})
    case $before in
${values.join('')}    *) ${rest} ;;
    esac ;;
`;
}

function valueBranch({ name, completes = [] }: Option): string {
  if (completes === 'folder')
    return `    --${name}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$word")); return ;;\n`;
  if (completes === 'process') return `    --${name}) words=$(cd /proc 2>/dev/null && echo [0-9]*) ;;\n`;
  return `    --${name}) words='${completes.join(' ')}' ;;\n`;
}

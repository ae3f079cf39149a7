/** `ksm completion`: the script by which a shell completes what is typed after "ksm". */
import { KsmError } from '../errors.ts';
import type { Arguments } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { print } from './output.ts';
import { bashScript } from './shells/bash.ts';
import { fishScript } from './shells/fish.ts';
import { zshScript } from './shells/zsh.ts';

const SCRIPTS: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
const SHELLS = Object.keys(SCRIPTS);

/** `commands` loads all of them, this one included. */
export function completionCommand(commands: () => Promise<readonly Command[]>): Command {
  return {
    name: 'completion',
    synopsis: `completion ${SHELLS.join('|')}`,
    summary: 'print a script by which a shell completes commands and options',
    details: [
      'To have it in every new shell:',
      [
        ['bash', 'eval "$(ksm completion bash)" in ~/.bashrc'],
        ['zsh', 'eval "$(ksm completion zsh)" in ~/.zshrc, after compinit'],
        ['fish', 'ksm completion fish > ~/.config/fish/completions/ksm.fish'],
      ],
    ],
    options: [{ name: 'help', short: 'h', help: 'this text' }],
    operands: SHELLS,
    run: (given) => completion(given, commands),
  };
}

async function completion({ positionals }: Arguments, commands: () => Promise<readonly Command[]>): Promise<number> {
  const [shell = '', ...more] = positionals;
  const script = Object.hasOwn(SCRIPTS, shell) && more.length === 0 ? SCRIPTS[shell] : undefined;
  if (script === undefined) {
    const given =
      positionals.length === 0 ? 'which shell?' : `"${positionals.join(' ')}" is not a shell that is known.`;
    throw new KsmError('EUSAGE', `${given} Expected ksm completion ${SHELLS.join(', or ksm completion ')}.`);
  }
  await print(script(await commands()));
  return EXIT.done;
}

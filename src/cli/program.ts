/**
 * From the words of a command line to an exit code: finds the command, runs it, and says what went wrong.
 */
import { createRequire } from 'node:module';
import { KsmError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { has, parseArguments } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, generalHelp } from './help.ts';
import { Interrupted } from './interrupt.ts';
import { appearance, ClosedPipe, print, say } from './output.ts';
import { isRefusedMemory, refusedMemory } from './refused-memory.ts';

/** Runs `ksm WORDS`. `signal` aborts with an Interrupted; `tidiesUp` is called where that must then be waited for. */
export async function run(words: readonly string[], signal: AbortSignal, tidiesUp: () => void): Promise<number> {
  try {
    return await dispatch(words, signal, tidiesUp);
  } catch (error) {
    // Ctrl-C reaches child processes as well, and work may fail for the lack of them before it looks at its signal.
    return failure(signal.aborted ? signal.reason : error);
  }
}

async function dispatch(words: readonly string[], signal: AbortSignal, tidiesUp: () => void): Promise<number> {
  const [first, ...rest] = words;
  const { width } = appearance();
  if (first === '--help' || first === '-h') return show(generalHelp(COMMANDS, width));
  if (first === '--version' || first === '-V') return show(`${version()}\n`);
  if (first === 'help')
    return show(rest[0] === undefined ? generalHelp(COMMANDS, width) : commandHelp(commandNamed(rest[0]), width));
  if (first === undefined)
    throw new KsmError('EUSAGE', 'which command? "ksm --help" lists them; "ksm scan" shows what KSM does.');
  const command = commandNamed(first);
  const given = parseArguments(command.name, command.options, rest);
  if (has(given, 'help')) return show(commandHelp(command, width));
  if (command.tidiesUp?.(given) === true) tidiesUp();
  return command.run(given, signal);
}

async function show(text: string): Promise<number> {
  await print(text);
  return EXIT.done;
}

function commandNamed(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  const what = name.startsWith('-') ? 'an option of "ksm"' : 'a command';
  const near = nearest(name, [...COMMANDS.map((command) => command.name), 'help', '--help', '--version']);
  const hint = near === undefined ? '"ksm --help" lists the commands.' : `Do you mean ${near}?`;
  throw new KsmError('EUSAGE', `"${name}" is not ${what}. ${hint}`);
}

/** The package asks for its own manifest by name: the way to it differs between src and dist. */
function version(): string {
  const manifest: { version: string } = createRequire(import.meta.url)('ksm-wasm/package.json');
  return manifest.version;
}

/** Says what went wrong and gives the exit code for it. */
function failure(error: unknown): number {
  if (error instanceof ClosedPipe) return EXIT.unread;
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof KsmError) {
    say(isRefusedMemory(error) ? refusedMemory(error) : error.message);
    return error.code === 'EUSAGE' ? EXIT.usage : EXIT.failed;
  }
  const lines = error instanceof Error ? (error.stack ?? error.message) : String(error);
  for (const line of lines.split('\n')) say(line);
  return EXIT.failed;
}

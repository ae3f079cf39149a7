/**
 * From the words of a command line to an exit code: finds the command, runs it, and says what went wrong.
 */
import { createRequire } from 'node:module';
import { KsmError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { has, parseArguments } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { allCommands, COMMAND_NAMES, loadCommand } from './commands.ts';
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
  if (first === '--version' || first === '-V') return show(`${version()}\n`);
  if (first === '--help' || first === '-h' || first === 'help') return help(first === 'help' ? rest[0] : undefined);
  if (first === undefined)
    throw new KsmError('EUSAGE', 'which command? "ksm --help" lists them; "ksm scan" shows what KSM does.');
  const command = await commandNamed(first);
  const given = parseArguments(command.name, command.options, rest);
  if (has(given, 'help')) return help(first);
  if (command.tidiesUp?.(given) === true) tidiesUp();
  return command.run(given, signal);
}

/** Explains one command, or names them all. */
async function help(name: string | undefined): Promise<number> {
  const { width } = appearance();
  const { commandHelp, generalHelp } = await import('./help.ts');
  if (name === undefined) return show(generalHelp(await allCommands(), width));
  return show(commandHelp(await commandNamed(name), width));
}

async function show(text: string): Promise<number> {
  await print(text);
  return EXIT.done;
}

async function commandNamed(name: string): Promise<Command> {
  const found = await loadCommand(name);
  if (found !== undefined) return found;
  const what = name.startsWith('-') ? 'an option of "ksm"' : 'a command';
  const near = nearest(name, [...COMMAND_NAMES, 'help', '--help', '--version']);
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

/**
 * All commands: the one table from which dispatch, help, completion and the manual are made.
 *
 * A command is loaded when it is wanted: a scan needs nothing of what records traces.
 */
import type { Command } from './command.ts';

const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  scan: async () => (await import('./scan.ts')).scanCommand,
  replay: async () => (await import('./replay.ts')).replayCommand,
  record: async () => (await import('./record.ts')).recordCommand,
  bench: async () => (await import('./bench.ts')).benchCommand,
  completion: async () => (await import('./completion.ts')).completionCommand(allCommands),
};

/** In the order in which they are listed. */
export const COMMAND_NAMES: readonly string[] = Object.keys(LOADERS);

/** The command of this name; undefined if there is none. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(LOADERS, name) ? LOADERS[name]?.() : undefined;
}

/** All of them, for what tells of each. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(LOADERS).map((load) => load()));
}

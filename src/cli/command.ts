/** What a command of the command line is, so that dispatch and help know all of them alike. */
import type { Arguments, Option } from './arguments.ts';

/**
 * Exit codes, the same for all commands. 128 + signal number where a signal ended it: 130 after Ctrl-C. `unread`: the reader of
 * stdout left before it had everything, which ends other programs by SIGPIPE.
 */
export const EXIT = { done: 0, failed: 1, usage: 2, checkFailed: 3, unread: 141 } as const;

export interface Command {
  readonly name: string;
  /** What follows "ksm" in the first line of the help. */
  readonly synopsis: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What there is to know besides the options: paragraphs, at most 100 characters a line. */
  readonly details: string;
  readonly options: readonly Option[];
  /** Runs it and gives the exit code. `signal` is aborted when the user wants it to end. */
  run(given: Arguments, signal: AbortSignal): Promise<number>;
  /** Has it something to put in order when it is ended? Then the first signal waits for that; else it does so for a moment only. */
  tidiesUp?(given: Arguments): boolean;
}

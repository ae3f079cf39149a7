/** What a command of the command line is, so that dispatch, help, the manual and shells know all of them alike. */
import type { Arguments, Option } from './arguments.ts';

/**
 * Exit codes, the same for all commands. 128 + signal number where a signal ended it: 130 after Ctrl-C. `unread`: the reader of
 * stdout left before it had everything, which ends other programs by SIGPIPE.
 */
export const EXIT = { done: 0, failed: 1, usage: 2, checkFailed: 3, unread: 141 } as const;

/** A paragraph without line breaks, or terms and what they mean. */
export type Detail = string | readonly (readonly [term: string, text: string])[];

export interface Command {
  readonly name: string;
  /** What follows "ksm" in the first line of the help. */
  readonly synopsis: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What there is to know besides the options. */
  readonly details: readonly Detail[];
  readonly options: readonly Option[];
  /** What follows the options, for shells that complete it: files, or one of some words. */
  readonly operands?: 'files' | readonly string[];
  /** Runs it and gives the exit code. `signal` is aborted when the user wants it to end. */
  run(given: Arguments, signal: AbortSignal): Promise<number>;
  /** Has it something to put in order when it is ended? Then the first signal waits for that; else it does so for a moment only. */
  tidiesUp?(given: Arguments): boolean;
}

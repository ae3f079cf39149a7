/** What a signal means to the command line: the work is aborted, and an Interrupted is the reason. */
import os from 'node:os';
import process from 'node:process';

/** The signals that ask a program to end. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type Signal = (typeof SIGNALS)[number];

/** Why work was aborted, with the exit code that shells expect: 128 + the signal's number. */
export class Interrupted extends Error {
  override readonly name: string = 'Interrupted';
  readonly exitCode: number;

  constructor(signal: Signal) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + os.constants.signals[signal];
  }
}

/**
 * Runs `work` in this thread, with a signal that the first SIGINT, SIGTERM or SIGHUP aborts; the reason is an Interrupted. A second
 * one ends the program as if there were no handler.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: Signal): void => {
    release();
    controller.abort(new Interrupted(signal));
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    // Ctrl-C reaches child processes as well, and work may fail for the lack of them before it looks at its signal.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    release();
  }
}

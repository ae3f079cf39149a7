/**
 * Ends long work in order when the user presses Ctrl-C or the system asks: the work sees an aborted signal and cleans up.
 * A second Ctrl-C ends the program at once, as if there were no handler.
 */
import os from 'node:os';
import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Why work was aborted, with the exit code that shells expect: 128 + the signal's number. */
export class Interrupted extends Error {
  override readonly name: string = 'Interrupted';
  readonly exitCode: number;

  constructor(signal: (typeof SIGNALS)[number]) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + os.constants.signals[signal];
  }
}

/** Runs `work` with a signal that the first SIGINT, SIGTERM or SIGHUP aborts; the reason is an Interrupted. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: (typeof SIGNALS)[number]): void => {
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

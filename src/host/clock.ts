/** Time as an input: whoever wants runs that can be repeated hands in a clock of their own. */
export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** CPU time that the scanner has used so far, nanoseconds. */
  cpu(): bigint;
  /** Resolves after `milliseconds`, or as soon as `signal` aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The system's clock. As CPU time it counts what passes while the caller's thread is busy: the scanner never waits in a batch. */
export function systemClock(): Clock {
  return {
    now: () => performance.now(),
    cpu: () => BigInt(Math.round(performance.now() * 1e6)),
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, milliseconds);
        signal.addEventListener('abort', done);
      }),
  };
}

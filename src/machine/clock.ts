/** Time as an input. */
import { finiteNumber, invalid } from '../validate.ts';

/** Whoever wants runs that can be repeated hands in a clock of their own. */
export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** CPU time that the scanner has used so far, nanoseconds. */
  cpu(): bigint;
  /** Resolves after `milliseconds`, or as soon as `signal` aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const CLOCK = 'a clock: { now(): milliseconds, cpu(): nanoseconds as a bigint, sleep(milliseconds, signal): Promise }';

/** A clock that somebody hands in. EINVAL if it is none. */
export function clockOf(what: string, given: unknown): Clock {
  if (typeof given !== 'object' || given === null) throw invalid(what, given, CLOCK);
  const clock = given as Clock;
  for (const name of ['now', 'cpu', 'sleep'] as const) {
    if (typeof clock[name] !== 'function') throw invalid(`${what}: its ${name}`, clock[name], CLOCK);
  }
  return clock;
}

/** Milliseconds, of whatever clock. EINVAL if it says something else. */
export function nowOf(clock: Clock): number {
  return finiteNumber('clock.now()', clock.now());
}

/** Nanoseconds of CPU time, of whatever clock. EINVAL if it says something else. */
export function cpuOf(clock: Clock): bigint {
  const cpu: unknown = clock.cpu();
  if (typeof cpu === 'bigint') return cpu;
  throw invalid('clock.cpu()', cpu, 'nanoseconds as a bigint');
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

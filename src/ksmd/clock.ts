/**
 * The clock of ksmd in a thread of its own: a clock cannot be handed to another thread, so this one goes on from the time that the
 * host's had, at the system's pace.
 *
 * As CPU time the advisor wants that of this thread alone; `process.cpuUsage` is of all threads together. Where Node.js can tell
 * (process.threadCpuUsage) it is asked. Elsewhere it is the time in which ksmd did not sleep: that includes what it waited for the
 * engine's lock and for a processor, which on a busy machine makes the advisor more careful than it would have to be. Helpers do not
 * count: the advisor's limit is in percent of one CPU.
 */
import { type Engine, layout } from '../engine/index.ts';
import type { Clock } from '../machine/index.ts';

/** Milliseconds on a scale that all threads of a program share. */
export function sharedTime(): number {
  return performance.timeOrigin + performance.now();
}

type CpuUsage = { readonly user: number; readonly system: number };
const { threadCpuUsage } = (globalThis.process ?? {}) as { threadCpuUsage?: () => CpuUsage };

/** CPU time of this thread in nanoseconds; undefined if nobody can tell. */
function threadCpu(): bigint | undefined {
  if (threadCpuUsage === undefined) return undefined;
  const { user, system } = threadCpuUsage();
  return BigInt(user + system) * 1000n;
}

export class KsmdClock implements Clock {
  readonly #offset: number;
  readonly #started: number = performance.now();
  readonly #cpu: bigint;
  #slept = 0;

  /** `offset`: the host's time less the shared time. CPU time goes on from what the advisor of `engine` has seen last. */
  constructor(engine: Engine, offset: number) {
    this.#offset = offset;
    this.#cpu = engine.bigU64(layout.H_ADVISOR_CPU_TIME) - (threadCpu() ?? 0n);
  }

  now(): number {
    return this.#offset + sharedTime();
  }

  cpu(): bigint {
    const busy = performance.now() - this.#started - this.#slept;
    return this.#cpu + (threadCpu() ?? BigInt(Math.round(busy * 1e6)));
  }

  /** Does `sleep`, which blocks this thread, and does not count it as work. */
  asleep(sleep: () => void): void {
    const before = performance.now();
    sleep();
    this.#slept += performance.now() - before;
  }

  sleep(): Promise<void> {
    throw new Error('ksmd sleeps on its bell');
  }
}

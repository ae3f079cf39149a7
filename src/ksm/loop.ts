/** ksmd in the caller's thread, as an asynchronous loop: batches, and what comes between two of them. */
import { layout } from '../engine/index.ts';
import { type Clock, clockOf, type Machine } from '../machine/index.ts';
import { abortSignal, type Checks, optionsOf } from '../validate.ts';
import { batch, hasWork, type Sample } from './batch.ts';

export interface KsmdOptions {
  /** Ends the loop after the running batch. */
  readonly signal?: AbortSignal;
  /** Instead of the host's. */
  readonly clock?: Clock;
}

const OPTIONS: Checks<KsmdOptions> = { signal: abortSignal, clock: clockOf };

/** See Ksmd.run. */
export async function* ksmdLoop(machine: Machine, options: KsmdOptions): AsyncGenerator<Sample, void, void> {
  const { clock = machine.clock, signal: given } = optionsOf('ksmd', options, OPTIONS);
  const { closed, work } = machine;
  const signal = given === undefined ? closed : AbortSignal.any([given, closed]);
  while (!signal.aborted) {
    const { rings } = work;
    if (!hasWork(machine.engine)) {
      await work.wait(signal, rings);
      continue;
    }
    yield batch(machine, clock);
    if (!signal.aborted && hasWork(machine.engine)) await pause(machine, clock, signal);
  }
}

/** The pause between two batches: `sleep_millisecs`, cut short when that setting changes. */
async function pause({ engine, work }: Machine, clock: Clock, signal: AbortSignal): Promise<void> {
  const milliseconds = engine.u32(layout.H_SLEEP_MILLISECS);
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  const over = clock.sleep(milliseconds, either).then(() => end.abort());
  while (!either.aborted) {
    const { rings } = work;
    if (engine.u32(layout.H_SLEEP_MILLISECS) !== milliseconds) end.abort();
    else await Promise.race([over, work.wait(either, rings)]);
  }
}

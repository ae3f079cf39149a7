/** Time that goes on: a restored machine remembers times, and the system's clock may have begun anew since. */
import { type Engine, layout } from '../engine/index.ts';
import { type Clock, systemClock } from '../machine/index.ts';

/**
 * A clock that goes on from the last time that `engine` was told, at the pace of `clock`. Its memory has that time
 * modulo 2^32, and, where the advisor was on, when the running pass began, in full.
 */
export function resumedClock(engine: Engine, clock: Clock = systemClock()): Clock {
  const passStart = engine.bigU64(layout.H_ADVISOR_START_SCAN);
  const sincePassStart = BigInt.asUintN(32, BigInt(engine.u32(layout.H_NOW)) - passStart);
  const now = Number(passStart + sincePassStart) - clock.now();
  const cpu = engine.bigU64(layout.H_ADVISOR_CPU_TIME) - clock.cpu();
  return {
    now: () => now + clock.now(),
    cpu: () => cpu + clock.cpu(),
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
  };
}

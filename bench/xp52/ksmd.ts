/**
 * ksmd in virtual time: it scans a batch, which takes so long a page, sleeps as long as its setting says, and begins anew.
 *
 * If a page of the simulation stands for several (`scale`), all that ksmd does takes so many times as long, so it passes over all of memory
 * in the same time as it would if every page were there.
 */

import type { Clock, Host } from '../../src/index.ts';

/**
 * Nanoseconds that a page takes ksmd. Measured beside this engine on the machine of docs/performance.md: 800 where a checksum is all
 * there is to do, 8000 where a page is searched for in the trees, 400 where it is merged already. A value between the first two, and the
 * same for every page.
 */
export const PAGE_COST = 2000;

/** Time that passes only where somebody says so. */
export class VirtualClock implements Clock {
  milliseconds = 0;
  /** Nanoseconds. */
  work = 0;

  now(): number {
    return this.milliseconds;
  }

  cpu(): bigint {
    return BigInt(Math.floor(this.work));
  }

  sleep(milliseconds: number): Promise<void> {
    this.milliseconds += milliseconds;
    return Promise.resolve();
  }
}

export class VirtualKsmd {
  readonly #host: Host;
  readonly #clock: VirtualClock;
  readonly #scale: number;
  /** When the next batch begins, milliseconds. */
  #next = 0;

  constructor(host: Host, clock: VirtualClock, scale: number) {
    this.#host = host;
    this.#clock = clock;
    this.#scale = scale;
  }

  /** Does the batches that begin before `milliseconds`, and leaves the clock there. */
  runTo(milliseconds: number): void {
    const { ksm } = this.#host;
    while (this.#next < milliseconds && ksm.settings.run === 1) {
      this.#clock.milliseconds = this.#next;
      const { pages_scanned } = ksm.scan(ksm.settings.pages_to_scan);
      const work = pages_scanned * PAGE_COST * this.#scale;
      this.#clock.work += work;
      this.#next += work / 1e6 + ksm.settings.sleep_millisecs * this.#scale;
    }
    this.#clock.milliseconds = milliseconds;
  }
}

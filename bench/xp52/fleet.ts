/**
 * The guests of a host: the next one is started once the one before it has booted and there is room for it.
 *
 * Room is as many free frames as a guest touches while it boots, or the part of that which the scenario wants to see; a guest for which
 * there is none waits.
 */

import type { Host } from '../../src/index.ts';
import { freeFrames, Guest } from './guest.ts';
import type { Plan } from './plan.ts';

export class Fleet {
  readonly #host: Host;
  readonly #plans: readonly Plan[];
  readonly #room: number;
  readonly #guests: Guest[] = [];
  /** Has the next guest had to wait for room yet? */
  hasWaited = false;
  /** Has a guest not got a frame that it wanted? */
  hasRunOut = false;

  /** `room`: free frames that there must be for the next guest. */
  constructor(host: Host, plans: readonly Plan[], room: number) {
    this.#host = host;
    this.#plans = plans;
    this.#room = room;
  }

  /** Guests that were started. */
  get started(): number {
    return this.#guests.length;
  }

  /** Guests that have touched all of their memory. */
  get booted(): number {
    const last = this.#guests.at(-1);
    return last === undefined || last.hasBooted ? this.started : this.started - 1;
  }

  /** What all guests do in so many seconds. */
  run(seconds: number): void {
    const plan = this.#plans[this.started];
    if (plan !== undefined && this.booted === this.started) this.#start(plan);
    for (const guest of this.#guests) {
      if (!guest.run(seconds)) this.hasRunOut = true;
    }
  }

  #start(plan: Plan): void {
    if (freeFrames(this.#host) < this.#room) this.hasWaited = true;
    else this.#guests.push(new Guest(this.#host, plan.contents, plan.options));
  }
}

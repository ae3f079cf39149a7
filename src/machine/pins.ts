/** Handles of extra references: one for each that is held, however it came to be held. */
import { errnoOf, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { FrameId } from '../memory/index.ts';
import type { Pin } from './calls.ts';
import { expectFrame } from './frames.ts';
import type { Machine } from './machine.ts';

export class Pins {
  readonly #machine: Machine;
  /** How many handles there are, by frame. */
  readonly #held: Map<FrameId, number> = new Map();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** A handle for a pin that came with a snapshot. EINVAL if there is none that has no handle yet. */
  adopt(given: FrameId): Pin {
    const { engine } = this.#machine;
    const frame = expectFrame(engine, 'adoptPin', given);
    const pins = engine.call.pinsOf(frame);
    const held = this.#held.get(frame) ?? 0;
    if (pins > held) return this.hold(frame, layout.PIN_GET);
    const why = pins === 0 ? 'nobody has pinned it' : `all its ${pins} pins have a handle already`;
    throw new KsmError('EINVAL', `adoptPin: there is no pin of frame ${frame} to adopt; ${why}.`);
  }

  /** The handle of a pin that was just taken in the way `how` (layout.PIN_*). */
  hold(frame: FrameId, how: number): Pin {
    this.#count(frame, 1);
    let held = true;
    const release = (): void => {
      if (!held) return;
      const { call } = this.#machine.engine;
      const status = call.unpinFrame(frame, how);
      held = false;
      this.#count(frame, -1);
      if (errnoOf(status) !== 0)
        throw new KsmError('EINVAL', `release: frame ${frame} has no pin any more; somebody else released it.`);
    };
    return { frame, release, [Symbol.dispose]: release };
  }

  #count(frame: FrameId, change: 1 | -1): void {
    const held = (this.#held.get(frame) ?? 0) + change;
    if (held === 0) this.#held.delete(frame);
    else this.#held.set(frame, held);
  }
}

/**
 * Frames by number: the zero frame is 0, and the others follow it.
 *
 * Whatever names a frame in the driver is a FrameId. How the engine names one, in its calls and in the words of its memory, and where a
 * frame's content lies, is known here and nowhere else.
 */
import * as layout from '../../assembly/layout/index.ts';
import type { Memory } from './memory.ts';

const { PAGE_SIZE, PTE_FRAME } = layout;

declare const FRAME: unique symbol;

/** Number of a frame, counted from the zero frame. `host.frame` makes one of a number. */
export type FrameId = number & { readonly [FRAME]: never };

/** The frame of zeros, which no process owns and nobody writes. */
export const ZERO_FRAME: FrameId = 0 as FrameId;

export class Frames {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** How many there are, the zero frame included. */
  get count(): number {
    return this.#memory.u32(layout.H_FRAME_LIMIT);
  }

  /** Address of the zero frame's content. */
  get #first(): number {
    return this.#memory.u32(layout.H_FRAMES);
  }

  /** Is `number` the number of a frame, whatever its type says? */
  has(number: unknown): number is FrameId {
    return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < this.count;
  }

  /** The frame as the engine names it in calls and words. */
  toEngine(frame: FrameId): number {
    return this.#first + frame * PAGE_SIZE;
  }

  /** The frame that the engine means with `word`, signed or not. */
  fromEngine(word: number): FrameId {
    return (((word >>> 0) - this.#first) / PAGE_SIZE) as FrameId;
  }

  /** The frame that a pte maps, which is present. */
  ofPte(pte: number): FrameId {
    return this.fromEngine(pte & PTE_FRAME);
  }

  /** Address of the frame's content. */
  placeOf(frame: FrameId): number {
    return this.#first + frame * PAGE_SIZE;
  }

  /** Address of the content of the frame that the engine means with `word`. */
  placeFromEngine(word: number): number {
    return word >>> 0;
  }

  /** Address of the content of the frame that a pte maps. */
  placeOfPte(pte: number): number {
    return (pte & PTE_FRAME) >>> 0;
  }

  /** What a thread announces that accesses the frame of a pte in the way `how` (ACCESS_READ or ACCESS_WRITE). */
  accessOf(pte: number, how: number): number {
    return (pte & PTE_FRAME) | how;
  }

  /** The engine's word about the frame: who has it (FRAME_* of the layout). */
  wordOf(frame: FrameId): number {
    return this.#memory.u32(this.#memory.u32(layout.H_FRAME_WORDS) + frame * 4);
  }
}

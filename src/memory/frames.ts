/**
 * Frames by number: the zero frame is 0, and the others follow it. The driver and the engine call them so alike.
 *
 * What the words of the engine's memory say of a frame, and where a frame's content lies, is known here and nowhere else.
 */
import * as layout from '../../assembly/layout/index.ts';
import type { Memory } from './memory.ts';

const { PTE_ACCESS, PTE_FRAME, PTE_FRAME_SHIFT } = layout;

/** A name is a u64. */
const NAME_BYTES = 8;

declare const FRAME: unique symbol;

/** Number of a frame, counted from the zero frame. `host.frame` makes one of a number. */
export type FrameId = number & { readonly [FRAME]: never };

/** The frame of zeros, which no process owns and nobody writes. */
export const ZERO_FRAME: FrameId = layout.ZERO_FRAME as FrameId;

/** Does a pte map a frame? */
export function isPresent(pte: number): boolean {
  return (pte & PTE_ACCESS) !== 0;
}

/** The frame that a present pte maps, signed or not. */
export function frameOfPte(pte: number): FrameId {
  return (pte >>> PTE_FRAME_SHIFT) as FrameId;
}

export class Frames {
  readonly #memory: Memory;
  /** Address of the zero frame's content; 0 until it is asked for. */
  #first = 0;
  #bytes = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** How many there are, the zero frame included. */
  get count(): number {
    return this.#memory.u32(layout.H_FRAME_LIMIT);
  }

  /** Is `number` the number of a frame, whatever its type says? */
  has(number: unknown): number is FrameId {
    return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < this.count;
  }

  /** Address of the frame's content. */
  placeOf(frame: number): number {
    if (this.#first === 0) {
      this.#bytes = this.contentBytes;
      this.#first = this.#memory.u32(layout.H_FRAMES);
    }
    return this.#first + frame * this.#bytes;
  }

  /** Does a frame hold a name in place of 4096 bytes? */
  get areNames(): boolean {
    return this.#memory.u32(layout.H_PAGE_KIND) === layout.PAGE_NAMES_KIND;
  }

  /** Bytes of a frame's content. */
  get contentBytes(): number {
    return this.areNames ? NAME_BYTES : layout.PAGE_SIZE;
  }

  /** Address of the content of the frame that a pte maps. */
  placeOfPte(pte: number): number {
    return this.placeOf(pte >>> PTE_FRAME_SHIFT);
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

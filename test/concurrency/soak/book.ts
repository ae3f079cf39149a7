/**
 * The processes of a guest, in memory that its death does not take along: whoever survives it ends them.
 *
 * A process is struck off before it ends and entered after it began, so that none in the book can be another's by now;
 * one that is not in the book may have been lost.
 */
import type { ProcessHandle } from '../../../src/index.ts';

/** How many processes one guest has at most, a child and a successor included. */
const LINES = 16;

export class Book {
  readonly buffer: SharedArrayBuffer;
  /** Pairs of id and mm; an id of 0: an empty line. */
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(LINES * 8)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  enter({ id, mm }: ProcessHandle): void {
    const line = this.#find(0);
    this.#words[line + 1] = mm;
    Atomics.store(this.#words, line, id);
  }

  strike({ id }: ProcessHandle): void {
    Atomics.store(this.#words, this.#find(id), 0);
  }

  get processes(): readonly ProcessHandle[] {
    const lines = Array.from({ length: LINES }, (_, line) => 2 * line);
    return lines
      .map((line) => ({ id: this.#words[line] ?? 0, mm: (this.#words[line + 1] ?? 0) >>> 0 }))
      .filter(({ id }) => id !== 0);
  }

  #find(id: number): number {
    for (let line = 0; line < this.#words.length; line += 2) if (this.#words[line] === id) return line;
    throw new Error(`a guest's book has no line with ${id}`);
  }
}

/**
 * Which pages of a process are there, from /proc/PID/pagemap: one 64-bit word for every page of the address space.
 *
 * Frame numbers in it are hidden from ordinary users; the flags used here are not.
 */

import { readSync } from 'node:fs';

/** Consecutive pages of an address space: page numbers are address / 4096. */
export interface Run {
  readonly at: number;
  readonly pages: number;
}

const ENTRY_BYTES = 8;
/** Of the upper half of an entry: bit 63 says present, bit 61 that the page is a file's or shared memory. */
const PRESENT = 0x8000_0000;
const NOT_ANONYMOUS = 0x2000_0000;

/** Reads a pagemap that is open as `fd`; owns the buffer that it reads into. */
export class Pagemap {
  readonly #fd: number;
  readonly #words: Uint32Array = new Uint32Array(2 * 16_384);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * The runs of present anonymous pages among `pages` pages from `at` on, ascending, as long as they can be.
   *
   * The shared zero page, which a process gets for reading memory it has never written, looks like an anonymous page.
   * undefined: the process has ended. Errors of the file system are passed on.
   */
  presentRuns(at: number, pages: number): Run[] | undefined {
    const runs: Run[] = [];
    let start = -1;
    for (let done = 0; done < pages; ) {
      const read = this.#read(at + done, pages - done);
      if (read === 0) return undefined;
      for (let i = 0; i < read; i++) {
        const flags = this.#words[2 * i + 1] ?? 0;
        const there = (flags & PRESENT) !== 0 && (flags & NOT_ANONYMOUS) === 0;
        if (there && start < 0) start = at + done + i;
        if (!there && start >= 0) {
          runs.push({ at: start, pages: at + done + i - start });
          start = -1;
        }
      }
      done += read;
    }
    if (start >= 0) runs.push({ at: start, pages: at + pages - start });
    return runs;
  }

  /** Puts the words of up to `pages` pages into the buffer; how many, 0 if the process has ended. */
  #read(at: number, pages: number): number {
    const bytes = Math.min(pages * ENTRY_BYTES, this.#words.byteLength);
    return Math.floor(readSync(this.#fd, this.#words, 0, bytes, at * ENTRY_BYTES) / ENTRY_BYTES);
  }
}

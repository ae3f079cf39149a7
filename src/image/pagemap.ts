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
/** Bit 56: nobody else maps it. The kernel's zero page never has it. */
const EXCLUSIVE = 0x0100_0000;
/** Bits 0 to 54: the number of the frame, or 0 for who may not know it. */
const FRAME_HIGH = 0x007f_ffff;

/** What an entry says of an anonymous page. */
export interface PageEntry {
  readonly isExclusive: boolean;
  readonly frame: number;
}

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
      const read = this.read(at + done, pages - done);
      if (read === 0) return undefined;
      for (let i = 0; i < read; i++) {
        const there = this.isAnonymous(i);
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

  /** Is entry `index` of those read last a present anonymous page's? */
  isAnonymous(index: number): boolean {
    const flags = this.#words[2 * index + 1] ?? 0;
    return (flags & PRESENT) !== 0 && (flags & NOT_ANONYMOUS) === 0;
  }

  /** What entry `index` of those read last, which is an anonymous page's, says besides. */
  entry(index: number): PageEntry {
    const [low, high] = [this.#words[2 * index] ?? 0, this.#words[2 * index + 1] ?? 0];
    return { isExclusive: (high & EXCLUSIVE) !== 0, frame: (high & FRAME_HIGH) * 2 ** 32 + low };
  }

  /** Reads the entries of up to `pages` pages, at most those of a buffer; how many, 0 if the process has ended. */
  read(at: number, pages: number): number {
    const bytes = Math.min(pages * ENTRY_BYTES, this.#words.byteLength);
    return Math.floor(readSync(this.#fd, this.#words, 0, bytes, at * ENTRY_BYTES) / ENTRY_BYTES);
  }
}

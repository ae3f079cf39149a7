/**
 * One reading of a live process: copies pages out of it while it runs on.
 *
 * Each piece is looked up again right before it is copied: reading a page that is not there through /proc/PID/mem would
 * make the kernel put one there, and so change the process. Files of /proc are read synchronously. They are memory, not
 * a disk: a piece takes some 50 microseconds, as long as it takes to hand the work to another thread and back.
 */

import { closeSync, openSync, readSync } from 'node:fs';
import { count, systemCode } from './failure.ts';
import { Pagemap, type Run } from './pagemap.ts';
import type { NumberedRun } from './ranges.ts';
import { PAGE_BYTES, type PageChunk } from './source.ts';

/**
 * Pages copied by one read. Measured with a consumer that copies them on (512 MiB, Linux 6.18, two cores): 4 KiB give
 * 1.8 GiB/s, 16 KiB 3.4, 64 KiB 3.9, 256 KiB 4.4, and up to 4 MiB no more than that. So: the smallest of the fastest,
 * which also stays in a core's own cache until the consumer reads it.
 */
const BUFFER_PAGES = 64;

/** Two open files, a buffer, and the account of what could not be read. close() it. */
export class ProcessReader {
  /** The process has no memory any more; nothing else can be read. */
  ended = false;
  readonly #mem: number;
  readonly #map: number;
  readonly #pagemap: Pagemap;
  readonly #buffer: Uint8Array;
  #read = 0;
  #gone = 0;
  #unreadable = 0;

  /** `lend`: memory of whole pages to read into, if there is any. */
  constructor(pid: number, lend?: Uint8Array) {
    this.#buffer = lend?.subarray(0, BUFFER_PAGES * PAGE_BYTES) ?? Buffer.allocUnsafeSlow(BUFFER_PAGES * PAGE_BYTES);
    this.#mem = openSync(`/proc/${pid}/mem`, 'r');
    try {
      this.#map = openSync(`/proc/${pid}/pagemap`, 'r');
    } catch (error) {
      closeSync(this.#mem);
      throw error;
    }
    this.#pagemap = new Pagemap(this.#map);
  }

  close(): void {
    closeSync(this.#mem);
    closeSync(this.#map);
  }

  /** The pages of the run that are still there. */
  *read(run: NumberedRun): Generator<PageChunk, void> {
    for (let done = 0; done < run.pages && !this.ended; done += BUFFER_PAGES) {
      const pages = Math.min(BUFFER_PAGES, run.pages - done);
      const present = this.#pagemap.presentRuns(run.at + done, pages);
      if (present === undefined) {
        this.ended = true;
        return;
      }
      this.#gone += present.reduce((left, piece) => left - piece.pages, pages);
      for (const piece of present) yield* this.#copy(piece, run.page - run.at);
    }
  }

  /** What could not be read of `pages`, as sentences; `isAlive`: where its memory has ended, it has become another program. */
  notes(pages: number, isAlive: boolean): string[] {
    const notes: string[] = [];
    if (this.#gone > 0) notes.push(lost(this.#gone, 'the process gave them back before they were read'));
    if (this.#unreadable > 0) notes.push(lost(this.#unreadable, 'the kernel could not read them'));
    const never = pages - this.#read - this.#gone - this.#unreadable;
    const how = isAlive ? 'became another program' : 'ended';
    if (never > 0) notes.push(lost(never, `the process ${how} while it was read`));
    return notes;
  }

  *#copy(piece: Run, numbering: number): Generator<PageChunk, void> {
    for (let done = 0; done < piece.pages; ) {
      const at = piece.at + done;
      const read = this.#readPages(at, piece.pages - done);
      if (this.ended) return;
      if (read > 0) {
        this.#read += read;
        yield { page: at + numbering, bytes: this.#buffer.subarray(0, read * PAGE_BYTES) };
      } else {
        this.#unreadable++;
      }
      done += Math.max(1, read);
    }
  }

  /** Fills the buffer with up to `pages` pages; how many. 0: the first of them cannot be read, or it has ended. */
  #readPages(at: number, pages: number): number {
    try {
      const position = BigInt(at) * BigInt(PAGE_BYTES);
      const bytes = readSync(this.#mem, this.#buffer, 0, Math.min(pages * PAGE_BYTES, this.#buffer.length), position);
      this.ended = bytes === 0;
      return Math.floor(bytes / PAGE_BYTES);
    } catch (error) {
      if (!['EIO', 'EFAULT'].includes(systemCode(error))) throw error;
      return 0;
    }
  }
}

/** A note: so many pages are missing, and why. */
export function lost(pages: number, why: string): string {
  return `${count(pages, 'page')} lost: ${why}.`;
}

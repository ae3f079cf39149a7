/**
 * An image whose pages lie in stretches of a file, each from front to back: what every format comes to once it is known where they are.
 *
 * The file may be sparse (holes read as zeros), and it may change while it is read. It is open only while read() runs, so a source that is
 * never read holds nothing.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { printable } from '../printable.ts';
import { count, pathFailure } from './failure.ts';
import type { ImageFile } from './format.ts';
import {
  endOf,
  PAGE_BYTES,
  type PageChunk,
  type PageRange,
  type PageReader,
  type PageRun,
  type PageSource,
  type ReadOptions,
} from './source.ts';

/** Whole pages. What fits into a core's second-level cache is read twice as fast as what does not (docs/performance.md). */
const BUFFER_BYTES = 1 << 18;

/** A stretch of a file: one range of pages, all of them present. The last is filled up with zeros if it does not end on a page. */
export interface Segment {
  /** Of its first byte in the file. */
  readonly offset: number;
  /** At least one. */
  readonly bytes: number;
  /** See PageRange. */
  readonly address: bigint;
  readonly label: string;
}

export class SegmentedImage implements PageSource {
  readonly name: string;
  readonly kind = 'image';
  readonly isRepeatable = true;
  readonly ranges: readonly PageRange[];
  readonly pages: number;
  readonly notes: string[] = [];
  readonly #file: ImageFile;
  readonly #segments: readonly Segment[];

  /** `segments`: by ascending address, not overlapping. */
  constructor(file: ImageFile, segments: readonly Segment[]) {
    this.name = printable(file.path);
    this.ranges = rangesOf(segments);
    this.pages = this.ranges.reduce((total, { pages }) => total + pages, 0);
    this.#file = file;
    this.#segments = segments;
  }

  async *read({ signal, lend, runs }: ReadOptions = {}): AsyncGenerator<PageChunk, void> {
    if (runs === undefined) this.notes.length = 0;
    signal?.throwIfAborted();
    const { path } = this.#file;
    const buffer = lend ?? new Uint8Array(BUFFER_BYTES);
    const read = { bytes: 0, pages: 0, filled: 0 };
    let fd = -1;
    try {
      fd = openSync(path, 'r'); // synchronous: a file's reads overlap nothing, and cost a third more in another thread
      for (const piece of this.#pieces(runs)) {
        for (const chunk of chunks(fd, buffer, piece)) {
          const pages = chunk.bytes.length / PAGE_BYTES;
          read.bytes += chunk.read;
          read.pages += pages;
          read.filled += chunk.bytes.length - chunk.read;
          yield chunk;
          signal?.throwIfAborted();
        }
      }
      if (runs === undefined) this.#report(read, fstatSync(fd).size);
    } catch (error) {
      throw signal?.aborted ? error : pathFailure(error, path);
    } finally {
      if (fd >= 0) closeSync(fd);
    }
  }

  openReader(): PageReader {
    const { path } = this.#file;
    const failed = (error: unknown): never => {
      throw pathFailure(error, path);
    };
    try {
      const fd = openSync(path, 'r');
      return { read: (page, into) => this.#readAt(fd, page, into, failed), close: () => closeSync(fd) };
    } catch (error) {
      return failed(error);
    }
  }

  #readAt(fd: number, page: number, into: Uint8Array, failed: (error: unknown) => never): number {
    try {
      let pages = 0;
      for (const piece of this.#pieces([{ page, pages: into.length / PAGE_BYTES }])) {
        if (piece.page !== page + pages) break;
        const read = fill(fd, into.subarray(pages * PAGE_BYTES), piece.bytes, piece.offset);
        pages += Math.ceil(read / PAGE_BYTES);
        into.fill(0, (pages - 1) * PAGE_BYTES + (read % PAGE_BYTES || PAGE_BYTES), pages * PAGE_BYTES);
        if (read < piece.bytes) break;
      }
      return pages;
    } catch (error) {
      return failed(error);
    }
  }

  /** What is to be read of the file: all segments, or the parts of them that the runs name. */
  *#pieces(runs: readonly PageRun[] | undefined): Generator<Piece> {
    if (runs === undefined) {
      for (const [index, { offset, bytes }] of this.#segments.entries()) {
        yield { page: (this.ranges[index] as PageRange).page, offset, bytes };
      }
      return;
    }
    let index = 0;
    for (const run of runs) {
      for (let page = run.page; page < run.page + run.pages; ) {
        while (index < this.ranges.length && endOf(this.ranges[index] as PageRange) <= page) index++;
        const [range, segment] = [this.ranges[index], this.#segments[index]];
        if (range === undefined || segment === undefined) return;
        page = Math.max(page, range.page);
        const pages = Math.min(run.page + run.pages, endOf(range)) - page;
        if (pages <= 0) break;
        const from = (page - range.page) * PAGE_BYTES;
        yield { page, offset: segment.offset + from, bytes: Math.min(pages * PAGE_BYTES, segment.bytes - from) };
        page += pages;
      }
    }
  }

  #report(read: { bytes: number; pages: number; filled: number }, size: number): void {
    const isOne = this.#segments.length === 1;
    if (read.filled > 0) {
      const what = isOne ? 'The file does not end on a page: the' : 'Not every segment ends on a page: their';
      const were = isOne ? 'last page was' : 'last pages were';
      this.notes.push(`${what} ${were} filled up with ${count(read.filled, 'zero byte')}.`);
    }
    const before = this.#file.size;
    if (read.pages < this.pages || read.bytes < this.#segments.reduce((total, { bytes }) => total + bytes, 0)) {
      const left = isOne ? count(read.bytes, 'byte') : count(size, 'byte');
      const missing = count(this.pages - read.pages, 'page');
      this.notes.push(`The file shrank from ${before} to ${left} while it was read: ${missing} lost.`);
    } else if (size > before) {
      this.notes.push(`The file grew from ${before} to ${size} bytes while it was read: what was added was not read.`);
    }
  }
}

/** One behind the other; a number is left out between two that do not touch. */
function rangesOf(segments: readonly Segment[]): PageRange[] {
  const ranges: PageRange[] = [];
  for (const { bytes, address, label } of segments) {
    const before = ranges.at(-1);
    const touches = before !== undefined && before.address + BigInt(before.pages * PAGE_BYTES) === address;
    const page = before === undefined ? 0 : before.page + before.pages + (touches ? 0 : 1);
    ranges.push({ page, pages: Math.ceil(bytes / PAGE_BYTES), address, label });
  }
  return ranges;
}

/** Bytes of the file that begin with a page. */
interface Piece {
  readonly page: number;
  readonly offset: number;
  readonly bytes: number;
}

/** A chunk, and how many of its bytes are the file's: the rest fills its last page up with zeros. */
interface FileChunk extends PageChunk {
  readonly read: number;
}

/** The piece, as much at a time as the buffer holds; less of it if the file ends early. */
function* chunks(fd: number, buffer: Uint8Array, { page, offset, bytes }: Piece): Generator<FileChunk> {
  for (let done = 0; done < bytes; ) {
    const wanted = Math.min(buffer.length, bytes - done);
    const read = fill(fd, buffer, wanted, offset + done);
    const whole = Math.ceil(read / PAGE_BYTES) * PAGE_BYTES;
    if (read > 0) yield { page: page + done / PAGE_BYTES, bytes: buffer.subarray(0, whole).fill(0, read), read };
    if (read < wanted) return;
    done += read;
  }
}

/** Reads `wanted` bytes; fewer only at the end of the file. A single read may give less, on network file systems for example. */
function fill(fd: number, buffer: Uint8Array, wanted: number, offset: number): number {
  let filled = 0;
  while (filled < wanted) {
    const read = readSync(fd, buffer, filled, wanted - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

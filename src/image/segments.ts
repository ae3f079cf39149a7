/**
 * An image whose pages lie in stretches of a file, each from front to back: what every format comes to once it is known where they are.
 *
 * The file may be sparse (holes read as zeros), and it may change while it is read. It is open only while read() runs, so a source that is
 * never read holds nothing.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { printable } from '../printable.ts';
import { count, pathFailure } from './failure.ts';
import type { ImageFile } from './format.ts';
import { PAGE_BYTES, type PageChunk, type PageRange, type PageSource } from './source.ts';

/** Whole pages; large enough that the threads that Node.js reads files with are not what takes the time. */
const BUFFER_BYTES = 1 << 20;

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

  async *read(signal?: AbortSignal): AsyncGenerator<PageChunk, void> {
    this.notes.length = 0;
    signal?.throwIfAborted();
    const { path } = this.#file;
    const file = await open(path).catch((error: unknown) => {
      throw pathFailure(error, path);
    });
    const read = { bytes: 0, pages: 0, filled: 0 };
    try {
      for (const [index, segment] of this.#segments.entries()) {
        let page = (this.ranges[index] as PageRange).page;
        for await (const chunk of chunks(file, segment)) {
          const pages = Math.ceil(chunk.length / PAGE_BYTES);
          read.bytes += chunk.length;
          read.pages += pages;
          read.filled += pages * PAGE_BYTES - chunk.length;
          yield { page, bytes: padded(chunk) };
          page += pages;
          signal?.throwIfAborted();
        }
      }
      this.#report(read, (await file.stat()).size);
    } catch (error) {
      throw signal?.aborted ? error : pathFailure(error, path);
    } finally {
      await file.close();
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

/** The bytes of a segment in whole pages (the last piece aside), all in the same buffer; less if the file ends early. */
async function* chunks(file: FileHandle, { offset, bytes }: Segment): AsyncGenerator<Buffer, void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES));
  for (let position = 0; position < bytes; ) {
    const wanted = Math.min(buffer.length, bytes - position);
    let filled = 0;
    // A single read may give less than asked for before the end of the file, on network file systems for example.
    while (filled < wanted) {
      const { bytesRead } = await file.read(buffer, filled, wanted - filled, offset + position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (filled > 0) yield buffer.subarray(0, filled);
    if (filled < wanted) return;
    position += filled;
  }
}

/** The chunk up to the next page boundary, in the same memory: the buffer is a whole number of pages. */
function padded(chunk: Buffer): Buffer {
  const whole = Math.ceil(chunk.length / PAGE_BYTES) * PAGE_BYTES;
  return Buffer.from(chunk.buffer, chunk.byteOffset, whole).fill(0, chunk.length);
}

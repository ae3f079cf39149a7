/**
 * Any file as a memory image: its bytes, from front to back, are the pages.
 *
 * Nothing is assumed about the content. The file may be sparse (holes read as zeros), and it may change while it is
 * read. It is open only while read() runs, so a source that is never read holds nothing.
 */

import { type FileHandle, open, stat } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { printable } from '../printable.ts';
import { count, failure } from './failure.ts';
import { PAGE_BYTES, type PageChunk, type PageRange, type PageSource } from './source.ts';

/** Whole pages; large enough that the threads that Node.js reads files with are not what takes the time. */
const BUFFER_BYTES = 1 << 20;

/**
 * A regular file as one range of pages, all of them present. The last one is filled up with zeros if the file does not
 * end on a page; `notes` then says so.
 *
 * Throws ENOENT (no such file), EACCES (not readable), EINVAL (a directory, a device, a pipe or a socket; empty), or
 * the file system's errno.
 */
export async function openImage(path: string): Promise<PageSource> {
  try {
    // Looked at before it is opened: opening a pipe would wait for somebody to write to it.
    const file = await stat(path);
    if (!file.isFile()) throw notAFile(path, file);
    if (file.size === 0) throw new KsmError('EINVAL', `${printable(path)} is empty; an image has at least one byte`);
    await (await open(path)).close();
    return new RawImage(path, file.size);
  } catch (error) {
    throw pathFailure(error, path);
  }
}

class RawImage implements PageSource {
  readonly name: string;
  readonly kind = 'image';
  readonly ranges: readonly PageRange[];
  readonly pages: number;
  readonly notes: string[] = [];
  readonly #path: string;
  readonly #size: number;

  constructor(path: string, size: number) {
    this.name = printable(path);
    this.pages = Math.ceil(size / PAGE_BYTES);
    this.ranges = [{ page: 0, pages: this.pages, address: 0n, label: '' }];
    this.#path = path;
    this.#size = size;
  }

  async *read(signal?: AbortSignal): AsyncGenerator<PageChunk, void> {
    this.notes.length = 0;
    signal?.throwIfAborted();
    const file = await open(this.#path).catch((error: unknown) => {
      throw pathFailure(error, this.#path);
    });
    try {
      let bytes = 0;
      for await (const chunk of chunks(file, this.#size)) {
        bytes += chunk.length;
        yield { page: (bytes - chunk.length) / PAGE_BYTES, bytes: padded(chunk) };
        signal?.throwIfAborted();
      }
      this.#report(bytes, (await file.stat()).size);
    } catch (error) {
      throw signal?.aborted ? error : pathFailure(error, this.#path);
    } finally {
      await file.close();
    }
  }

  #report(read: number, size: number): void {
    const rest = read % PAGE_BYTES;
    if (rest > 0) {
      this.notes.push(
        `The file does not end on a page: the last page was filled up with ${count(PAGE_BYTES - rest, 'zero byte')}.`,
      );
    }
    const missing = this.pages - Math.ceil(read / PAGE_BYTES);
    if (read < this.#size) {
      this.notes.push(
        `The file shrank from ${this.#size} to ${count(read, 'byte')} while it was read: ` +
          `${count(missing, 'page')} lost.`,
      );
    } else if (size > this.#size) {
      this.notes.push(
        `The file grew from ${this.#size} to ${size} bytes while it was read: what was added was not read.`,
      );
    }
  }
}

/** The first `size` bytes in whole pages (the last piece aside), all in the same buffer; less if it ends early. */
async function* chunks(file: FileHandle, size: number): AsyncGenerator<Buffer, void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, Math.ceil(size / PAGE_BYTES) * PAGE_BYTES));
  for (let position = 0; position < size; ) {
    const wanted = Math.min(buffer.length, size - position);
    let filled = 0;
    // A single read may give less than asked for before the end of the file, on network file systems for example.
    while (filled < wanted) {
      const { bytesRead } = await file.read(buffer, filled, wanted - filled, position + filled);
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

function notAFile(path: string, file: { isDirectory(): boolean; isFIFO(): boolean; isSocket(): boolean }): KsmError {
  const what = file.isDirectory() ? 'directory' : file.isFIFO() ? 'pipe' : file.isSocket() ? 'socket' : 'device';
  const advice = what === 'directory' ? 'name the files in it' : 'copy what it holds into a file first';
  return new KsmError('EINVAL', `${printable(path)} is a ${what}; an image is a regular file: ${advice}`);
}

function pathFailure(error: unknown, path: string): KsmError {
  const shown = printable(path);
  return failure(error, `read ${shown}`, {
    ENOENT: `${shown}: no such file`,
    EACCES: `${shown} is not readable for this user`,
  });
}

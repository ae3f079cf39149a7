/**
 * An address space of an image as a source of a scan: its ranges get numbers, and are read through the window that the loader lends.
 *
 * Other threads make the same space again: of its pieces if it has any, else by opening the image once more (opened.ts).
 */
import { statSync } from 'node:fs';
import { KsmError } from '../errors.ts';
import type { FileBytes } from './bytes/file-bytes.ts';
import { count } from './failure.ts';
import type { PageSpace, SpaceRange } from './format.ts';
import { type ImageData, spaceOf } from './opened.ts';
import {
  endOf,
  type ImageFacts,
  PAGE_BYTES,
  type PageChunk,
  type PageRange,
  type PageReader,
  type PageRun,
  type PageSource,
  type Reading,
  type ReadOptions,
  type Shareable,
} from './source.ts';

/** Whole pages. What fits into a core's second-level cache is read twice as fast as what does not (docs/performance.md). */
const BUFFER_BYTES = 1 << 18;

export class ImageSource implements PageSource {
  readonly name: string;
  readonly kind = 'image';
  readonly isRepeatable = true;
  readonly ranges: readonly PageRange[];
  readonly pages: number;
  readonly image: ImageFacts;
  readonly notes: string[];
  readonly #data: ImageData;
  readonly #file: FileBytes;
  readonly #onClose: () => void;
  /** Undefined until it is needed, in threads that have not opened the image themselves. */
  #space: PageSpace | undefined;
  /** By number of the range: pages in front of it. */
  readonly #before: Float64Array;

  /** `onClose`: lets go what was opened for all sources of the image; may be called for each. */
  constructor(data: ImageData, file: FileBytes, space?: PageSpace, onClose: () => void = () => {}) {
    this.#onClose = onClose;
    this.name = data.name;
    this.ranges = data.ranges;
    this.image = data.facts;
    this.notes = [...data.notes];
    this.#data = data;
    this.#file = file;
    this.#space = space;
    this.#before = new Float64Array(data.ranges.length);
    let pages = 0;
    for (const [index, range] of data.ranges.entries()) {
      this.#before[index] = pages;
      pages += range.pages;
    }
    this.pages = pages;
  }

  get shareable(): Shareable {
    return { data: this.#data, conclude: (readings) => this.#report(readings) };
  }

  async *read({ signal, lend, runs, onEnd }: ReadOptions = {}): AsyncGenerator<PageChunk, void> {
    signal?.throwIfAborted();
    const buffer = lend ?? new Uint8Array(BUFFER_BYTES);
    using _ = this.#file.use();
    this.#space ??= await spaceOf(this.#data, this.#file);
    let pages = 0;
    for (const run of this.#present(runs ?? this.ranges)) {
      for (const chunk of this.#chunks(this.#space, run, buffer)) {
        pages += chunk.bytes.length / PAGE_BYTES;
        yield chunk;
        signal?.throwIfAborted();
      }
    }
    const reading = { pages, notes: [] };
    if (onEnd !== undefined) onEnd(reading);
    else if (runs === undefined) this.#report([reading]);
  }

  openReader(): PageReader {
    const space = this.#space;
    if (space === undefined) throw new KsmError('EINVAL', `${this.name} is read only by the thread that opened it`);
    const use = this.#file.use();
    return { read: (page, into) => this.#readAt(space, page, into), close: () => use[Symbol.dispose]() };
  }

  close(): void {
    this.#onClose();
  }

  /** Consecutive pages, over ranges that touch. */
  #readAt(space: PageSpace, page: number, into: Uint8Array): number {
    let pages = 0;
    for (const run of this.#present([{ page, pages: into.length / PAGE_BYTES }])) {
      if (run.page !== page + pages) break;
      const room = into.subarray(pages * PAGE_BYTES, (pages + run.pages) * PAGE_BYTES);
      const read = space.read(run.place, room);
      pages += read;
      if (read < run.pages) break;
    }
    return pages;
  }

  /** The run, as much at a time as the buffer holds; less of it if the file ends early. */
  *#chunks(space: PageSpace, { page, pages, place }: PlacedRun, buffer: Uint8Array): Generator<PageChunk> {
    for (let done = 0; done < pages; ) {
      const wanted = Math.min(buffer.length / PAGE_BYTES, pages - done);
      const read = space.read(place + done, buffer.subarray(0, wanted * PAGE_BYTES));
      if (read > 0) yield { page: page + done, bytes: buffer.subarray(0, read * PAGE_BYTES) };
      if (read < wanted) return;
      done += read;
    }
  }

  /** The parts of the runs that are in ranges, with the places of their first pages in the space. */
  *#present(runs: readonly PageRun[]): Generator<PlacedRun> {
    for (const run of runs) {
      for (let index = this.#rangeAt(run.page); index < this.ranges.length; index++) {
        const range = this.ranges[index] as PageRange;
        const page = Math.max(run.page, range.page);
        const pages = Math.min(endOf(run), endOf(range)) - page;
        if (pages <= 0) break;
        yield { page, pages, place: (this.#before[index] as number) + page - range.page };
      }
    }
  }

  /** The first range that ends behind that page. */
  #rangeAt(page: number): number {
    let [low, high] = [0, this.ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (endOf(this.ranges[middle] as PageRange) > page) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** `readings`: of all pages together. */
  #report(readings: readonly Reading[]): void {
    const lost = this.pages - readings.reduce((total, { pages }) => total + pages, 0);
    const { path, size, descriptor } = this.#file.data;
    const now = descriptor === undefined ? sizeNow(path, size) : size;
    this.notes.splice(0, this.notes.length, ...this.#data.notes);
    if (lost > 0 || now < size) {
      this.notes.push(`The file shrank from ${size} to ${now} bytes while it was read: ${count(lost, 'page')} lost.`);
    } else if (now > size) {
      this.notes.push(`The file grew from ${size} to ${now} bytes while it was read: what was added was not read.`);
    }
  }
}

interface PlacedRun extends PageRun {
  /** Of its first page, in the numbering of PageSpace. */
  readonly place: number;
}

/** Bytes that the file has by now; if it is gone, or is no regular file, those that it had. */
function sizeNow(path: string, size: number): number {
  const file = statSync(path, { throwIfNoEntry: false });
  return file?.isFile() ? file.size : size;
}

/** One behind the other; a number is left out between two that do not touch. */
export function numbered(ranges: readonly SpaceRange[]): PageRange[] {
  const result: PageRange[] = [];
  for (const { address, pages, label } of ranges) {
    const before = result.at(-1);
    const touches = before !== undefined && before.address + BigInt(before.pages * PAGE_BYTES) === address;
    const page = before === undefined ? 0 : endOf(before) + (touches ? 0 : 1);
    result.push({ page, pages, address, label });
  }
  return result;
}

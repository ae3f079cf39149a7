/**
 * A pipe or a socket as an image: its bytes, until whoever writes them closes it, are the pages. Nobody knows how many before, and
 * nothing can be read again.
 */
import { KsmError } from '../errors.ts';
import type { Arriving } from './arriving.ts';
import { count } from './failure.ts';
import { raw } from './raw.ts';
import { PAGE_BYTES, type PageChunk, type PageRange, type PageSource, type ReadOptions } from './source.ts';

const BUFFER_BYTES = 1 << 18;

export class StreamSource implements PageSource {
  readonly kind = 'image';
  readonly isRepeatable = false;
  readonly name: string;
  readonly pages = 0;
  readonly notes: string[] = [];
  readonly ranges: PageRange[] = [];
  readonly #arriving: Arriving;
  #partial = 0;
  #isRead = false;

  /** `name`: fit for people. */
  constructor(name: string, arriving: Arriving) {
    this.name = name;
    this.#arriving = arriving;
  }

  get image(): NonNullable<PageSource['image']> {
    return { format: raw.name, title: raw.title, absent: 0, partial: this.#partial };
  }

  close(): void {
    this.#arriving.close();
  }

  /** Throws EINVAL if it was read before, or if nothing comes at all. */
  async *read({ signal, lend }: ReadOptions = {}): AsyncGenerator<PageChunk, void> {
    signal?.throwIfAborted();
    if (this.#isRead) throw new KsmError('EINVAL', `${this.name} is a stream, which can be read only once`);
    this.#isRead = true;
    const buffer = lend ?? new Uint8Array(BUFFER_BYTES);
    let [page, filled] = [0, 0];
    for await (const data of this.#arriving.all(signal)) {
      for (let done = 0; done < data.length; ) {
        const some = Math.min(buffer.length - filled, data.length - done);
        buffer.set(data.subarray(done, done + some), filled);
        done += some;
        filled += some;
        if (filled < buffer.length) continue;
        yield { page, bytes: buffer };
        page += filled / PAGE_BYTES;
        filled = 0;
      }
    }
    const whole = Math.ceil(filled / PAGE_BYTES) * PAGE_BYTES;
    if (filled > 0) yield { page, bytes: buffer.subarray(0, whole).fill(0, filled) };
    this.#conclude(page + whole / PAGE_BYTES, whole - filled);
  }

  #conclude(pages: number, filled: number): void {
    if (pages === 0) throw new KsmError('EINVAL', `${this.name} is empty; an image has at least one byte`);
    this.ranges.push({ page: 0, pages, address: 0n, label: '' });
    if (filled === 0) return;
    this.#partial = 1;
    this.notes.push(
      `The stream did not end on a page: the last page was filled up with ${count(filled, 'zero byte')}.`,
    );
  }
}

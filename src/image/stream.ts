/**
 * A pipe or a socket as an image: its bytes, until whoever writes them closes it, are the pages. Nobody knows how many before, and
 * nothing can be read again.
 *
 * It is read without blocking, by the event loop: a writer may be slow or say nothing at all, and a read that blocks, in whatever thread,
 * would keep this process from ending.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { KsmError } from '../errors.ts';
import { count, pathFailure } from './failure.ts';
import { PAGE_BYTES, type PageChunk, type PageRange, type PageSource, type ReadOptions } from './source.ts';

const BUFFER_BYTES = 1 << 18;

/** Where a stream comes from: a descriptor that this process was started with, or a path to be opened. */
export type Origin = { readonly descriptor: number } | { readonly path: string };

export class StreamSource implements PageSource {
  readonly kind = 'image';
  readonly isRepeatable = false;
  readonly name: string;
  readonly pages = 0;
  readonly notes: string[] = [];
  readonly ranges: PageRange[] = [];
  readonly identity: string;
  readonly #origin: Origin;
  #isRead = false;

  /** `name`: fit for people. `identity`: see PageSource. */
  constructor(name: string, identity: string, origin: Origin) {
    this.name = name;
    this.identity = identity;
    this.#origin = origin;
  }

  /** Throws EINVAL if it was read before, or if nothing comes at all. */
  async *read({ signal, lend }: ReadOptions = {}): AsyncGenerator<PageChunk, void> {
    signal?.throwIfAborted();
    if (this.#isRead) throw new KsmError('EINVAL', `${this.name} is a stream, which can be read only once`);
    this.#isRead = true;
    const buffer = lend ?? new Uint8Array(BUFFER_BYTES);
    let [page, filled] = [0, 0];
    try {
      for await (const data of this.#arriving(signal)) {
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
    } catch (error) {
      throw signal?.aborted ? signal.reason : pathFailure(error, this.name);
    }
    const whole = Math.ceil(filled / PAGE_BYTES) * PAGE_BYTES;
    if (filled > 0) yield { page, bytes: buffer.subarray(0, whole).fill(0, filled) };
    this.#conclude(page + whole / PAGE_BYTES, whole - filled);
  }

  /** What arrives, as it comes. */
  async *#arriving(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
    const socket = open(this.#origin);
    const abandon = (): void => void socket.destroy(signal?.reason);
    signal?.addEventListener('abort', abandon);
    try {
      for await (const data of socket) yield data;
    } finally {
      signal?.removeEventListener('abort', abandon);
      socket.destroy();
    }
  }

  #conclude(pages: number, filled: number): void {
    if (pages === 0) throw new KsmError('EINVAL', `${this.name} is empty; an image has at least one byte`);
    this.ranges.push({ page: 0, pages, address: 0n, label: '' });
    if (filled === 0) return;
    this.notes.push(
      `The stream did not end on a page: the last page was filled up with ${count(filled, 'zero byte')}.`,
    );
  }
}

/** Opening a pipe would wait for somebody to write to it; not so if it need not block. */
function open(origin: Origin): Socket {
  const fd =
    'descriptor' in origin ? origin.descriptor : openSync(origin.path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    if ('path' in origin) closeSync(fd);
    throw error;
  }
}

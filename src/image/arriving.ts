/**
 * Bytes that come through a pipe or a socket, of which the first can be looked at before the others are read.
 *
 * They are read without blocking, by the event loop: a writer may be slow or say nothing at all, and a read that blocks, in whatever
 * thread, would keep this process from ending.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { ByteSource } from './bytes/byte-source.ts';
import { pathFailure } from './failure.ts';

/** Where a stream comes from: a descriptor that this process was started with, or a path to be opened. */
export type Origin = { readonly descriptor: number } | { readonly path: string };

export class Arriving {
  readonly #name: string;
  readonly #origin: Origin;
  #socket: Socket | undefined;
  #chunks: AsyncIterator<Buffer, undefined> | undefined;
  readonly #looked: Buffer[] = [];

  /** `name`: for people. */
  constructor(name: string, origin: Origin) {
    this.#name = name;
    this.#origin = origin;
  }

  /** Waits for the first bytes, so many of them unless it ends before; all() has them still. */
  async head(bytes: number, signal: AbortSignal | undefined): Promise<Buffer> {
    let there = 0;
    while (there < bytes) {
      const chunk = await this.#next(signal);
      if (chunk === undefined) break;
      this.#looked.push(chunk);
      there += chunk.length;
    }
    return Buffer.concat(this.#looked).subarray(0, bytes);
  }

  /** All that arrives, as it comes. It is closed at the end. Throws KsmError, or the reason of `signal`. */
  async *all(signal: AbortSignal | undefined): AsyncGenerator<Buffer, void> {
    try {
      yield* this.#looked.splice(0);
      for (let chunk = await this.#next(signal); chunk !== undefined; chunk = await this.#next(signal)) yield chunk;
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #next(signal: AbortSignal | undefined): Promise<Buffer | undefined> {
    signal?.throwIfAborted();
    const abandon = (): void => void this.#socket?.destroy(signal?.reason);
    signal?.addEventListener('abort', abandon);
    try {
      this.#socket ??= open(this.#origin);
      this.#chunks ??= this.#socket[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
      return (await this.#chunks.next()).value;
    } catch (error) {
      throw signal?.aborted ? signal.reason : pathFailure(error, this.#name);
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
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

/** The first bytes of something that is longer. */
export class HeadBytes implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #head: Uint8Array;

  constructor(name: string, head: Uint8Array) {
    this.name = name;
    this.size = head.length;
    this.#head = head;
  }

  read(into: Uint8Array, position: number): number {
    const some = this.#head.subarray(position, position + into.length);
    into.set(some);
    return some.length;
  }
}

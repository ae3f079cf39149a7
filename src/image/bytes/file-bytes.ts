/**
 * The bytes of a file: one that has a path, which is open only while somebody uses it, or one that has none any more, by its descriptor.
 *
 * The file may change while it is read: what is not there any more is not read.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { printable } from '../../printable.ts';
import { pathFailure } from '../failure.ts';
import type { ByteSource } from './byte-source.ts';

/** A file as plain data: all threads of a process can read it. */
export interface FileData {
  /** For people, if there is a descriptor. */
  readonly path: string;
  /** As it was when it was opened. */
  readonly size: number;
  /** Of a file that stays open, and is closed by whoever made it. */
  readonly descriptor?: number;
}

export class FileBytes implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly data: FileData;
  #fd: number;
  #users = 0;

  constructor(data: FileData) {
    this.name = printable(data.path);
    this.size = data.size;
    this.data = data;
    this.#fd = data.descriptor ?? -1;
  }

  /** The file is open until this is disposed of. Throws if it cannot be opened. */
  use(): Disposable {
    if (this.data.descriptor !== undefined) return { [Symbol.dispose]: () => {} };
    if (this.#users === 0) this.#fd = this.#try(() => openSync(this.data.path, 'r'));
    this.#users++;
    return { [Symbol.dispose]: () => this.#leave() };
  }

  /** Synchronous: a file's reads overlap nothing, and cost a third more in another thread. */
  read(into: Uint8Array, position: number): number {
    using _ = this.#fd === -1 ? this.use() : undefined;
    return this.#try(() => fill(this.#fd, into, position));
  }

  #leave(): void {
    if (--this.#users > 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }

  #try<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw pathFailure(error, this.data.path);
    }
  }
}

/** Fewer bytes than there is room for only at the end. A single read may give less, on network file systems for example. */
function fill(fd: number, into: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < into.length) {
    const read = readSync(fd, into, filled, into.length - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

/**
 * A guest: while it boots it touches its memory page by page, and then it keeps writing new contents to its busy pages, in turn.
 *
 * It does as much as its rates say, unless the host has no frame for it: then it waits for one, as a process on a host without swap would.
 */

import { type AddressSpace, type Host, KsmError } from '../../src/index.ts';
import { PAGE } from '../workloads.ts';
import type { Contents } from './contents.ts';

/** Pages in a row, and what is in them when the guest has booted. */
export interface Part {
  readonly pages: number;
  /** Names of `count` pages from its page `from` on. */
  names(from: number, count: number): BigUint64Array;
}

export interface GuestOptions {
  /** In the order in which they are touched. */
  readonly parts: readonly Part[];
  /** Which of them is busy. */
  readonly busy: number;
  /** Seconds until all pages are touched. */
  readonly bootSeconds: number;
  /** Seconds in which each busy page is written once. */
  readonly busySeconds: number;
}

const BASE = 2 ** 30;

export class Guest {
  readonly #host: Host;
  readonly #space: AddressSpace;
  readonly #options: GuestOptions;
  readonly #contents: Contents;
  readonly #pages: number;
  readonly #busyStart: number;
  readonly #busyPages: number;
  #touched = 0;
  #turn = 0;
  /** Pages that it should have written by now. */
  #due = 0;

  constructor(host: Host, contents: Contents, options: GuestOptions) {
    this.#host = host;
    this.#contents = contents;
    this.#options = options;
    this.#pages = sum(options.parts);
    this.#busyStart = sum(options.parts.slice(0, options.busy));
    this.#busyPages = options.parts[options.busy]?.pages ?? 0;
    this.#space = host.spawn();
    this.#space.mmap(BASE, this.#pages * PAGE);
    this.#space.madvise(BASE, this.#pages * PAGE, 'MERGEABLE');
  }

  get hasBooted(): boolean {
    return this.#touched === this.#pages;
  }

  /** Does what it does in so many seconds. False if the host had no frame for a page of it. */
  run(seconds: number): boolean {
    const { bootSeconds, busySeconds } = this.#options;
    const rate = this.hasBooted ? this.#busyPages / busySeconds : this.#pages / bootSeconds;
    this.#due += rate * seconds;
    const isEnough = this.hasBooted ? this.#work() : this.#boot();
    if (!isEnough) this.#due = 1; // it was stopped meanwhile, and has nothing to catch up with
    return isEnough;
  }

  #boot(): boolean {
    let first = 0;
    for (const { pages, names } of this.#options.parts) {
      const from = this.#touched - first;
      const count = Math.min(pages - from, Math.floor(this.#due));
      if (from < pages && count > 0) {
        const done = this.#write(this.#touched, names(from, count));
        this.#touched += done;
        this.#due -= done;
        if (done < count) return false;
      }
      first += pages;
    }
    return true;
  }

  #work(): boolean {
    while (this.#due >= 1 && this.#busyPages > 0) {
      const count = Math.min(Math.floor(this.#due), this.#busyPages - this.#turn);
      const names = this.#contents.names(this.#contents.fresh(count), count);
      const done = this.#write(this.#busyStart + this.#turn, names);
      this.#turn = (this.#turn + done) % this.#busyPages;
      this.#due -= done;
      if (done < count) return false;
    }
    return true;
  }

  /** Names pages from `page` on until the host has no frame for one. How many were named. */
  #write(page: number, names: BigUint64Array): number {
    const address = BASE + page * PAGE;
    if (names.length <= freeFrames(this.#host)) {
      this.#space.setNames(address, names);
      return names.length;
    }
    for (const [index, name] of names.entries()) {
      if (!this.#tryName(address + index * PAGE, name)) return index;
    }
    return names.length;
  }

  #tryName(address: number, name: bigint): boolean {
    try {
      this.#space.setName(address, name);
      return true;
    } catch (error) {
      if (error instanceof KsmError && error.code === 'ENOMEM') return false;
      throw error;
    }
  }
}

export function freeFrames(host: Host): number {
  return host.limits.frames - host.usage().frames;
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { pages }) => total + pages, 0);
}

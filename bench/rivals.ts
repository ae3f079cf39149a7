/**
 * What one would write in JavaScript without this engine: hash every page, look the hash up, compare on a hit.
 *
 * The rivals work on the same pages in the same memory. Their hashers, views and arrays are made once, before the clock
 * starts. xxhash-wasm copies each page into its own memory; its API has no other way.
 */

import { hash } from 'node:crypto';
import createXxhash from 'xxhash-wasm';
import { PAGE } from './workloads.ts';

/** The pages of a run, as views. */
export interface Pages {
  readonly whole: Buffer;
  readonly views: readonly Uint8Array[];
}

export function pagesOf(memory: WebAssembly.Memory, start: number, pages: number): Pages {
  return {
    whole: Buffer.from(memory.buffer, start, pages * PAGE),
    views: Array.from({ length: pages }, (_, page) => new Uint8Array(memory.buffer, start + page * PAGE, PAGE)),
  };
}

/** xxHash with a Map of hashes, in the two steps of KSM: a page is looked up once its hash has stayed the same. */
export class MapScanner {
  readonly #hashPage: (page: Uint8Array) => bigint;
  readonly #pages: Pages;
  readonly #last: BigUint64Array;
  readonly #found: Map<bigint, number> = new Map();

  private constructor(pages: Pages, hashPage: (page: Uint8Array) => bigint) {
    this.#pages = pages;
    this.#hashPage = hashPage;
    this.#last = new BigUint64Array(pages.views.length);
  }

  static async create(pages: Pages): Promise<MapScanner> {
    const { h64Raw } = await createXxhash();
    return new MapScanner(pages, h64Raw);
  }

  /** Hashes every page and stores the hash. */
  firstPass(): number {
    this.#pages.views.forEach((view, page) => {
      this.#last[page] = this.#hashPage(view);
    });
    return this.#pages.views.length;
  }

  /** Forgets what secondPass has found, so that it can be run again. */
  forget(): void {
    this.#found.clear();
  }

  /** Hashes every page again, looks up those that have not changed, and counts how many equal one before them. */
  secondPass(): number {
    const { views, whole } = this.#pages;
    let equal = 0;
    views.forEach((view, page) => {
      const key = this.#hashPage(view);
      if (this.#last[page] !== key) {
        this.#last[page] = key;
        return;
      }
      const other = this.#found.get(key);
      if (other === undefined) this.#found.set(key, page);
      else if (samePages(whole, page, other)) equal++;
    });
    return equal;
  }
}

function samePages(whole: Buffer, page: number, other: number): boolean {
  const from = page * PAGE;
  return whole.compare(whole, other * PAGE, (other + 1) * PAGE, from, from + PAGE) === 0;
}

/** SHA-1 with a Set, which needs no comparing: the usual script. All passes are alike: it keeps nothing. */
export function shaPass({ views }: Pages): number {
  const found = new Set<string>();
  for (const view of views) found.add(hash('sha1', view, 'base64'));
  return found.size;
}

/** What an embedder gives and gets. */
import type { Host } from '../host/index.ts';
import type { AddressSpace } from '../machine/index.ts';
import type { Namer } from '../names/index.ts';

/** Hashes contents: as many names as there are whole pages in `bytes`. 0 should be that of a page of zeros. */
export type PageNamer = Pick<Namer, 'name'>;

export interface ContentsOptions {
  /** A host that was made with `page: 'names'`. */
  readonly host: Host;
  /** The 4096 bytes at `address`, a multiple of 4096, as they are now. They are looked at before the next call. */
  readonly read: (space: AddressSpace, address: number) => Uint8Array;
  /** One with a random key unless given. */
  readonly namer?: PageNamer;
}

export interface ContentsUsage {
  /** Pages that have a name, and different contents among them. */
  readonly pages: number;
  readonly contents: number;
  /** Contents that are not called by their hash, because another one is. */
  readonly renamed: number;
  /** Bytes of what is kept of pages and contents, the room for more included. */
  readonly bytes: number;
}

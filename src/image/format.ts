/** What a format of memory images is: how a file of it is recognised, and which pages of which address spaces are in one. */
import type { ByteSource } from './bytes/byte-source.ts';

/** Consecutive pages of an address space that have data. */
export interface SpaceRange {
  /** Of its first page: a multiple of 4096. */
  readonly address: bigint;
  readonly pages: number;
  /** What it is, for people: "ram", "vga.vram", "" . */
  readonly label: string;
}

/** Pages that are not in the image, and why. */
export interface Missing {
  readonly reason: 'hole' | 'not dumped' | 'filtered' | 'truncated';
  readonly pages: number;
}

/** One address space of an image: which of its pages there are, and what is in them. */
export interface PageSpace {
  /** '' if the image has only one; else what tells it from the others. */
  readonly name: string;
  /** Ascending by address, not overlapping. */
  readonly ranges: readonly SpaceRange[];
  readonly missing: readonly Missing[];
  /** Pages of which the image has only a part; the rest is zeros. */
  readonly partial: number;
  /** Whole sentences for the report. */
  readonly notes: readonly string[];
  /**
   * Reads whole pages, numbered from 0 over all ranges back to back, into memory of whole pages. How many: fewer only if the file has
   * shrunk.
   */
  read(page: number, into: Uint8Array): number;
}

export interface OpenOptions {
  readonly holes: 'absent' | 'zero';
  /** Of FILE#NAME. */
  readonly part?: string;
}

export interface ImageFormat {
  /** As after --format. */
  readonly name: string;
  /** For the report: "ELF core". */
  readonly title: string;
  /** As far as the first 4096 bytes tell. */
  matches(head: Uint8Array, bytes: ByteSource): boolean;
  /** Throws EFORMAT: refused by name, truncated beyond use, hostile. `path`: where files beside it are (a directory of CRIU). */
  open(bytes: ByteSource, options: OpenOptions): PageSpace[] | Promise<PageSpace[]>;
}

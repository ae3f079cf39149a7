/**
 * What a scan is made of: a source is one address space's worth of pages, read in one pass from front to back.
 *
 * Readers of every format implement this interface, so that the loader, the command line and embedders know only it.
 */

import type { LiveFacts } from './live.ts';
import type { SourceData } from './shared.ts';

/** Bytes of a page; the only size there is. */
export const PAGE_BYTES = 4096;

/** A run of consecutive pages of a source. */
export interface PageChunk {
  /** Number of the first page, counted from 0 over the whole source, ascending from chunk to chunk. */
  readonly page: number;
  /** Whole pages, back to back. Valid only until the next chunk is asked for. */
  readonly bytes: Uint8Array;
}

/** A range of a source that becomes one mergeable mapping. */
export interface PageRange {
  /** Number of the first page, in the numbering of PageChunk. */
  readonly page: number;
  readonly pages: number;
  /** Where the source has it, as people would look it up: a virtual address, or an offset in the file. */
  readonly address: bigint;
  /** What the source calls it ("[heap]", ""), for people. */
  readonly label: string;
}

/** Consecutive pages, in the numbering of PageChunk. */
export interface PageRun {
  readonly page: number;
  readonly pages: number;
}

/** The page behind the last. */
export function endOf({ page, pages }: PageRun): number {
  return page + pages;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Memory of whole pages that chunks may be read into, so that nobody copies them; they may lie elsewhere all the same. */
  readonly lend?: Uint8Array;
  /** Only the pages of these runs, which ascend and do not overlap. Default: all. */
  readonly runs?: readonly PageRun[];
  /** Is told at the end how it went; `notes` stay as they are then, until somebody concludes (Shareable). */
  readonly onEnd?: (reading: Reading) => void;
}

/** How a reading of some pages went: plain data, for another thread may have done it. */
export interface Reading {
  readonly pages: number;
  /** Whole sentences. */
  readonly notes: readonly string[];
}

/** What it takes to read a source in several threads at a time. */
export interface Shareable {
  /** Plain data, of which sourceOf() makes the same source. */
  readonly data: SourceData;
  /** All of the source has been read, by readings of parts of it: `notes` are about them together from now on. */
  conclude(readings: readonly Reading[]): void;
}

/** Reads pages of a source in any order, until it is closed. */
export interface PageReader {
  /** Reads pages from number `page` on into memory of whole pages. How many it could read: fewer if the others are not there. */
  read(page: number, into: Uint8Array): number;
  close(): void;
}

/** What the report says of an image besides its pages. */
export interface ImageFacts {
  /** As after --format. */
  readonly format: string;
  /** For people: "ELF core". */
  readonly title: string;
  /** Pages that are not in the image: holes, or left out by whoever made it. */
  readonly absent: number;
  /** Pages of which the image has only a part; the rest is zeros. */
  readonly partial: number;
}

export interface PageSource {
  /** For people: a file's path, or "pid 123 (node)". Unique within a scan. */
  readonly name: string;
  readonly kind: 'image' | 'process';
  /** Ascending, not overlapping. Pages outside every range do not exist. Of a stream: complete once read() has ended. */
  readonly ranges: readonly PageRange[];
  /** Pages that read() will give at the most; the progress bar's whole. Of a stream 0: nobody knows before its end. */
  readonly pages: number;
  /** May read() be called again? Not of a stream. */
  readonly isRepeatable: boolean;
  /** Of an image: what it was read as. Of a stream: complete once read() has ended. */
  readonly image?: ImageFacts | undefined;
  /** Of a source that is not repeatable: pages below this number can be read again all the same. Default: 0. */
  readonly kept?: number;
  /** Undefined: only this thread can read it. */
  readonly shareable?: Shareable;
  /**
   * Gives the pages that are there, in ascending order. Pages of a range that it never gives are not present
   * (a process that has not touched them). Never throws because a process ended or changed: it says so in `notes`, if all is read.
   */
  read(options?: ReadOptions): AsyncIterable<PageChunk>;
  /** Only of a source where a page here and there costs little: a file. Throws as read() does. */
  openReader?(): PageReader;
  /** Lets go what has been open since the source was. Nothing can be read any more. */
  close?(): void;
  /** Only of a live process: what the kernel says of it, as it was when the source was opened. */
  readonly live?: LiveFacts;
  /** What the user should know about how the reading of all went, complete once it has ended: whole sentences. */
  readonly notes: readonly string[];
}

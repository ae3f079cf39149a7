/** What a process of a guest must hold, and how the guest works on it: as bytes (./bytes), or as names (./names). */
import type { AddressSpace } from '../../../src/index.ts';
import { PAGE } from '../../support/page.ts';

export const PAGES = 96;
export const BYTES: number = PAGES * PAGE;
/** The pages lie on both sides of the border between two page tables of 512 pages. */
export const BASE: number = (3 * 512 - PAGES / 2) * PAGE;

/** Pages are counted from BASE on. */
export interface Content {
  /** Reads something, somewhere. What is wrong with it, if anything is. */
  readSome(): string | undefined;
  /** Reads everything. What is wrong with it, if anything is. */
  compare(): string | undefined;
  /** Writes what nobody else writes to `page`, and maybe to the next one. */
  writeNoise(page: number): void;
  /** Writes what others hold too. */
  putBack(page: number): void;
  /** Writes, somewhere, what is there already. */
  writeSame(): void;
  /** The pages were given up: they are zero. */
  clear(first: number, pages: number): void;
  /** That of a child, whose memory is `space`. */
  forked(space: AddressSpace): Content;
}

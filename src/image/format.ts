/** What a format of memory images is: how a file of it is recognised, and what is in one. */
import type { PageSource } from './source.ts';

/** A regular file that is not empty, as it was when it was opened. */
export interface ImageFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Its first bytes, HEAD_BYTES of them unless the file has fewer. */
  readonly head: Uint8Array;
}

export const HEAD_BYTES: number = 4096;

export interface ImageFormat {
  /** For people. */
  readonly name: string;
  /** Is this a file of the format, as far as its head tells? */
  recognises(file: ImageFile): boolean;
  /** EFORMAT if it is none all the same. */
  open(file: ImageFile): PageSource | Promise<PageSource>;
}

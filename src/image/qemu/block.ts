/** What a stream says of one block of RAM. */
import type { Sent } from './sent.ts';

export interface Block {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes of a page of the guest's processor: at least 4096. */
  readonly page: number;
  /** Pages of the stream. */
  readonly sent: Sent;
  /** With mapped-ram pages are not in the stream but beside it. */
  readonly mapped: Mapped | undefined;
}

/** Where they are in the source. */
export interface Mapped {
  /** A bit for each page: if it is not set, the page is zeros whatever is in its place. */
  readonly bitmap: number;
  readonly pages: number;
}

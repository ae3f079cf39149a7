/** The pages of image files, read in pieces that stay in the processor's cache: what the rivals in JavaScript share. */

import { closeSync, openSync, readSync } from 'node:fs';
import { PAGE } from '../workloads.ts';

const PIECE = 64 * PAGE;

/** Calls `each` with every whole page of `files`. Its bytes are valid until it returns. */
export function readPages(files: readonly string[], each: (page: Buffer) => void): void {
  const piece = Buffer.alloc(PIECE);
  const pages = Array.from({ length: PIECE / PAGE }, (_, page) => piece.subarray(page * PAGE, (page + 1) * PAGE));
  for (const file of files) {
    const fd = openSync(file, 'r');
    for (let read = readSync(fd, piece); read > 0; read = readSync(fd, piece))
      for (const page of pages.slice(0, Math.floor(read / PAGE))) each(page);
    closeSync(fd);
  }
}

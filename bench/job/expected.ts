/**
 * What contestants have to find, counted without any of them: by SHA-256 of each page.
 *
 * "Copies" are pages whose content came before. KSM keeps more frames than there are contents, since one frame serves at most
 * max_page_sharing pages: there one page more is alone again.
 */

import { createHash } from 'node:crypto';
import { readPages } from './read.ts';

/** Linux's default. */
const MAX_PAGE_SHARING = 256;

export interface Expected {
  readonly pages: number;
  /** Pages beyond the first of each content. */
  readonly copies: number;
  /** KSM's pages_sharing, once nothing changes any more. */
  readonly sharing: number;
}

/** Counts the images' pages and contents. */
export function expectedOf(files: readonly string[]): Expected {
  const counts = new Map<string, number>();
  readPages(files, (page) => {
    const name = createHash('sha256').update(page).digest('base64');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  return expectedFrom([...counts.values()]);
}

/** The same from how often each content occurs. */
export function expectedFrom(counts: readonly number[]): Expected {
  const total = (each: (count: number) => number): number => counts.reduce((sum, count) => sum + each(count), 0);
  return { pages: total((count) => count), copies: total((count) => count - 1), sharing: total(sharingOf) };
}

/** Of `count` equal pages each frame has one that does not count as sharing; a page alone behind full frames has no partner. */
function sharingOf(count: number): number {
  const left = count % MAX_PAGE_SHARING;
  const full = count - left;
  return full - full / MAX_PAGE_SHARING + Math.max(0, left - 1);
}

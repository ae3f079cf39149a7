/** The contents that save most, with a guess what each of them is. */
import { createHash } from 'node:crypto';
import { PAGE_BYTES } from '../image/index.ts';
import type { Placed } from '../scan/index.ts';
import { guess } from './guess.ts';
import { type Content, isBefore } from './merged.ts';
import type { ContentReport } from './types.ts';

/**
 * The `limit` contents that save most, best first; of those that save the same, what comes first in the sources. Only they are looked at.
 */
export async function topContents(
  contents: readonly Content[],
  placed: readonly Placed[],
  limit: number,
): Promise<ContentReport[]> {
  const best = contents.toSorted((a, b) => b.saved - a.saved || (isBefore(a, b) ? -1 : 1)).slice(0, limit);
  const reports: ContentReport[] = [];
  for (const content of best) reports.push(await describe(placed[content.source] as Placed, content));
  return reports;
}

async function describe(placed: Placed, { index, pages, frames, saved }: Content): Promise<ContentReport> {
  const page = await placed.read(index);
  const { label, address } = placed.locate(index);
  return {
    sha1: page === undefined ? null : createHash('sha1').update(page).digest('hex'),
    pages,
    frames,
    saved_bytes: saved * PAGE_BYTES,
    ...(page === undefined
      ? { kind: 'unread', description: 'gone or changed before it could be looked at' }
      : guess(page)),
    example: { source: placed.source.name, label, address: `0x${address.toString(16)}` },
  };
}

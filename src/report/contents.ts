/** The contents that save most, with a guess what each of them is. */
import { createHash } from 'node:crypto';
import { PAGE_BYTES } from '../image/index.ts';
import type { Placed } from '../scan/index.ts';
import { guess } from './guess.ts';
import type { Content } from './merged.ts';
import type { ContentReport } from './types.ts';

/** What the contents are, and where; only they are looked at. */
export async function describeContents(
  contents: readonly Content[],
  placed: readonly Placed[],
): Promise<ContentReport[]> {
  const reports: ContentReport[] = []; // one after the other: they are all read into the same place
  for (const content of contents) reports.push(await describe(placed[content.source] as Placed, content));
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

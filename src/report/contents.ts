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
  contents: Iterable<Content>,
  placed: readonly Placed[],
  limit: number,
): Promise<ContentReport[]> {
  const best = bestOf(contents, limit);
  const reports: ContentReport[] = []; // one after the other: they are all read into the same place
  for (const content of best) reports.push(await describe(placed[content.source] as Placed, content));
  return reports;
}

/** Of as many as there may be, only `limit` are kept at a time. */
function bestOf(contents: Iterable<Content>, limit: number): Content[] {
  const order = (a: Content, b: Content): number => b.saved - a.saved || (isBefore(a, b) ? -1 : 1);
  let best: Content[] = [];
  for (const content of contents) {
    const last = best[limit - 1];
    if (last !== undefined && order(content, last) > 0) continue;
    best = [...best, content].sort(order).slice(0, limit);
  }
  return best;
}

async function describe(placed: Placed, { page: number, name, pages, frames, saved }: Content): Promise<ContentReport> {
  const page = await placed.read(number, name);
  const { label, address } = placed.locate(number);
  return {
    sha1: page === undefined ? null : createHash('sha1').update(page).digest('hex'),
    pages,
    frames,
    saved_bytes: saved * PAGE_BYTES,
    ...(page === undefined ? { kind: 'unread', description: whyUnread(placed, number) } : guess(page)),
    example: { source: placed.source.name, label, address: `0x${address.toString(16)}` },
  };
}

function whyUnread({ source }: Placed, page: number): string {
  return source.isRepeatable || page < (source.kept ?? 0)
    ? 'gone or changed before it could be looked at'
    : 'came only once, and was not kept';
}

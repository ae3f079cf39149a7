/**
 * The contents that save most, with a guess what each of them is.
 *
 * A content can have several frames, since the scanner starts another when max_page_sharing pages share one. So merged
 * frames are grouped by what is in them, and the groups are ranked by the frames that they make superfluous.
 */
import { hash } from 'node:crypto';
import { PAGE_SIZE } from '../../assembly/layout/index.ts';
import type { FrameUse, LoadedSource } from './frames.ts';
import { guess } from './guess.ts';
import type { ContentReport } from './types.ts';

interface Content {
  readonly sha1: string;
  /** The frame that is mapped first, as an example. */
  readonly frame: number;
  pages: number;
  frames: number;
  saved: number;
}

/**
 * The `limit` contents that save most, best first; equal savings in the order of their hashes.
 * `zeroFrame` is the one frame that costs nothing, since it is there anyway.
 */
export function topContents(
  sources: readonly LoadedSource[],
  use: FrameUse,
  zeroFrame: number,
  limit: number,
): ContentReport[] {
  const contents = new Map<string, Content>();
  use.pages.forEach((pages, frame) => {
    if (pages < 2 && (pages === 0 || frame !== zeroFrame)) return;
    const sha1 = hash('sha1', pageOf(sources, use, frame), 'hex');
    const content = contents.get(sha1) ?? { sha1, frame, pages: 0, frames: 0, saved: 0 };
    content.pages += pages;
    content.frames += 1;
    content.saved += frame === zeroFrame ? pages : pages - 1;
    contents.set(sha1, content);
  });
  return [...contents.values()]
    .sort((a, b) => b.saved - a.saved || (a.sha1 < b.sha1 ? -1 : 1))
    .slice(0, limit)
    .map((content) => describe(sources, use, content));
}

function pageOf(sources: readonly LoadedSource[], use: FrameUse, frame: number): Uint8Array {
  const space = sources[use.firstSource[frame] ?? 0]?.space;
  return space?.read((use.firstPage[frame] ?? 0) * PAGE_SIZE, PAGE_SIZE) ?? new Uint8Array(PAGE_SIZE);
}

function describe(sources: readonly LoadedSource[], use: FrameUse, content: Content): ContentReport {
  const source = sources[use.firstSource[content.frame] ?? 0];
  const place = source?.locate((use.firstPage[content.frame] ?? 0) * PAGE_SIZE);
  return {
    sha1: content.sha1,
    pages: content.pages,
    frames: content.frames,
    saved_bytes: content.saved * PAGE_SIZE,
    ...guess(pageOf(sources, use, content.frame)),
    example: {
      source: source?.name ?? '',
      label: place?.label ?? '',
      address: `0x${(place?.address ?? 0n).toString(16)}`,
    },
  };
}

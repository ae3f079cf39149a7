/**
 * Any file as a memory image: its bytes, from front to back, are the pages. Nothing is assumed about the content.
 *
 * A hole in a guest's file of memory is memory that its host never gave it, so it is not there unless it is asked for.
 */
import type { ByteSource } from './bytes/byte-source.ts';
import { FileBytes } from './bytes/file-bytes.ts';
import { dataOf, type Extent } from './bytes/holes.ts';
import { count } from './failure.ts';
import type { ImageFormat, OpenOptions, PageSpace } from './format.ts';
import { holesNote } from './holes-note.ts';
import { type Piece, pieced } from './pieces.ts';
import { PAGE_BYTES } from './source.ts';

export const raw: ImageFormat = {
  name: 'raw',
  title: 'raw pages',
  matches: () => true,
  open: async (bytes, options) => [await space(bytes, options)],
};

async function space(bytes: ByteSource, { holes }: OpenOptions): Promise<PageSpace> {
  const notes = endNotes(bytes.size);
  const data = holes === 'absent' && bytes instanceof FileBytes ? await dataOf(bytes) : undefined;
  if (data === undefined) return pieced(bytes, [pieceAt(0, bytes.size)], { notes });
  const pieces = wholePages(data.extents, bytes.size);
  const pages = Math.ceil(bytes.size / PAGE_BYTES);
  const absent = pieces.reduce((left, piece) => left - Math.ceil(piece.bytes / PAGE_BYTES), pages);
  if (absent === 0) return pieced(bytes, pieces, { notes });
  const missing = [{ reason: 'hole', pages: absent }] as const;
  return pieced(bytes, pieces, { notes: [...notes, holesNote(absent, pages, data.isExact)], missing });
}

/** Of a page that has any data all is there: the rest of it reads as zeros. */
function wholePages(extents: readonly Extent[], size: number): Piece[] {
  const pieces: Piece[] = [];
  let reached = 0;
  for (const { offset, bytes } of extents) {
    const start = Math.max(reached, Math.floor(offset / PAGE_BYTES) * PAGE_BYTES);
    reached = Math.max(reached, Math.min(Math.ceil((offset + bytes) / PAGE_BYTES) * PAGE_BYTES, size));
    if (reached > start) pieces.push(pieceAt(start, reached - start));
  }
  return pieces;
}

const pieceAt = (offset: number, bytes: number): Piece => ({ address: BigInt(offset), offset, bytes, label: '' });

function endNotes(size: number): string[] {
  if (size % PAGE_BYTES === 0) return [];
  const zeros = PAGE_BYTES - (size % PAGE_BYTES);
  return [
    `The file does not end on a page: the last page was filled up with ${count(zeros, 'zero byte')}.`,
    'If LiME wrote it with format=raw, its pages are out of step behind the first range, and the figures are wrong: take format=lime.',
  ];
}

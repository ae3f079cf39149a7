/** What is there of pieces of a file that ends early: the beginning of them. */
import type { ByteSource } from './bytes/byte-source.ts';
import { count } from './failure.ts';
import type { Missing } from './format.ts';
import type { Piece } from './pieces.ts';
import { PAGE_BYTES } from './source.ts';

const PAGE = BigInt(PAGE_BYTES);

export interface Cut {
  readonly pieces: readonly Piece[];
  /** Nothing, if the file is whole. */
  readonly missing: readonly Missing[];
  readonly notes: readonly string[];
}

/** The pieces as far as the source reaches, and what that leaves out. */
export function cutTo(source: ByteSource, pieces: readonly Piece[]): Cut {
  let [bytes, pages] = [0, 0];
  const there = pieces.map((piece) => {
    const left = Math.min(piece.bytes, Math.max(0, source.size - piece.offset));
    bytes += piece.bytes - left;
    pages += pagesOf(piece.address, piece.bytes) - pagesOf(piece.address, left);
    return left === piece.bytes ? piece : { ...piece, bytes: left };
  });
  return { pieces: there, ...truncated(source, bytes, pages) };
}

/** Says that bytes, and with them pages, are not in the file. */
export function truncated({ size }: ByteSource, bytes: number, pages: number): Pick<Cut, 'missing' | 'notes'> {
  if (bytes === 0) return { missing: [], notes: [] };
  return {
    missing: pages === 0 ? [] : [{ reason: 'truncated', pages }],
    notes: [
      `Truncated: the file ends at byte ${size}, ${count(bytes, 'byte')} early; ${count(pages, 'page')} ${pages === 1 ? 'is' : 'are'} ` +
        'missing, so all figures are too low. Copy it again, or make it anew.',
    ],
  };
}

/** Pages that have one of the bytes. */
function pagesOf(address: bigint, bytes: number): number {
  return bytes === 0 ? 0 : Number((address + BigInt(bytes) + PAGE - 1n) / PAGE - address / PAGE);
}

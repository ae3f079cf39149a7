/** Segments of a core as stretches of memory: what of them is in the file, what the file states, and what the process had. */
import type { Extent } from '../bytes/holes.ts';
import type { Piece } from '../pieces.ts';
import { PAGE_BYTES } from '../source.ts';

export interface Loaded {
  readonly address: bigint;
  readonly offset: number;
  /** That are in the file. */
  readonly bytes: number;
  /** That should be in the file. */
  readonly stated: bigint;
  /** That it has in memory. */
  readonly reserved: bigint;
}

interface Stretch {
  readonly address: bigint;
  readonly bytes: bigint;
}

const PAGE = BigInt(PAGE_BYTES);
/** Addresses have 64 bits: what goes beyond does not exist. */
const END = 2n ** 64n;

export const stated = ({ address, stated: bytes }: Loaded): Stretch => ({ address, bytes });
export const reserved = ({ address, reserved: bytes }: Loaded): Stretch => ({ address, bytes });

export function pieceOf({ address, offset, bytes }: Loaded): Piece {
  const room = END - address;
  return { address, offset, bytes: BigInt(bytes) < room ? bytes : Number(room), label: '' };
}

/** Pages that have any byte of the stretches. */
export function pagesWithin(stretches: readonly Stretch[]): number {
  const sorted = stretches
    .filter(({ bytes }) => bytes > 0n)
    .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  let [pages, reached] = [0n, 0n];
  for (const { address, bytes } of sorted) {
    const first = address / PAGE;
    const end = address + bytes < END ? address + bytes : END;
    const behind = (end + PAGE - 1n) / PAGE;
    if (behind <= reached) continue;
    pages += behind - (first < reached ? reached : first);
    reached = behind;
  }
  return Number(pages);
}

/** Of the pieces what has data: pages of which any byte has. `extents`: of the file, ascending. */
export function withData(pieces: readonly Piece[], extents: readonly Extent[]): Piece[] {
  return pieces.flatMap((piece) => [...partsWithData(piece, extents)]);
}

function* partsWithData(piece: Piece, extents: readonly Extent[]): Generator<Piece> {
  const end = piece.offset + piece.bytes;
  const ragged = Number(piece.address % PAGE);
  /** Of the piece; pages of memory begin where this and `ragged` are pages together. */
  let reached = 0;
  for (let at = firstBehind(extents, piece.offset); at < extents.length; at++) {
    const { offset, bytes } = extents[at] as Extent;
    if (offset >= end) return;
    const [from, to] = [Math.max(offset - piece.offset, 0), Math.min(offset + bytes, end) - piece.offset];
    const start = Math.max(Math.floor((from + ragged) / PAGE_BYTES) * PAGE_BYTES - ragged, reached);
    reached = Math.min(Math.ceil((to + ragged) / PAGE_BYTES) * PAGE_BYTES - ragged, piece.bytes);
    if (reached <= start) continue;
    yield { ...piece, address: piece.address + BigInt(start), offset: piece.offset + start, bytes: reached - start };
  }
}

/** The first extent that ends behind that position. */
function firstBehind(extents: readonly Extent[], position: number): number {
  let [low, high] = [0, extents.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { offset, bytes } = extents[middle] as Extent;
    if (offset + bytes > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

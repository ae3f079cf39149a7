/**
 * An address space whose bytes lie in pieces of a source: what most formats come to once it is known where everything is.
 *
 * Pieces may begin and end anywhere. A page is there if any byte of it is; what is missing of it is zeros. Where pieces overlap, the one
 * that begins first counts, so each address is there once.
 */
import type { ByteSource } from './bytes/byte-source.ts';
import type { Missing, PageSpace, SpaceRange } from './format.ts';
import { PAGE_BYTES } from './source.ts';

/** Consecutive bytes of an address space, all of them in the source. */
export interface Piece {
  /** Of its first byte, not negative. */
  readonly address: bigint;
  /** Of its first byte in the source. */
  readonly offset: number;
  readonly bytes: number;
  /** See SpaceRange. */
  readonly label: string;
}

/** What a format knows of a space besides its pieces. */
export interface SpaceFacts {
  readonly name?: string;
  readonly missing?: readonly Missing[];
  readonly notes?: readonly string[];
}

/** Pieces as plain data, by address; each of them three numbers. */
export interface PiecesData {
  /** Where its bytes are among those of all pages back to back. */
  readonly at: Float64Array;
  /** Where they are in the source. */
  readonly offset: Float64Array;
  readonly bytes: Float64Array;
}

/** The space of these pieces, in whatever order they come. */
export function pieced(source: ByteSource, pieces: readonly Piece[], facts: SpaceFacts = {}): PageSpace {
  const { name = '', missing = [], notes = [] } = facts;
  const { ranges, partial, data } = laidOut(disjoint(pieces));
  return new PiecedSpace(source, data, { name, missing, notes, ranges, partial });
}

/** The pieces of a space that was made of some. */
export function piecesOf(space: PageSpace): PiecesData | undefined {
  return space instanceof PiecedSpace ? space.data : undefined;
}

/** The same space in another thread, only to be read. */
export function spaceOfPieces(source: ByteSource, data: PiecesData): PageSpace {
  return new PiecedSpace(source, data, { name: '', missing: [], notes: [], ranges: [], partial: 0 });
}

class PiecedSpace implements PageSpace {
  readonly name: string;
  readonly ranges: readonly SpaceRange[];
  readonly missing: readonly Missing[];
  readonly partial: number;
  readonly notes: readonly string[];
  readonly data: PiecesData;
  readonly #source: ByteSource;

  constructor(source: ByteSource, data: PiecesData, facts: Omit<PageSpace, 'read'>) {
    this.#source = source;
    this.data = data;
    this.name = facts.name;
    this.ranges = facts.ranges;
    this.missing = facts.missing;
    this.partial = facts.partial;
    this.notes = facts.notes;
  }

  read(page: number, into: Uint8Array): number {
    const { at, offset, bytes } = this.data;
    const from = page * PAGE_BYTES;
    let done = 0;
    for (let index = this.#firstBehind(from); index < at.length && done < into.length; index++) {
      const skipped = Math.max(0, from - (at[index] as number));
      const start = (at[index] as number) + skipped - from;
      if (start >= into.length) break;
      const wanted = Math.min((bytes[index] as number) - skipped, into.length - start);
      into.fill(0, done, start);
      const read = this.#source.read(into.subarray(start, start + wanted), (offset[index] as number) + skipped);
      done = start + read;
      if (read < wanted) break;
    }
    const whole = Math.ceil(done / PAGE_BYTES) * PAGE_BYTES;
    into.fill(0, done, whole);
    return whole / PAGE_BYTES;
  }

  /** The first piece that ends behind that position. */
  #firstBehind(position: number): number {
    const { at, bytes } = this.data;
    let [low, high] = [0, at.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((at[middle] as number) + (bytes[middle] as number) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** By address, with each address once. */
function disjoint(pieces: readonly Piece[]): Piece[] {
  const sorted = pieces.filter(({ bytes }) => bytes > 0).sort((a, b) => compare(a.address, b.address));
  const result: Piece[] = [];
  let reached = 0n;
  for (const { address, offset, bytes, label } of sorted) {
    const skipped = address < reached ? Number(reached - address) : 0;
    if (skipped >= bytes) continue;
    result.push({ address: address + BigInt(skipped), offset: offset + skipped, bytes: bytes - skipped, label });
    reached = address + BigInt(bytes);
  }
  return result;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const PAGE = BigInt(PAGE_BYTES);

/** Where pieces come to be once their pages are put back to back. `pieces`: by address, not overlapping. */
function laidOut(pieces: readonly Piece[]): { ranges: SpaceRange[]; partial: number; data: PiecesData } {
  const ranges: { address: bigint; pages: number; label: string }[] = [];
  const data = {
    at: new Float64Array(pieces.length),
    offset: Float64Array.from(pieces, ({ offset }) => offset),
    bytes: Float64Array.from(pieces, ({ bytes }) => bytes),
  };
  const partial = new Set<number>();
  /** Pages so far; the page behind them; the byte behind the last piece. */
  let [pages, next, reached] = [0, 0n, 0n];
  for (const [index, { address, bytes, label }] of pieces.entries()) {
    const first = address / PAGE;
    const behind = (address + BigInt(bytes) + PAGE - 1n) / PAGE;
    /** The piece before has a part of the same page, which is in its range. */
    const isBegun = pages > 0 && first < next;
    const place = isBegun ? pages - 1 : pages;
    const added = Number(behind - (isBegun ? next : first));
    const last = ranges.at(-1);
    if (last !== undefined && (isBegun || (first === next && label === last.label))) last.pages += added;
    else ranges.push({ address: first * PAGE, pages: added, label });
    data.at[index] = place * PAGE_BYTES + Number(address % PAGE);
    if (address !== reached) {
      if (reached % PAGE !== 0n) partial.add(pages - 1);
      if (address % PAGE !== 0n) partial.add(place);
    }
    pages += added;
    next = behind;
    reached = address + BigInt(bytes);
  }
  if (reached % PAGE !== 0n) partial.add(pages - 1);
  return { ranges, partial: partial.size, data };
}

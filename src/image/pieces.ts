/**
 * An address space whose bytes lie in pieces of a source: what most formats come to once it is known where everything is.
 *
 * Pieces may begin and end anywhere. A page is there if any byte of it is; what is missing of it is zeros. Where pieces overlap, the one
 * with the lower address counts, so each address is there once.
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

/** The space of these pieces, in whatever order they come. */
export function pieced(source: ByteSource, pieces: readonly Piece[], facts: SpaceFacts = {}): PageSpace {
  return new PiecedSpace(source, disjoint(pieces), facts);
}

const PAGE = BigInt(PAGE_BYTES);

class PiecedSpace implements PageSpace {
  readonly name: string;
  readonly ranges: readonly SpaceRange[];
  readonly missing: readonly Missing[];
  readonly partial: number;
  readonly notes: readonly string[];
  readonly #source: ByteSource;
  /** Of each piece: where its bytes are among those of all pages back to back, where in the source, and how many. */
  readonly #at: Float64Array;
  readonly #offset: Float64Array;
  readonly #bytes: Float64Array;

  /** `pieces`: by address, not overlapping. */
  constructor(source: ByteSource, pieces: readonly Piece[], { name = '', missing = [], notes = [] }: SpaceFacts) {
    this.#source = source;
    this.name = name;
    this.missing = missing;
    this.notes = notes;
    this.#at = new Float64Array(pieces.length);
    this.#offset = Float64Array.from(pieces, ({ offset }) => offset);
    this.#bytes = Float64Array.from(pieces, ({ bytes }) => bytes);
    const { ranges, partial } = this.#layOut(pieces);
    this.ranges = ranges;
    this.partial = partial;
  }

  /** Says of each piece where it is, and gives the ranges that they make. */
  #layOut(pieces: readonly Piece[]): { ranges: SpaceRange[]; partial: number } {
    const ranges: { address: bigint; pages: number; label: string }[] = [];
    const partial = new Set<number>();
    let [pages, reached] = [0, -1n];
    for (const [index, { address, bytes, label }] of pieces.entries()) {
      const [first, end] = [address / PAGE, (address + BigInt(bytes) + PAGE - 1n) / PAGE];
      const last = ranges.at(-1);
      const next = last === undefined ? -1n : last.address / PAGE + BigInt(last.pages);
      // A page that the piece before has begun is in its range already.
      const added = Number(end - (first < next ? next : first));
      if (last !== undefined && first <= next && (label === last.label || first < next)) last.pages += added;
      else ranges.push({ address: first * PAGE, pages: added, label });
      const begins = pages - (first < next ? 1 : 0);
      pages += added;
      this.#at[index] = begins * PAGE_BYTES + Number(address % PAGE);
      if (address === reached) partial.delete(begins);
      else if (address % PAGE !== 0n) partial.add(begins);
      reached = address + BigInt(bytes);
      if (reached % PAGE !== 0n) partial.add(pages - 1);
    }
    return { ranges, partial: partial.size };
  }

  read(page: number, into: Uint8Array): number {
    const from = page * PAGE_BYTES;
    let done = 0;
    for (let index = this.#firstBehind(from); index < this.#at.length && done < into.length; index++) {
      const at = this.#at[index] as number;
      const skipped = Math.max(0, from - at);
      const start = at + skipped - from;
      if (start >= into.length) break;
      const wanted = Math.min((this.#bytes[index] as number) - skipped, into.length - start);
      into.fill(0, done, start);
      const read = this.#source.read(into.subarray(start, start + wanted), (this.#offset[index] as number) + skipped);
      done = start + read;
      if (read < wanted) break;
    }
    const whole = Math.ceil(done / PAGE_BYTES) * PAGE_BYTES;
    into.fill(0, done, whole);
    return whole / PAGE_BYTES;
  }

  /** The first piece that ends behind that position. */
  #firstBehind(position: number): number {
    let [low, high] = [0, this.#at.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#at[middle] as number) + (this.#bytes[middle] as number) > position) high = middle;
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

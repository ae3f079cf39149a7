/**
 * LiME, and AVML without compression, which is the same: ranges of physical memory, each behind a header that says where it was.
 *
 * Ranges end anywhere, also inside of a page, and the last address of one belongs to it. What LiME calls raw or padded has no headers and
 * cannot be told from raw pages.
 */
import type { ByteSource } from './bytes/byte-source.ts';
import { damaged, Fields, startsWith } from './bytes/fields.ts';
import { cutTo } from './cut.ts';
import type { ImageFormat } from './format.ts';
import { type Piece, pieced } from './pieces.ts';

export const HEADER_BYTES = 32;
/** Addresses have 64 bits. */
const ADDRESSES = 2n ** 64n;

export const lime: ImageFormat = {
  name: 'lime',
  title: 'LiME',
  matches: (head) => startsWith(head, 'EMiL'),
  open: (bytes) => {
    const { pieces, missing, notes } = cutTo(bytes, rangesOf(bytes));
    return [pieced(bytes, pieces, { missing, notes })];
  },
};

function rangesOf(bytes: ByteSource): Piece[] {
  const fields = new Fields(bytes);
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.size; ) {
    const { address, length } = rangeHeader(fields, at, 'EMiL', 1);
    pieces.push({ address, offset: at + HEADER_BYTES, bytes: length, label: '' });
    at += HEADER_BYTES + length;
  }
  return pieces;
}

/** The header of a range: its first address, and how many bytes it has. AVML's is the same with a magic and a version of its own. */
export function rangeHeader(
  fields: Fields,
  at: number,
  magic: string,
  version: number,
): { readonly address: bigint; readonly length: number } {
  const head = fields.slice(at, HEADER_BYTES);
  if (!startsWith(head, magic))
    throw damaged(fields.bytes, `at byte ${at} the header of a range should begin, and does not`);
  const found = fields.u32(at + 4);
  if (found !== version)
    throw damaged(fields.bytes, `the range at byte ${at} has version ${found} instead of ${version}`);
  const [address, last] = [fields.big(at + 8), fields.big(at + 16)];
  const length = last - address + 1n;
  // A range of more bytes than JavaScript can count is no memory of any machine.
  if (length <= 0n || length > BigInt(Number.MAX_SAFE_INTEGER) - BigInt(at + HEADER_BYTES) || last >= ADDRESSES) {
    throw damaged(fields.bytes, `the range at byte ${at} goes from address ${address} to ${last}`);
  }
  return { address, length: Number(length) };
}

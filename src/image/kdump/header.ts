/**
 * The headers of a kdump: how large its blocks are, which pages it could have, and where their descriptors begin.
 *
 * Of 64-bit machines of either byte order. Everything is counted in blocks, which are the pages of the machine that was dumped.
 */
import type { ByteSource } from '../bytes/byte-source.ts';
import { damaged, Fields, refused } from '../bytes/fields.ts';

export interface KdumpHeader {
  /** In the byte order of the dumped machine. */
  readonly fields: Fields;
  /** Bytes. */
  readonly block: number;
  /** Compression that the header names: flags as of descriptors. */
  readonly status: number;
  /** What makedumpfile was told to leave out: bits. */
  readonly level: number;
  /** Pages that have a descriptor, if their bit is set, are numbered from `first` up to before `end`. */
  readonly first: number;
  readonly end: number;
  /** One of several files of one dump. */
  readonly isSplit: boolean;
  /** Where the bitmaps and the descriptors begin. */
  readonly present: number;
  readonly dumped: number;
  readonly descriptors: number;
}

const BLOCK_AT = 428;
/** Fields of the sub header. */
const LEVEL_AT = 8;
const SPLIT_AT = 12;
/** The first header version whose sub header has the fields of 64 bits. */
const WIDE_SINCE = 6;

export function readHeader(bytes: ByteSource): KdumpHeader {
  const fields = fieldsOf(bytes);
  const block = fields.u32(BLOCK_AT);
  const version = fields.u32(8);
  const [subBlocks, bitmapBlocks, narrow] = [fields.u32(432), fields.u32(436), fields.u32(440)];
  if (bitmapBlocks % 2 !== 0 || (1 + subBlocks + bitmapBlocks) * block > bytes.size) {
    throw damaged(
      bytes,
      `its header says ${subBlocks} and ${bitmapBlocks} blocks of ${block} bytes, more than there are, or an odd number`,
    );
  }
  const present = (1 + subBlocks) * block;
  const half = (bitmapBlocks / 2) * block;
  const sub = subBlocks > 0 ? block : undefined;
  const isSplit = sub !== undefined && version >= 2 && fields.u32(sub + SPLIT_AT) !== 0;
  const wide = sub !== undefined && version >= WIDE_SINCE;
  const pages = Math.min(half * 8, wide ? fields.u64(sub + 96) || narrow : narrow);
  const [first, end] = isSplit ? partOf(fields, sub, wide) : [0, pages];
  return {
    fields,
    block,
    status: fields.u32(424),
    level: sub === undefined || version < 1 ? 0 : fields.u32(sub + LEVEL_AT),
    first: Math.min(first, pages),
    end: Math.min(end, pages),
    isSplit,
    present,
    dumped: present + half,
    descriptors: present + 2 * half,
  };
}

function partOf(fields: Fields, sub: number, wide: boolean): [first: number, end: number] {
  return wide ? [fields.u64(sub + 80), fields.u64(sub + 88)] : [fields.u64(sub + 16), fields.u64(sub + 24)];
}

function fieldsOf(bytes: ByteSource): Fields {
  for (const order of ['little', 'big'] as const) {
    const fields = new Fields(bytes, order);
    const block = fields.u32(BLOCK_AT);
    if (block >= 4096 && block <= 65_536 && (block & (block - 1)) === 0) return fields;
  }
  throw refused(
    bytes,
    'is a kdump whose blocks are not 4 to 64 KiB, as of a 32-bit machine',
    'convert it with makedumpfile or crash, into an ELF core for example',
  );
}

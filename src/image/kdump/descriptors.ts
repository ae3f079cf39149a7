/** Where the blocks of a kdump are and how they are packed: a table in the file, in the order of their addresses. */
import { damaged } from '../bytes/fields.ts';
import type { KdumpHeader } from './header.ts';

/** Offset, size, flags, and eight bytes that concern the kernel only. */
const DESCRIPTOR_BYTES = 24;

/** Flags: how a block is packed. None: not at all. */
export const ZLIB = 1;
export const LZO = 2;
export const SNAPPY = 4;
export const ZSTD = 32;
export const KNOWN: number = ZLIB | LZO | SNAPPY | ZSTD;

export interface Descriptor {
  readonly offset: number;
  readonly size: number;
  readonly flags: number;
}

export class Descriptors {
  readonly #header: KdumpHeader;

  constructor(header: KdumpHeader) {
    this.#header = header;
  }

  /** Undefined: it, or what it names, lies behind the end of the file. */
  at(index: number): Descriptor | undefined {
    const { fields, descriptors, block } = this.#header;
    const at = descriptors + index * DESCRIPTOR_BYTES;
    if (at + DESCRIPTOR_BYTES > fields.bytes.size) return undefined;
    const [offset, size, flags] = [fields.u64(at), fields.u32(at + 8), fields.u32(at + 12)];
    // What was packed without getting smaller is kept as it is.
    if (size > block || (flags === 0 && size !== block)) {
      throw damaged(fields.bytes, `the descriptor at byte ${at} says ${size} bytes for a block of ${block}`);
    }
    return offset + size > fields.bytes.size ? undefined : { offset, size, flags };
  }
}

/**
 * LZ4 (the LZ4 frame format, version 1.6.3), unpacked here: it is short, and no package need be there for it.
 *
 * Frames of all kinds follow each other: of data, of the legacy kind, and to be skipped. Checksums are checked where there are any.
 */
import type { ByteSource } from '../../bytes/byte-source.ts';
import type { Wrapping } from '../../wrapping.ts';
import { damaged, isSkippable, magicOf } from '../stream.ts';
import { unpackBlock } from './block.ts';
import { Xxh32, xxh32 } from './xxh32.ts';

const FRAME = 0x184d_2204;
const LEGACY = 0x184c_2102;
/** What copies in a block may reach back to. */
const WINDOW = 1 << 16;
const LEGACY_BLOCK = 1 << 23;
/** What a block of the legacy kind may grow to that cannot be packed. */
const mostPacked = (bytes: number): number => bytes + Math.ceil(bytes / 255) + 16;

export const lz4: Wrapping = {
  name: 'lz4',
  title: 'lz4',
  matches: (_, bytes) => [FRAME, LEGACY].includes(magicOf(bytes) ?? 0),
  unwrap: (bytes, { spool }) => spool(bytes.name, frames(new Cursor(bytes))),
};

/** Reads one thing behind the other, all of which have to be there. */
class Cursor {
  readonly #bytes: ByteSource;
  #at = 0;

  constructor(bytes: ByteSource) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.size;
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.size - this.#at) throw this.damaged('unexpected end of file');
    const taken = new Uint8Array(length);
    if (this.#bytes.read(taken, this.#at) < length) throw this.damaged('unexpected end of file');
    this.#at += length;
    return taken;
  }

  word(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  /** The word that comes next, which stays there. */
  peek(): number {
    const word = this.word();
    this.#at -= 4;
    return word;
  }

  skip(length: number): void {
    if (length > this.#bytes.size - this.#at) throw this.damaged('unexpected end of file');
    this.#at += length;
  }

  damaged(why: string): Error {
    return damaged(this.#bytes, 'lz4', why);
  }
}

async function* frames(cursor: Cursor): AsyncGenerator<Uint8Array> {
  while (!cursor.isAtEnd) {
    const magic = cursor.word();
    if (magic === FRAME) yield* frame(cursor);
    else if (magic === LEGACY) yield* legacyFrame(cursor);
    else if (isSkippable(magic)) cursor.skip(cursor.word());
    else throw cursor.damaged('what follows is no frame');
  }
}

/** What the descriptor of a frame says. */
interface Descriptor {
  readonly areIndependent: boolean;
  readonly hasBlockSums: boolean;
  readonly hasSum: boolean;
  readonly mostBytes: number;
}

function descriptor(cursor: Cursor): Descriptor {
  const [flags, size] = cursor.take(2) as unknown as [number, number];
  const rest = cursor.take((flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0));
  const [sum] = cursor.take(1);
  if (((xxh32(Uint8Array.of(flags, size, ...rest)) >>> 8) & 0xff) !== sum) throw cursor.damaged('wrong checksum');
  if (flags >> 6 !== 1) throw cursor.damaged(`version ${flags >> 6}, which is not known`);
  if (flags & 1) throw cursor.damaged('it needs a dictionary');
  const power = (size >> 4) & 7;
  if (power < 4) throw cursor.damaged('a size of blocks that is not known');
  return {
    areIndependent: (flags & 0x20) !== 0,
    hasBlockSums: (flags & 0x10) !== 0,
    hasSum: (flags & 4) !== 0,
    mostBytes: 1 << (8 + 2 * power),
  };
}

async function* frame(cursor: Cursor): AsyncGenerator<Uint8Array> {
  const { areIndependent, hasBlockSums, hasSum, mostBytes } = descriptor(cursor);
  const sum = new Xxh32();
  const out = new Uint8Array(WINDOW + mostBytes);
  let kept = 0;
  for (let word = cursor.word(); word !== 0; word = cursor.word()) {
    const isPacked = word < 2 ** 31;
    const length = isPacked ? word : word - 2 ** 31;
    if (length > mostBytes) throw cursor.damaged('a block that is too large');
    const block = cursor.take(length);
    if (hasBlockSums && cursor.word() !== xxh32(block)) throw cursor.damaged('wrong checksum');
    const room = out.subarray(0, kept + mostBytes);
    const end = isPacked ? unpackBlock(block, room, kept) : kept + length;
    if (end === undefined) throw cursor.damaged('a block that cannot be unpacked');
    if (!isPacked) out.set(block, kept);
    const unpacked = out.slice(kept, end);
    if (hasSum) sum.add(unpacked);
    yield unpacked;
    kept = areIndependent ? 0 : Math.min(end, WINDOW);
    out.copyWithin(0, end - kept, end);
  }
  if (hasSum && cursor.word() !== sum.value) throw cursor.damaged('wrong checksum');
}

/** Blocks until the file ends, or another frame begins. */
async function* legacyFrame(cursor: Cursor): AsyncGenerator<Uint8Array> {
  const out = new Uint8Array(LEGACY_BLOCK);
  while (!cursor.isAtEnd) {
    const next = cursor.peek();
    if (next === FRAME || next === LEGACY || isSkippable(next)) return;
    const length = cursor.word();
    if (length > mostPacked(LEGACY_BLOCK)) throw cursor.damaged('a block that is too large');
    const end = unpackBlock(cursor.take(length), out, 0);
    if (end === undefined) throw cursor.damaged('a block that cannot be unpacked');
    yield out.slice(0, end);
  }
}

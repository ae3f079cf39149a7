/**
 * zstd (RFC 8878): Node.js unpacks it from 22.15 on; with older ones a package does, if it is installed.
 *
 * Frame by frame, each of which has to be whole: Node.js 22 drops what is behind the first, and takes a frame that is cut for the end.
 */
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import type { ByteSource } from '../bytes/byte-source.ts';
import { chunksOf } from '../bytes/chunks.ts';
import { Slice } from '../bytes/slice.ts';
import { Window } from '../bytes/window.ts';
import type { Wrapping } from '../wrapping.ts';
import { optional } from './optional.ts';
import { damaged, isSkippable, magicOf, through } from './stream.ts';

/** What is used of the package fzstd. */
interface Fzstd {
  readonly Decompress: new (
    ondata: (chunk: Uint8Array, isLast?: boolean) => void,
  ) => { push(chunk: Uint8Array, isLast?: boolean): void };
}

/** How a frame begins, as a little-endian number. */
const FRAME = 0xfd2f_b528;
/** A block of one byte, many times. */
const RUN = 1;

export const zstd: Wrapping = {
  name: 'zstd',
  title: 'zstd',
  // A frame; or some to be skipped in front of it, as pzstd writes them.
  matches: (_, bytes) => magicOf(bytes) === FRAME,
  unwrap: async (bytes, { spool }) => spool(bytes.name, unpackedBy(bytes, await unpacker(bytes))),
};

/** Unpacks one frame, which is all of its bytes. */
type Unpack = (frame: ByteSource) => AsyncIterable<Uint8Array>;

async function unpacker(bytes: ByteSource): Promise<Unpack> {
  const { createZstdDecompress }: { createZstdDecompress?: () => Transform } = zlib as object;
  if (createZstdDecompress !== undefined) return (frame) => through(frame, createZstdDecompress(), 'zstd');
  const fzstd = await optional<Fzstd>('fzstd', bytes, 'zstd', 'zstd -d');
  return (frame) => byPackage(frame, fzstd);
}

async function* unpackedBy(bytes: ByteSource, unpack: Unpack): AsyncGenerator<Uint8Array> {
  for (const frame of framesOf(bytes)) yield* unpack(frame);
}

/** Only what says how long something is, is looked at. Throws EFORMAT where a frame is not whole. */
function* framesOf(bytes: ByteSource): Generator<ByteSource> {
  const window = new Window(bytes);
  const expect = (at: number): number => {
    if (at > bytes.size) throw damaged(bytes, 'zstd', 'unexpected end of file');
    return at;
  };
  /** Little-endian. */
  const number = (at: number, length: number): number => {
    expect(at + length);
    return window.at(at, length).reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
  };
  for (let at = 0; at < bytes.size; ) {
    const [start, magic] = [at, number(at, 4)];
    if (isSkippable(magic)) {
      at = expect(at + 8 + number(at + 4, 4));
      continue;
    }
    if (magic !== FRAME) throw damaged(bytes, 'zstd', 'what follows is no frame');
    const flags = number(at + 4, 1);
    const isSingle = (flags & 0x20) !== 0;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] as number;
    at += 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][flags & 3] as number) + sizeBytes;
    for (let isLast = false; !isLast; ) {
      const head = number(at, 3);
      isLast = (head & 1) === 1;
      at = expect(at + 3 + (((head >> 1) & 3) === RUN ? 1 : head >> 3));
    }
    if ((flags & 4) !== 0) at = expect(at + 4); // a checksum
    yield new Slice(bytes, start, at - start);
  }
}

async function* byPackage(bytes: ByteSource, { Decompress }: Fzstd): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = [];
  let isWhole = false;
  const stream = new Decompress((chunk, isLast) => {
    if (chunk.length > 0) out.push(chunk.slice());
    isWhole = isLast === true;
  });
  const push = (chunk: Uint8Array, isLast: boolean): void => {
    try {
      stream.push(chunk, isLast);
    } catch (error) {
      throw damaged(bytes, 'zstd', error instanceof Error ? error.message : String(error), error);
    }
  };
  for (const chunk of chunksOf(bytes)) {
    push(chunk, false);
    yield* out;
    out = [];
  }
  push(new Uint8Array(), true);
  yield* out;
  if (!isWhole) throw damaged(bytes, 'zstd', 'unexpected end of file');
}

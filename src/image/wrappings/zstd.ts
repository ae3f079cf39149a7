/** zstd (RFC 8878): Node.js unpacks it from 22.15 on; with older ones a package does, if it is installed. */
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import type { ByteSource } from '../bytes/byte-source.ts';
import { chunksOf } from '../bytes/chunks.ts';
import type { Wrapping } from '../wrapping.ts';
import { optional } from './optional.ts';
import { beginsWith, damaged, through } from './stream.ts';

/** What is used of the package fzstd. */
interface Fzstd {
  readonly Decompress: new (
    ondata: (chunk: Uint8Array, isLast?: boolean) => void,
  ) => { push(chunk: Uint8Array, isLast?: boolean): void };
}

export const zstd: Wrapping = {
  name: 'zstd',
  title: 'zstd',
  // A frame; or one to be skipped, in front of it.
  matches: (head) => beginsWith(head, [0x28, 0xb5, 0x2f, 0xfd]),
  unwrap: async (bytes, { spool }) => spool(bytes.name, await unpacked(bytes)),
};

async function unpacked(bytes: ByteSource): Promise<AsyncIterable<Uint8Array>> {
  const { createZstdDecompress }: { createZstdDecompress?: () => Transform } = zlib as object;
  if (createZstdDecompress !== undefined) return through(bytes, createZstdDecompress(), 'zstd');
  const fzstd = await optional<Fzstd>('fzstd', bytes, 'zstd', 'zstd -d');
  return byPackage(bytes, fzstd);
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

/** Pages packed by zstd: Node.js unpacks them from 22.15 on; with older ones a package does, if it is installed. */
import zlib from 'node:zlib';
import type { ByteSource } from '../bytes/byte-source.ts';
import { optional } from '../wrappings/optional.ts';

/** Undefined: damaged, or more than `most` bytes. */
export type UnpackZstd = (packed: Uint8Array, most: number) => Uint8Array | undefined;

type OfNode = (packed: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/** What is used of the package fzstd. */
interface Fzstd {
  readonly decompress: (packed: Uint8Array, into: Uint8Array) => Uint8Array;
}

export async function unpackerOfZstd(bytes: ByteSource): Promise<UnpackZstd> {
  const { zstdDecompressSync }: { zstdDecompressSync?: OfNode } = zlib as object;
  if (zstdDecompressSync !== undefined)
    return tried((packed, most) => zstdDecompressSync(packed, { maxOutputLength: most }));
  const { decompress } = await optional<Fzstd>('fzstd', bytes, 'zstd', 'makedumpfile -c');
  return tried((packed, most) => decompress(packed, new Uint8Array(most)));
}

function tried(unpack: (packed: Uint8Array, most: number) => Uint8Array): UnpackZstd {
  return (packed, most) => {
    try {
      return unpack(packed, most);
    } catch {
      return undefined;
    }
  };
}

/** xz, by a package, if it is installed. */
import { ReadableStream } from 'node:stream/web';
import { KsmError } from '../../errors.ts';
import type { ByteSource } from '../bytes/byte-source.ts';
import { chunksOf } from '../bytes/chunks.ts';
import type { Wrapping } from '../wrapping.ts';
import { optional } from './optional.ts';
import { beginsWith, damaged } from './stream.ts';

/** What liblzma says of a filter or a checksum that it was built without. */
const UNSUPPORTED = 6;

/** What is used of the package xz-decompress. */
interface XzDecompress {
  readonly XzReadableStream: new (compressed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;
}

export const xz: Wrapping = {
  name: 'xz',
  title: 'xz',
  matches: (head) => beginsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
  unwrap: async (bytes, { spool }) => {
    const { XzReadableStream } = await optional<XzDecompress>('xz-decompress', bytes, 'xz', 'xz -d');
    return spool(bytes.name, unpacked(bytes, XzReadableStream));
  },
};

async function* unpacked(
  bytes: ByteSource,
  XzReadableStream: XzDecompress['XzReadableStream'],
): AsyncGenerator<Uint8Array> {
  const packed = ReadableStream.from<Uint8Array>(chunksOf(bytes));
  try {
    for await (const chunk of new XzReadableStream(packed)) yield chunk;
  } catch (error) {
    if (error instanceof Error && error.message.endsWith(`error code ${UNSUPPORTED}`)) {
      const advice = 'unpack it with xz: xz -dc FILE | ksm scan -';
      throw new KsmError('EFORMAT', `${bytes.name} is an xz that xz-decompress does not know all of: ${advice}`, {
        cause: error,
      });
    }
    throw damaged(bytes, 'xz', error instanceof Error ? error.message : String(error), error);
  }
}

/** Bytes from front to back, as programs that unpack want them. */
import type { ByteSource } from './byte-source.ts';

const CHUNK_BYTES = 1 << 18;

/** All bytes from `position` on, in chunks that stay as they are. */
export function* chunksOf(bytes: ByteSource, position: number = 0): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = position; at < bytes.size; ) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, bytes.size - at));
    const read = bytes.read(chunk, at);
    if (read === 0) return;
    yield chunk.subarray(0, read);
    at += read;
  }
}

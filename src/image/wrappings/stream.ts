/** Unpacking with a transform of Node.js: several members one behind the other, and what is cut or damaged is an error. */
import { pipeline, Readable, type Transform } from 'node:stream';
import { KsmError } from '../../errors.ts';
import type { ByteSource } from '../bytes/byte-source.ts';
import { chunksOf } from '../bytes/chunks.ts';

/** What comes out of `transform`. Throws EFORMAT. */
export async function* through(bytes: ByteSource, transform: Transform, title: string): AsyncGenerator<Uint8Array> {
  // The pipeline's own error is the transform's, which the loop throws.
  pipeline(Readable.from(chunksOf(bytes), { objectMode: true }), transform, () => {});
  try {
    for await (const chunk of transform) yield chunk;
  } catch (error) {
    if (error instanceof KsmError) throw error;
    throw damaged(bytes, title, error instanceof Error ? error.message : String(error), error);
  } finally {
    transform.destroy();
  }
}

/** It is cut, or was changed: nothing of it is scanned. */
export function damaged(bytes: ByteSource, title: string, why: string, cause?: unknown): KsmError {
  const message = `${bytes.name} is cut or damaged (${title}: ${why}): get it again, or unpack what is whole of it, and scan that`;
  return new KsmError('EFORMAT', message, { cause });
}

/** Do bytes begin with these? */
export function beginsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => head[at] === byte);
}

/** Frames to be skipped, of zstd and lz4 alike: their magic, as a little-endian number, and how many are looked behind. */
const MOST_SKIPPED = 64;

export function isSkippable(magic: number): boolean {
  return magic >= 0x184d_2a50 && magic <= 0x184d_2a5f;
}

/** The magic that bytes begin with, as a little-endian number; behind what is to be skipped. Undefined: there is none. */
export function magicOf(bytes: ByteSource): number | undefined {
  const view = new DataView(new ArrayBuffer(8));
  for (let [at, count] = [0, 0]; count < MOST_SKIPPED; count++) {
    const read = bytes.read(new Uint8Array(view.buffer), at);
    const magic = read < 4 ? undefined : view.getUint32(0, true);
    if (magic === undefined || !isSkippable(magic) || read < 8) return magic;
    at += 8 + view.getUint32(4, true);
  }
  return undefined;
}

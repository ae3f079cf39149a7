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
  const message = `${bytes.name} is cut or damaged (${title}: ${why}): get it again, or scan what can be unpacked of it with --format raw`;
  return new KsmError('EFORMAT', message, { cause });
}

/** Do bytes begin with these? */
export function beginsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => head[at] === byte);
}

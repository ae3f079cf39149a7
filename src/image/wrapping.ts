/** What a wrapping is: bytes around the bytes of an image, such as a compression. What comes out of it is looked at again. */
import type { ByteSource } from './bytes/byte-source.ts';

export interface WrapContext {
  /** Bytes of unknown length, written into an unlinked temporary file, once. Bounded: throws EFBIG or ENOSPC. `name`: for people. */
  spool(name: string, chunks: AsyncIterable<Uint8Array>): Promise<ByteSource>;
  /** Of FILE#NAME. */
  readonly part?: string;
}

export interface Wrapping {
  /** Does it take the part of FILE#NAME? Else that is the name of an address space. */
  readonly hasParts?: boolean;
  /** As programs write it: "gzip". */
  readonly name: string;
  /** For the report: "gzip". */
  readonly title: string;
  /** Names of the formats that it wraps; undefined: any. */
  readonly holds?: readonly string[];
  /** As far as the first 4096 bytes tell. */
  matches(head: Uint8Array, bytes: ByteSource): boolean;
  /** Throws EFORMAT: cut, damaged, refused by name. */
  unwrap(bytes: ByteSource, context: WrapContext): Promise<ByteSource>;
}

/** Bytes in any order, of known length: a file, or what was unpacked from one. Reads are synchronous. */
export interface ByteSource {
  /** For people. */
  readonly name: string;
  /** Bytes, below 2^53. */
  readonly size: number;
  /** Reads from `position` on; how many bytes: fewer than `into` has only at the end. Throws KsmError. */
  read(into: Uint8Array, position: number): number;
}

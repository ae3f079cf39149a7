/**
 * Messages of protocol buffers that have numbers only: what a pagemap is made of.
 *
 * Pure; what is no such message gives undefined.
 */

/** A number of 64 bits takes ten bytes. */
const MOST_BYTES = 10;
/** Kinds of fields: how long they are. */
const VARINT = 0;
const EIGHT_BYTES = 1;
const DELIMITED = 2;
const FOUR_BYTES = 5;

/** The fields of a message that are numbers, by their own number; of those that come twice, the last. */
export function readMessage(bytes: Uint8Array): ReadonlyMap<number, bigint> | undefined {
  const fields = new Map<number, bigint>();
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let i = 0; i < MOST_BYTES; i++) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return value & 0xffff_ffff_ffff_ffffn;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const kind = Number(tag & 7n);
    if (kind === VARINT) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.set(Number(tag >> 3n), value);
    } else if (kind === EIGHT_BYTES) at += 8;
    else if (kind === FOUR_BYTES) at += 4;
    else if (kind === DELIMITED) {
      const length = varint();
      at += Number(length ?? bytes.length);
    } else return undefined;
  }
  return at === bytes.length ? fields : undefined;
}

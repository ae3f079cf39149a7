/** One block of LZ4: literals, and copies of what came before (the LZ4 block format, version 1.6.3). */

/** What a byte says less than: 15 means that more of the length follows. */
const MORE = 15;
/** A match has at least so many bytes. */
const LEAST_MATCH = 4;

/**
 * Unpacks `packed` into `out` from `start` on, where what came before lies in front. Where it ends; undefined: it is no such block, or
 * does not fit.
 */
export function unpackBlock(packed: Uint8Array, out: Uint8Array, start: number): number | undefined {
  let [from, to] = [0, start];
  let length = 0;
  /** Adds to `length` what follows the token, if anything does; false where the block ends within it. */
  const lengthen = (): boolean => {
    if (length < MORE) return true;
    for (;;) {
      const more = packed[from++];
      if (more === undefined) return false;
      length += more;
      if (more < 255) return true;
    }
  };
  while (from < packed.length) {
    const token = packed[from++] as number;
    length = token >> 4;
    if (!lengthen() || from + length > packed.length || to + length > out.length) return undefined;
    out.set(packed.subarray(from, from + length), to);
    from += length;
    to += length;
    if (from === packed.length) return to; // the last sequence has literals only
    const distance = (packed[from] as number) | ((packed[from + 1] ?? 0) << 8);
    from += 2;
    length = token & MORE;
    if (!lengthen()) return undefined;
    length += LEAST_MATCH;
    if (distance === 0 || distance > to || to + length > out.length || from > packed.length) return undefined;
    copy(out, to, distance, length);
    to += length;
  }
  return undefined;
}

/** Repeats what is `distance` back, which may reach into what it writes. */
function copy(out: Uint8Array, to: number, distance: number, length: number): void {
  if (distance >= length) {
    out.copyWithin(to, to - distance, to - distance + length);
    return;
  }
  for (let at = to; at < to + length; at++) out[at] = out[at - distance] as number;
}

/**
 * One block of Snappy, unpacked: a length, then literals and copies of what was unpacked before.
 *
 * Written from the published description of the format. Pure; whatever is given, it ends, and writes only into `into`.
 */

/** The length that a block says it has unpacked, and where its first element is. Undefined: no number that makes sense. */
export function snappyLength(block: Uint8Array): { readonly length: number; readonly from: number } | undefined {
  let length = 0;
  for (let from = 0; from < 5; from++) {
    const byte = block[from];
    if (byte === undefined) return undefined;
    length += (byte & 127) * 2 ** (7 * from);
    if (byte < 128) return length < 2 ** 32 ? { length, from: from + 1 } : undefined;
  }
  return undefined;
}

/** Unpacks a block into `into`. How many bytes it has; -1 if it is damaged, or has more than there is room for. */
export function unpackSnappy(block: Uint8Array, into: Uint8Array): number {
  const head = snappyLength(block);
  if (head === undefined || head.length > into.length) return -1;
  const { length } = head;
  let from = head.from;
  let done = 0;
  while (from < block.length) {
    const tag = block[from++] as number;
    if ((tag & 3) === 0) {
      let size = (tag >> 2) + 1;
      if (size > 60) {
        const bytes = size - 60;
        size = little(block, from, bytes) + 1;
        from += bytes;
      }
      if (from + size > block.length || done + size > length) return -1;
      into.set(block.subarray(from, from + size), done);
      from += size;
      done += size;
    } else {
      const bytes = [0, 1, 2, 4][tag & 3] as number;
      if (from + bytes > block.length) return -1;
      const size = bytes === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      const distance = little(block, from, bytes) + (bytes === 1 ? (tag >> 5) * 256 : 0);
      from += bytes;
      if (distance === 0 || distance > done || done + size > length) return -1;
      done = repeat(into, done, distance, size);
    }
  }
  return done === length ? length : -1;
}

/** A number of up to four bytes; what is not there counts as zeros. */
function little(block: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value += (block[at + i] ?? 0) * 2 ** (8 * i);
  return value;
}

/** Copies `size` bytes from `distance` before `at`; they may reach into what is being written. Where it ends. */
export function repeat(into: Uint8Array, at: number, distance: number, size: number): number {
  const end = at + size;
  if (distance === 1) into.fill(into[at - 1] as number, at, end);
  else if (distance >= size) into.copyWithin(at, at - distance, at - distance + size);
  else for (let to = at; to < end; to++) into[to] = into[to - distance] as number;
  return end;
}

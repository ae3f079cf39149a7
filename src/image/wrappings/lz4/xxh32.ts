/** XXH32 with seed 0, of bytes that come piece by piece (the xxHash specification, version 0.1.1). */

const P1 = 0x9e37_79b1;
const P2 = 0x85eb_ca77;
const P3 = 0xc2b2_ae3d;
const P4 = 0x27d4_eb2f;
const P5 = 0x1656_67b1;
const STRIPE = 16;

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
const round = (sum: number, word: number): number => Math.imul(rotate((sum + Math.imul(word, P2)) | 0, 13), P1);

export class Xxh32 {
  readonly #sums: Int32Array = Int32Array.of(P1 + P2, P2, 0, -P1);
  readonly #rest: Uint8Array = new Uint8Array(STRIPE);
  #kept = 0;
  #length = 0;

  add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let at = 0;
    if (this.#kept > 0) {
      at = Math.min(STRIPE - this.#kept, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#kept);
      this.#kept += at;
      if (this.#kept < STRIPE) return;
      this.#stripes(this.#rest, 0, STRIPE);
      this.#kept = 0;
    }
    const end = at + Math.floor((bytes.length - at) / STRIPE) * STRIPE;
    this.#stripes(bytes, at, end);
    this.#rest.set(bytes.subarray(end));
    this.#kept = bytes.length - end;
  }

  #stripes(bytes: Uint8Array, from: number, to: number): void {
    let [a, b, c, d] = this.#sums as unknown as [number, number, number, number];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = from; at < to; at += STRIPE) {
      a = round(a, view.getInt32(at, true));
      b = round(b, view.getInt32(at + 4, true));
      c = round(c, view.getInt32(at + 8, true));
      d = round(d, view.getInt32(at + 12, true));
    }
    this.#sums.set([a, b, c, d]);
  }

  /** Of all that was added. */
  get value(): number {
    const [a, b, c, d] = this.#sums as unknown as [number, number, number, number];
    let hash = this.#length < STRIPE ? P5 : (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
    hash = (hash + this.#length) | 0;
    const view = new DataView(this.#rest.buffer);
    let at = 0;
    for (; at + 4 <= this.#kept; at += 4)
      hash = Math.imul(rotate((hash + Math.imul(view.getInt32(at, true), P3)) | 0, 17), P4);
    for (; at < this.#kept; at++)
      hash = Math.imul(rotate((hash + Math.imul(this.#rest[at] as number, P5)) | 0, 11), P1);
    hash = Math.imul(hash ^ (hash >>> 15), P2);
    hash = Math.imul(hash ^ (hash >>> 13), P3);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

/** Of these bytes. */
export function xxh32(bytes: Uint8Array): number {
  const hash = new Xxh32();
  hash.add(bytes);
  return hash.value;
}

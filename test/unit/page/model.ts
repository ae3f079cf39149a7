/**
 * The keyed hash again, word by word from its definition in assembly/page/bytes/hash.ts, with neither SIMD nor its order
 * of work.
 */

const MASK: bigint = 2n ** 64n - 1n;
/** Key-only vectors before the page's, and behind them. */
const MARGIN = 3;
const COLUMNS = 8;
const VECTORS = 256;

export function modelKeyed(page: Uint8Array, key: Uint8Array): bigint {
  const words = (bytes: Uint8Array): Int16Array => new Int16Array(bytes.slice().buffer);
  const message = words(page);
  const keyWords = words(key.subarray(0, (VECTORS + 2 * MARGIN) * COLUMNS * 2));
  const x = keyWords.map((word, n) => word + (message[n - MARGIN * COLUMNS] ?? 0));
  const sums = [0, 1].flatMap(() => [0, 0]);
  for (let i = 0; i < VECTORS + MARGIN; i++) {
    for (const [kind, distance] of [1, 3].entries()) {
      if (i - distance >= VECTORS) continue;
      const slot = kind * 2 + (i % 2);
      for (let column = 0; column < COLUMNS; column++) {
        const at = (vector: number): number => x[(vector + MARGIN) * COLUMNS + column] ?? Number.NaN;
        sums[slot] = ((sums[slot] ?? 0) + at(i - distance) * at(i)) | 0;
      }
    }
  }
  const rows = new BigUint64Array(key.slice((VECTORS + 2 * MARGIN) * COLUMNS * 2).buffer);
  const low = multilinear([...rows.subarray(0, 5)], sums);
  const high = multilinear([...rows.subarray(5, 10)], sums);
  return avalanche((high << 32n) | low);
}

function multilinear(row: readonly bigint[], sums: readonly number[]): bigint {
  const [start = 0n, ...factors] = row;
  const sum = factors.reduce((total, factor, n) => total + factor * BigInt((sums[n] ?? 0) >>> 0), start);
  return (sum & MASK) >> 32n;
}

/** The final mixing of the xxHash specification's XXH64. */
function avalanche(hash: bigint): bigint {
  let mixed = hash;
  mixed = ((mixed ^ (mixed >> 33n)) * 0xc2b2ae3d27d4eb4fn) & MASK;
  mixed = ((mixed ^ (mixed >> 29n)) * 0x165667b19e3779f9n) & MASK;
  return mixed ^ (mixed >> 32n);
}

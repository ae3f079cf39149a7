/** Random numbers for tests, which depend on the seed and nothing else. It imports nothing: a browser loads it, too. */

/** A source of whole numbers from 0 to below a limit, by Marsaglia's xorshift32. `seed` is not 0. */
export function numbers(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/**
 * Between which bounds the truth lies, in 95 of 100 samples or more, if each content was in the sample with the same chance.
 *
 * The bounds are Fay and Feuer's for weighted sums of Poisson counts (Statistics in Medicine 16, 1997): a content counts as an event whose
 * weight is what it has of the figure. They are wide where few contents make up most of a figure, and right where none was found at all.
 */

/** What the contents of a sample have of a figure: the sum, the sum of the squares, and the most that one has. */
export interface Spread {
  readonly sum: number;
  readonly squares: number;
  readonly most: number;
}

export type Interval = readonly [low: number, high: number];

/**
 * The quantile of the normal distribution that 1.25 % are beyond: 95 in 100 are promised, and 97.5 asked for, because how large a part the
 * sample is depends on what was in it so far.
 */
const Z = 2.241403;

/** The bounds of the figure of all contents, of which 1 in `weight` is in the sample. */
export function intervalOf({ sum, squares, most }: Spread, weight: number): Interval {
  const estimate = sum * weight;
  const variance = squares * weight * (weight - 1);
  const another = Math.max(1, most) * Math.sqrt(weight * (weight - 1));
  // What is in the sample is there.
  return [
    Math.max(sum, Math.floor(gammaQuantile(estimate, variance, -Z))),
    Math.ceil(gammaQuantile(estimate + another, variance + another ** 2, Z)),
  ];
}

/** A quantile of the gamma distribution with this mean and variance: by Wilson and Hilferty, whose cube root is nearly normal. */
function gammaQuantile(mean: number, variance: number, z: number): number {
  if (mean === 0) return 0;
  const part = variance / (9 * mean ** 2);
  return mean * Math.max(0, 1 - part + z * Math.sqrt(part)) ** 3;
}

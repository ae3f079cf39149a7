/**
 * Survival: how much of what is alike has been as it is for the last w seconds, in every read of them.
 *
 * It falls, and it is convex, whatever writes the pages: so between two gaps that were seen it is taken as a straight line, and beyond the
 * last it lies under that line's end and above its continuation.
 */

export interface RestPoint {
  readonly w_s: number;
  /** The mean over the reads. */
  readonly pages: number;
  /** The lowest and the highest single read. Null: it was seen once, so there is no interval. */
  readonly lo: number | null;
  readonly hi: number | null;
}

export type Bounds = readonly [low: number, high: number];

export class Survival {
  readonly points: readonly RestPoint[];
  /** The same, such that it never rises: a mean over fewer reads may be above one over more. */
  readonly #falling: readonly { readonly w: number; readonly pages: number }[];

  /** `points`: by ascending gap; the first is that of 0 seconds. */
  constructor(points: readonly RestPoint[]) {
    this.points = points;
    let least = Number.POSITIVE_INFINITY;
    this.#falling = points.map(({ w_s, pages }) => {
      least = Math.min(least, pages);
      return { w: w_s, pages: least };
    });
  }

  /** The longest gap that was seen. */
  get longest(): number {
    return this.#falling.at(-1)?.w ?? 0;
  }

  /** S(w); beyond the longest gap what was seen at that. */
  at(w: number): number {
    const after = this.#falling.findIndex((point) => point.w >= w);
    const [before, next] = [this.#falling[after - 1], this.#falling[after]];
    if (after <= 0 || before === undefined || next === undefined) return (next ?? this.#falling.at(-1))?.pages ?? 0;
    return before.pages + ((next.pages - before.pages) * (w - before.w)) / (next.w - before.w);
  }

  /** Between what S(w) lies: at one number up to the longest gap, by convexity beyond. */
  bounds(w: number): Bounds {
    const high = this.at(w);
    const [last, before] = [this.#falling.at(-1), this.#falling.at(-2)];
    if (w <= this.longest || last === undefined) return [high, high];
    if (before === undefined) return [0, high];
    const slope = (before.pages - last.pages) / (last.w - before.w);
    return [slope === 0 ? high : Math.max(0, last.pages - (w - last.w) * slope), high];
  }

  /** The mean of S from one gap to another. */
  mean(from: number, to: number): number {
    if (to <= from) return this.at(from);
    const inner = this.#falling.map(({ w }) => w).filter((w) => w > from && w < to);
    const gaps = [from, ...inner, to];
    let sum = 0;
    for (const [index, gap] of gaps.entries()) {
      const before = gaps[index - 1];
      if (before !== undefined) sum += ((this.at(gap) + this.at(before)) / 2) * (gap - before);
    }
    return sum / (to - from);
  }
}

/** What one read says of one gap. */
export interface Sighting {
  readonly gap: number;
  readonly pages: number;
}

/** The curve of these sightings: those whose gaps differ by less than `step` are of one gap, which is the shortest of them. */
export function survivalOf(sightings: readonly Sighting[], step: number): Survival {
  const sorted = [...sightings].sort((one, other) => one.gap - other.gap);
  const points: RestPoint[] = [];
  for (let at = 0; at < sorted.length; ) {
    const { gap } = sorted[at] as Sighting;
    const same: number[] = [];
    for (; at < sorted.length && ((sorted[at] as Sighting).gap < gap + step || same.length === 0); at++) {
      same.push((sorted[at] as Sighting).pages);
    }
    const isOnce = same.length === 1;
    points.push({
      w_s: gap,
      pages: same.reduce((sum, pages) => sum + pages, 0) / same.length,
      lo: isOnce ? null : Math.min(...same),
      hi: isOnce ? null : Math.max(...same),
    });
  }
  return new Survival(points);
}

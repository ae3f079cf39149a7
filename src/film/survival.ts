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
  /** The same, such that it never rises: means of few reads may be above those of many. */
  readonly #falling: readonly { readonly w: number; readonly pages: number }[];

  /** `points`: by ascending gap; the first is that of 0 seconds. `reads`: how many each is the mean of. */
  constructor(points: readonly RestPoint[], reads: readonly number[] = points.map(() => 1)) {
    this.points = points;
    const pages = falling(points.map((point, at) => ({ pages: point.pages, weight: reads[at] ?? 1, points: 1 })));
    this.#falling = points.map(({ w_s }, at) => ({ w: w_s, pages: pages[at] ?? 0 }));
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

interface Level {
  readonly pages: number;
  readonly weight: number;
  readonly points: number;
}

/** The falling numbers that are nearest: where one is above the one before, both become their mean. */
function falling(levels: readonly Level[]): number[] {
  const pooled: Level[] = [];
  for (const level of levels) {
    let one = level;
    for (let before = pooled.at(-1); before !== undefined && before.pages < one.pages; before = pooled.at(-1)) {
      const weight = before.weight + one.weight;
      const pages = (before.pages * before.weight + one.pages * one.weight) / weight;
      one = { pages, weight, points: before.points + one.points };
      pooled.pop();
    }
    pooled.push(one);
  }
  return pooled.flatMap(({ pages, points }) => new Array<number>(points).fill(pages));
}

/** What one read says of one gap. */
export interface Sighting {
  readonly gap: number;
  readonly pages: number;
}

/** Two gaps of one read are near each other if they differ by no more than so many steps: between them it is as good as seen. */
const NEAR_STEPS = 2;

/**
 * The curve of some reads, each with its sightings by ascending gap. `step`: the usual time from one read to the next. Reads are never
 * equally far apart, so each is asked what it says of the same gaps; which these are the longest read that has them near says.
 */
export function survivalOf(reads: readonly (readonly Sighting[])[], step: number): Survival {
  const points: RestPoint[] = [];
  const counts: number[] = [];
  for (const w_s of gapsOf(reads, step)) {
    const seen = reads.flatMap((read) => pagesAt(read, w_s, step));
    const isOnce = seen.length === 1;
    points.push({
      w_s,
      pages: seen.reduce((sum, pages) => sum + pages, 0) / seen.length,
      lo: isOnce ? null : Math.min(...seen),
      hi: isOnce ? null : Math.max(...seen),
    });
    counts.push(seen.length);
  }
  return new Survival(points, counts);
}

/** Gaps that were seen, ascending, about half a step from each other at least; those of the last read, who has the longest, come first. */
function gapsOf(reads: readonly (readonly Sighting[])[], step: number): number[] {
  const gaps = new Map<number, number>();
  for (const read of [...reads].reverse()) {
    for (const { gap } of read) {
      const place = step > 0 ? Math.round((2 * gap) / step) : gap;
      const isNear = [place - 1, place, place + 1].some((near) => Math.abs((gaps.get(near) ?? -step) - gap) < step / 2);
      if (!isNear && !gaps.has(place)) gaps.set(place, gap);
    }
  }
  return [...gaps.values()].sort((one, other) => one - other);
}

/** The first sighting of a gap that is no shorter; they ascend. */
function firstFrom(read: readonly Sighting[], gap: number): number {
  let [low, high] = [0, read.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((read[middle] as Sighting).gap >= gap) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What a read says of a gap; nothing if it has no sighting of it, nor two near ones about it. */
function pagesAt(read: readonly Sighting[], gap: number, step: number): number[] {
  const at = firstFrom(read, gap);
  const [before, next] = [read[at - 1], read[at]];
  if (next === undefined) return [];
  if (next.gap === gap || before === undefined) return [next.pages];
  if (next.gap - before.gap > NEAR_STEPS * step) return [];
  return [before.pages + ((next.pages - before.pages) * (gap - before.gap)) / (next.gap - before.gap)];
}

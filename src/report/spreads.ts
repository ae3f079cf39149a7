/** How much contents differ in what they have of a figure: summed up while pages are counted, one source after the other. */
import type { Spread } from './interval.ts';

/** Of no content. */
const NO_SPREAD: Spread = { sum: 0, squares: 0, most: 0 };

/** The spread of contents of which each has one of the figure. */
export function spreadOfOnes(contents: number): Spread {
  return { sum: contents, squares: contents, most: Math.min(contents, 1) };
}

/** The spread of all contents, if no two parts have one in common. */
export function spreadOfAll(parts: Iterable<Spread>): Spread {
  let all = NO_SPREAD;
  for (const { sum, squares, most } of parts) {
    all = { sum: all.sum + sum, squares: all.squares + squares, most: Math.max(all.most, most) };
  }
  return all;
}

/** How contents differ in frames that stay, and in pages that are merged into those. */
export function spreadOfContents(contents: Iterable<{ readonly frames: number; readonly saved: number }>): {
  readonly shared: Spread;
  readonly sharing: Spread;
} {
  let [shared, sharing] = [NO_SPREAD, NO_SPREAD];
  for (const { frames, saved } of contents) {
    shared = withContent(shared, frames);
    sharing = withContent(sharing, saved);
  }
  return { shared, sharing };
}

function withContent({ sum, squares, most }: Spread, has: number): Spread {
  return { sum: sum + has, squares: squares + has * has, most: Math.max(most, has) };
}

/** Counts by content, which is a number below `limit`. What is never counted takes no memory. */
export class Spreads {
  readonly #counts: Uint32Array;
  /** By content: the source that its count is of. */
  readonly #sources: Uint32Array;
  #source = 1;
  #sum = 0;
  #squares = 0;
  #most = 0;

  constructor(limit: number) {
    this.#counts = new Uint32Array(limit);
    this.#sources = new Uint32Array(limit);
  }

  /** One more of this content. */
  add(content: number): void {
    const before = this.#sources[content] === this.#source ? (this.#counts[content] as number) : 0;
    this.#sources[content] = this.#source;
    this.#counts[content] = before + 1;
    this.#sum++;
    this.#squares += 2 * before + 1;
    this.#most = Math.max(this.#most, before + 1);
  }

  /** The source has ended: its spread. */
  end(): Spread {
    const spread = { sum: this.#sum, squares: this.#squares, most: this.#most };
    [this.#sum, this.#squares, this.#most] = [0, 0, 0];
    this.#source++;
    return spread;
  }
}

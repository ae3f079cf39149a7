/** Stretches of bytes that were written one after another, some over others: what is left of each, by address. Pure. */

/** Columns of a table: where each stretch begins, how long it is, and where its bytes are. */
export interface Records {
  readonly starts: readonly number[] | Float64Array;
  readonly lengths: readonly number[] | Float64Array;
  readonly positions: readonly number[] | Float64Array;
}

/** The same bytes without overlaps, by start: of those that overlap, the later one counts. */
export function lastWins({ starts, lengths, positions }: Records): Records {
  const order = Uint32Array.from({ length: starts.length }, (_, index) => index);
  const startOf = (index: number): number => starts[index] as number;
  const endOf = (index: number): number => startOf(index) + (lengths[index] as number);
  order.sort((a, b) => startOf(a) - startOf(b));
  const result: { starts: number[]; lengths: number[]; positions: number[] } = {
    starts: [],
    lengths: [],
    positions: [],
  };
  const give = (index: number, from: number, to: number): void => {
    result.starts.push(from);
    result.lengths.push(to - from);
    result.positions.push((positions[index] as number) + from - startOf(index));
  };
  for (let first = 0; first < order.length; ) {
    // Those that hang together; one alone is the rule.
    let end = endOf(order[first] as number);
    let behind = first + 1;
    for (; behind < order.length && startOf(order[behind] as number) < end; behind++) {
      end = Math.max(end, endOf(order[behind] as number));
    }
    if (behind === first + 1) give(order[first] as number, startOf(order[first] as number), end);
    else sweep([...order.subarray(first, behind)], startOf, endOf, give);
    first = behind;
  }
  return {
    starts: Float64Array.from(result.starts),
    lengths: Float64Array.from(result.lengths),
    positions: Float64Array.from(result.positions),
  };
}

/** From border to border: between two of them, the latest of the stretches that are open there counts. `group`: by start. */
function sweep(
  group: readonly number[],
  startOf: (index: number) => number,
  endOf: (index: number) => number,
  give: (index: number, from: number, to: number) => void,
): void {
  const borders = Float64Array.from(group.flatMap((index) => [startOf(index), endOf(index)])).sort();
  const open = new Latest();
  let [next, current, from] = [0, -1, 0];
  for (const border of borders) {
    while (next < group.length && startOf(group[next] as number) <= border) open.add(group[next++] as number);
    while (open.top >= 0 && endOf(open.top) <= border) open.drop();
    if (open.top === current) continue;
    if (current >= 0) give(current, from, border);
    [current, from] = [open.top, border];
  }
}

/** A heap of numbers, the largest at the top. */
class Latest {
  readonly #heap: number[] = [];

  /** -1: none. */
  get top(): number {
    return this.#heap[0] ?? -1;
  }

  add(value: number): void {
    const heap = this.#heap;
    let at = heap.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) >= value) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = value;
  }

  drop(): void {
    const heap = this.#heap;
    const value = heap.pop();
    if (value === undefined || heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && (heap[child + 1] as number) > (heap[child] as number)) child++;
      if ((heap[child] as number) <= value) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = value;
  }
}

/**
 * Pages of one block that a stream has sent: where each is. It costs eight bytes a page, and no more than the file could need.
 */
import { KsmError } from '../../errors.ts';
import type { ByteSource } from '../bytes/byte-source.ts';
import { Window } from '../bytes/window.ts';
import type { PageSpace, SpaceRange } from '../format.ts';
import { PAGE_BYTES } from '../source.ts';
import type { Block } from './block.ts';

/** Pages whose places are kept together. */
const CHUNK_PAGES = 512;
const CHUNK_BYTES = CHUNK_PAGES * 8;
/** A page takes nine bytes of a stream at least, so a file of all pages never needs as much as this; what is sent here and there may. */
const SPARE_BYTES = 1 << 24;

/** What all blocks of a stream may take together. */
export class Budget {
  #left: number;

  constructor(fileBytes: number) {
    this.#left = fileBytes + SPARE_BYTES;
  }

  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0)
      throw new KsmError('EFORMAT', 'a stream of QEMU has its pages all over its blocks: it is damaged; save it anew');
  }
}

export class Sent {
  readonly #budget: Budget;
  /** By number, in chunks. 0: not sent; positive: where in the file; negative: filled with a byte, which is -1 less the number. */
  readonly #chunks = new Map<number, Float64Array>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#chunks.size === 0;
  }

  put(page: number, position: number): void {
    this.#set(page, position);
  }

  fill(page: number, byte: number): void {
    this.#set(page, -1 - byte);
  }

  at(page: number): number {
    return this.#chunks.get(Math.floor(page / CHUNK_PAGES))?.[page % CHUNK_PAGES] ?? 0;
  }

  /** Runs of pages that were sent, ascending. */
  *runs(): Generator<{ first: number; pages: number }> {
    let [first, end] = [0, 0];
    for (const number of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const chunk = this.#chunks.get(number) as Float64Array;
      for (let i = 0; i < CHUNK_PAGES; i++) {
        if (chunk[i] === 0) continue;
        const page = number * CHUNK_PAGES + i;
        if (page !== end) {
          if (end > first) yield { first, pages: end - first };
          first = page;
        }
        end = page + 1;
      }
    }
    if (end > first) yield { first, pages: end - first };
  }

  #set(page: number, value: number): void {
    const number = Math.floor(page / CHUNK_PAGES);
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) {
      this.#budget.take(CHUNK_BYTES);
      chunk = new Float64Array(CHUNK_PAGES);
      this.#chunks.set(number, chunk);
    }
    chunk[page % CHUNK_PAGES] = value;
  }
}

/** The block as an address space: addresses are offsets in it. */
export function sentSpace(bytes: ByteSource, { name, size, page, sent }: Block, isCut: boolean): PageSpace {
  const each = page / PAGE_BYTES;
  const runs = [...sent.runs()];
  const there = runs.reduce((total, { pages }) => total + pages, 0);
  const lost = (Math.ceil(size / page) - there) * each;
  const window = new Window(bytes);
  const starts = new Float64Array(runs.length + 1);
  runs.forEach(({ pages }, index) => {
    starts[index + 1] = (starts[index] as number) + pages * each;
  });
  return {
    name,
    ranges: runs.map(
      ({ first, pages }): SpaceRange => ({ address: BigInt(first) * BigInt(page), pages: pages * each, label: name }),
    ),
    missing: lost > 0 ? [{ reason: isCut ? 'truncated' : 'not dumped', pages: lost }] : [],
    partial: 0,
    notes: [],
    read: (number, into) => {
      let done = 0;
      let run = runAt(starts, number);
      for (; done < into.length && run < runs.length; done += PAGE_BYTES) {
        const wanted = number + done / PAGE_BYTES;
        if (wanted >= (starts[run + 1] as number)) run++;
        const found = runs[run];
        if (found === undefined) break;
        const inRun = found.first * each + wanted - (starts[run] as number);
        const place = sent.at(Math.floor(inRun / each));
        const target = into.subarray(done, done + PAGE_BYTES);
        if (place < 0) target.fill(-1 - place);
        else {
          const data = window.at(place + (inRun % each) * PAGE_BYTES, PAGE_BYTES);
          if (data.length < PAGE_BYTES) break;
          target.set(data);
        }
      }
      return done / PAGE_BYTES;
    },
  };
}

/** The run that has that page. */
function runAt(starts: Float64Array, page: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle + 1] as number) > page) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Huge pages that merging would split: those of which at least one page is merged.
 *
 * KSM merges pages of 4096 bytes, and a huge page is split into such when one of them merges, whatever that one saves. Which pages of
 * a process are huge ones the kernel has said when the process was opened (src/image/live.ts).
 */
import { machineOf } from '../host/index.ts';
import { endOf, PAGE_BYTES } from '../image/index.ts';
import { MergedFrames, NO_FRAME, NOT_MERGED } from '../machine/index.ts';
import { ZERO_FRAME } from '../memory/index.ts';
import type { Placed, Scanned } from '../scan/index.ts';
import type { HugePagesReport } from './types.ts';

/** Pages of 4096 bytes in a huge one. */
export const HUGE_PAGES = 512;

/** Of each source, in their order; undefined of what is no process. Reads the page tables of processes that have huge pages. */
export function hugePages({
  engines,
  placed,
  sample,
}: Pick<Scanned, 'engines' | 'placed' | 'sample'>): (HugePagesReport | undefined)[] {
  const merged = engines.hosts.map((host) => new MergedFrames(machineOf(host).engine));
  return placed.map((from) => {
    const { live } = from.source;
    if (live === undefined) return undefined;
    const bytes = live.hugeBytes;
    // Of a sample not all that is merged is known.
    const isKnown = bytes === 0 || (live.huge !== null && sample === undefined);
    return { bytes, split: isKnown ? splitOf(from, live.huge ?? [], merged) : null };
  });
}

/** How many of the huge pages, which are named by their first page / 512, have a merged page. */
function splitOf(from: Placed, huge: readonly number[], merged: readonly MergedFrames[]): number {
  if (huge.length === 0) return 0;
  const whole = new Set(huge);
  const split = new Set<number>();
  const walk = from.walk();
  const addresses = pageNumbers(from);
  for (let count = walk.next(); count > 0; count = walk.next()) {
    for (let page = 0; page < count; page++) {
      const at = Math.floor((addresses.next().value ?? 0) / HUGE_PAGES);
      const frame = walk.frames[page] as number;
      if (!whole.has(at) || frame === NO_FRAME) continue;
      if (frame === ZERO_FRAME || merged[walk.engines[page] as number]?.nodeOf(frame) !== NOT_MERGED) split.add(at);
    }
  }
  return split.size;
}

/** Of each page of a process, in the order in which they were read: its address / 4096. */
function* pageNumbers({ source, pages }: Placed): Generator<number, void> {
  let at = 0;
  for (const run of pages.runs) {
    for (let page = run.page; page < endOf(run); page++) {
      let range = source.ranges[at];
      while (range !== undefined && endOf(range) <= page) range = source.ranges[++at];
      if (range !== undefined) yield Number(range.address / BigInt(PAGE_BYTES)) + page - range.page;
    }
  }
}

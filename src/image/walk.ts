/**
 * Finding pages without PAGEMAP_SCAN: by walking over /proc/PID/pagemap, mapping by mapping.
 *
 * That costs eight bytes for each page of address space, so it stops as soon as all has been found that smaps has counted, and lets
 * others have their turn on the way. The kernel's zero page looks like anonymous memory there, but smaps does not count it, and it is never
 * exclusive (bit 56). What remains in doubt are pages that are shared with another process, by fork or by KSM, in one mapping with zero
 * pages: root can ask /proc/kpageflags about their frames, for others they count as memory.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { Pagemap, type Run } from './pagemap.ts';
import type { Found, Look } from './present.ts';
import { extend } from './ranges.ts';
import type { Mapping } from './smaps.ts';

/** Entries that are read at a time: half a millisecond. */
const BLOCK = 16_384;
/** Bit 24 of a word of /proc/kpageflags: the frame is the kernel's page of zeros, small or huge. */
const ZERO_PAGE = 1 << 24;
const WORD_BYTES = 8;
const NOTHING: Found = { runs: [], zero: 0, doubtful: 0, huge: [] };

/** The pages of the mappings, in their order; undefined: the process has ended. Errors of the file system are passed on. */
export async function walk(pid: number, mappings: readonly Mapping[], look: Look): Promise<Found[] | undefined> {
  const fd = openSync(`/proc/${pid}/pagemap`, 'r');
  const frames = new ZeroFrames();
  try {
    const pagemap = new Pagemap(fd);
    const found: Found[] = [];
    for (const mapping of mappings) {
      // The kernel has said that there is nothing. It may be large.
      const some = mapping.anonymous === 0 ? NOTHING : await walkMapping(pagemap, mapping, frames, look);
      if (some === undefined) return undefined;
      found.push(some);
    }
    return found;
  } finally {
    closeSync(fd);
    frames.close();
  }
}

async function walkMapping(
  pagemap: Pagemap,
  { at, pages, anonymous }: Mapping,
  frames: ZeroFrames,
  look: Look,
): Promise<Found | undefined> {
  const own: Run[] = [];
  /** Shared with others, or the zero page; the frames of those that are known not to be it are left out. */
  const others: Run[] = [];
  let [exclusive, shared, zeros] = [0, 0, 0];
  for (let done = 0; done < pages && exclusive < anonymous; ) {
    await look(done, pages);
    const read = pagemap.read(at + done, Math.min(BLOCK, pages - done));
    if (read === 0) return undefined;
    for (let i = 0; i < read; i++) {
      if (!pagemap.isAnonymous(i)) continue;
      const { isExclusive, frame } = pagemap.entry(i);
      const isZero = !isExclusive && frames.has(frame);
      if (isZero) zeros++;
      else if (isExclusive) exclusive++;
      else shared++;
      if (!isZero) extend(isExclusive ? own : others, { at: at + done + i, pages: 1 });
    }
    done += read;
  }
  // All that smaps has counted is exclusive: then nothing else is anybody's memory.
  const areAllZero = exclusive >= anonymous;
  const doubtful = areAllZero ? 0 : Math.max(0, exclusive + shared - anonymous);
  const runs = areAllZero ? own : merged(own, others);
  return { runs, zero: zeros + (areAllZero ? shared : 0), doubtful, huge: undefined };
}

/** Both by ascending address. */
function merged(some: readonly Run[], others: readonly Run[]): Run[] {
  const runs: Run[] = [];
  for (const run of [...some, ...others].sort((a, b) => a.at - b.at)) extend(runs, run);
  return runs;
}

/** Which frames are the kernel's zero page, as far as this user may know. */
class ZeroFrames {
  readonly #fd: number;
  readonly #word: Uint32Array = new Uint32Array(2);
  readonly #known = new Map<number, boolean>();

  constructor() {
    this.#fd = openOrNone('/proc/kpageflags');
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
  }

  has(frame: number): boolean {
    if (frame === 0 || this.#fd < 0) return false;
    let is = this.#known.get(frame);
    if (is === undefined) {
      const read = readSync(this.#fd, this.#word, 0, WORD_BYTES, frame * WORD_BYTES);
      is = read === WORD_BYTES && ((this.#word[0] ?? 0) & ZERO_PAGE) !== 0;
      this.#known.set(frame, is);
    }
    return is;
  }
}

function openOrNone(path: string): number {
  try {
    return openSync(path, 'r');
  } catch {
    return -1; // Only root may, where the kernel has it at all.
  }
}

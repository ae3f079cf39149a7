/**
 * Words that are zero in every snapshot. The engine counts on it, and the invariant walker does not look at them: what
 * threads share means nothing without the threads, and records and frames that were never used are handed out without
 * being cleared.
 */
import { contentBytes, layout, regionOf } from '../engine/index.ts';
import { type Run, refused } from './format.ts';

/** Addresses: where it begins and ends. */
type Range = readonly [from: number, to: number];

const { FRAME_LIST_BYTES, FREE_FRESH, PAGE_SIZE } = layout;

/** Of all that scanners note only ksmd's cursor is the machine's: where what comes after it begins. */
const AFTER_CURSOR: number = layout.SCANNER_BUSY;

/**
 * Where the threads of a host arrange their work, and where the scanner notes what it is looking at: windows with checksums, and a sum
 * of what it has read. That says nothing of the machine, but something of its guests.
 */
export const THREADS: readonly Range[] = [
  [layout.H_KSMD, layout.H_KSMD + 4],
  [layout.H_WORKERS, layout.H_WORKERS + 4],
  [layout.H_CONCURRENT, layout.H_CONCURRENT + 4],
  [layout.H_KSMD_BELL, layout.H_KSMD_BELL + 4],
  [layout.LOCK, layout.WORKERS_END],
  ...Array.from({ length: layout.SCANNER_LIMIT }, (_, index): Range => {
    const scanner = layout.SCANNERS + index * layout.SCANNER_BYTES;
    const first = scanner === layout.LINUX_SCANNER ? scanner + AFTER_CURSOR : scanner;
    return [first, scanner + layout.SCANNER_BYTES];
  }),
];

/** Free lists of the arenas, by region. */
const LISTS: ReadonlyMap<number, number> = new Map([
  [layout.REGION_MMS, layout.H_FREE_MMS],
  [layout.REGION_VMAS, layout.H_FREE_VMAS],
  [layout.REGION_TABLES, layout.H_FREE_TABLES],
  [layout.REGION_LEAVES, layout.H_FREE_LEAVES],
  [layout.REGION_NODES, layout.H_FREE_NODES],
]);

/**
 * EFORMAT if a word is not zero that has to be. `runs` are the pages of the memory that are stored; the others are
 * zero. What the header says need not be right: if it is not, the walker will refuse it.
 */
export function expectBlank(words: Uint32Array, runs: readonly Run[]): void {
  for (const [from, to] of [...THREADS, ...neverUsed(words)]) {
    for (const { page, pages } of runs) {
      const end = Math.min(to, (page + pages) * PAGE_SIZE);
      for (let address = Math.max(from, page * PAGE_SIZE); address < end; address += 4) {
        if (words[address >>> 2] === 0) continue;
        throw refused(`its memory is not 0 at ${address}, which belongs to threads or was never used`);
      }
    }
  }
}

/** The records and frames that were never used. */
function neverUsed(words: Uint32Array): Range[] {
  const u32 = (address: number): number => words[address >>> 2] as number;
  const within = (base: number, first: number, end: number, bytes: number): Range => [
    u32(base) + first * bytes,
    u32(base) + end * bytes,
  ];
  const ranges: Range[] = [];
  for (let region = 0; region < layout.REGION_COUNT; region++) {
    const list = LISTS.get(region) ?? LISTS.get(layout.regionFollows(region));
    if (list === undefined || region === layout.REGION_DIRTY) continue; // the dirty bitmap is the embedder's
    const { base, records, bytes } = regionOf({ u32 }, region);
    const fresh = u32(list + FREE_FRESH);
    const used = LISTS.has(region) ? fresh : layout.regionRecords(region, fresh);
    ranges.push([base + used * bytes, base + records * bytes]);
  }
  for (let nid = 0; nid < Math.min(u32(layout.H_NID_COUNT), layout.NID_LIMIT); nid++) {
    const list = layout.H_FRAME_LISTS + nid * FRAME_LIST_BYTES;
    const [fresh, end] = [u32(list + layout.FRAME_LIST_FRESH), u32(list + layout.FRAME_LIST_END)];
    ranges.push(
      within(layout.H_FRAME_WORDS, fresh, end, 4),
      within(layout.H_FRAMES, fresh, end, contentBytes({ u32 })),
    );
    ranges.push(within(layout.H_PINCOUNTS, fresh, end, 4));
    // The words of large folios that begin behind the last frame that was used: the walker does not get there.
    if (end === u32(layout.H_FRAME_LIMIT)) {
      ranges.push(
        within(layout.H_FOLIOS, Math.ceil(fresh / layout.FOLIO_FRAMES), Math.floor(end / layout.FOLIO_FRAMES) + 1, 4),
      );
    }
  }
  return ranges;
}

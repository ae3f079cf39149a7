/**
 * Who maps which frame: the page tables of all sources, read once and turned round.
 *
 * Everything a report says about merging is counted from this and from the engine's counters; nothing is remembered from
 * the scan. The tables are plain arrays over frame numbers, since a full host has a million of them.
 */
import { PAGE_SIZE } from '../../assembly/layout/index.ts';
import type { AddressSpace } from '../index.ts';

/** Frame numbers that a 32-bit memory can have. */
const FRAME_NUMBERS = 2 ** 32 / PAGE_SIZE;

/** An address space with the source whose pages it holds. */
export interface LoadedSource {
  readonly name: string;
  readonly kind: 'image' | 'process';
  readonly space: AddressSpace;
  /** What the source calls the page at an address of the space. */
  locate(address: number): { label: string; address: bigint };
}

/** Mappings of frames, by frame number. */
export interface FrameUse {
  /** Pages that map it. */
  readonly pages: Uint32Array;
  /** First page that maps it, in the order of sources and addresses: index of the source, and page number. */
  readonly firstSource: Uint32Array;
  readonly firstPage: Uint32Array;
  /** Resident pages of each source. */
  readonly resident: readonly number[];
}

/** Reads the page tables of all sources. */
export function frameUse(sources: readonly LoadedSource[]): FrameUse {
  const pages = new Uint32Array(FRAME_NUMBERS);
  const firstSource = new Uint32Array(FRAME_NUMBERS);
  const firstPage = new Uint32Array(FRAME_NUMBERS);
  const resident = sources.map(({ space }, source) => {
    let found = 0;
    for (const { address, frame } of space.resident()) {
      found++;
      if (pages[frame] === 0) {
        firstSource[frame] = source;
        firstPage[frame] = address / PAGE_SIZE;
      }
      pages[frame] = (pages[frame] ?? 0) + 1;
    }
    return found;
  });
  return { pages, firstSource, firstPage, resident };
}

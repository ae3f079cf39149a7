/**
 * Who maps which frame: the page tables of all sources, read once and turned round.
 *
 * Everything a report says about merging is counted from this and from the engine's counters; nothing is remembered from
 * the scan. The tables are plain arrays over frame numbers, since a full host has a million of them.
 */
import { PAGE_SIZE } from '../../assembly/layout/index.ts';
import type { AddressSpace } from '../index.ts';

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

/** Reads the page tables of all sources, in a host of so many frames, the zero frame included. */
export function frameUse(sources: readonly LoadedSource[], frames: number): FrameUse {
  const pages = new Uint32Array(frames);
  const firstSource = new Uint32Array(frames);
  const firstPage = new Uint32Array(frames);
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

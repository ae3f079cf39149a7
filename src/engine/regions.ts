/** The regions of a memory as its header's directory says (layout/regions), and how much of each is in use. */
import * as layout from '../../assembly/layout/index.ts';

/** A run of equal records. */
export interface Region {
  /** Address of the first. */
  readonly base: number;
  /** How many there are. */
  readonly records: number;
  /** Size of each. */
  readonly bytes: number;
}

/** Bytes of a frame's content. */
export function contentBytes(memory: { u32(address: number): number }): number {
  return memory.u32(layout.H_PAGE_KIND) === layout.PAGE_NAMES_KIND ? 8 : layout.PAGE_SIZE;
}

/** Region number `region` (REGION_*) of a memory. */
export function regionOf(memory: { u32(address: number): number }, region: number): Region {
  const entry = layout.H_REGIONS + region * layout.DIRECTORY_BYTES;
  return {
    base: memory.u32(entry + layout.DIRECTORY_BASE),
    records: memory.u32(entry + layout.DIRECTORY_RECORDS),
    bytes: region === layout.REGION_FRAMES ? contentBytes(memory) : layout.regionBytes(region),
  };
}

/** How many records of a region are in use. */
export function usedOf(memory: { u32(address: number): number }, region: number): number {
  if (!layout.regionIsThere(region, memory.u32(layout.H_COLUMNS))) return 0;
  const list = layout.regionFreeList(region);
  if (list !== 0) return memory.u32(list + layout.FREE_USED);
  if (region === layout.REGION_FRAMES) return memory.u32(layout.H_FRAMES_USED);
  const followed = layout.regionFollows(region);
  if (followed === region) return regionOf(memory, region).records;
  return layout.regionRecords(region, usedOf(memory, followed));
}

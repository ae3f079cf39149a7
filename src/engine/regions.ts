/** The regions of a memory as its header's directory says (layout/regions). */
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

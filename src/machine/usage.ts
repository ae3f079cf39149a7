/** How much of everything a machine has, and how much of it is in use: by the table of regions. */
import { type Engine, layout, regionOf, usedOf } from '../engine/index.ts';
import type { Limits, Usage } from './types.ts';

const { REGION_FRAMES, REGION_LEAVES, REGION_MMS, REGION_VMAS, TABLE_ENTRIES } = layout;

export function limitsOf(engine: Engine): Limits {
  const records = (region: number): number => regionOf(engine, region).records;
  return {
    frames: records(REGION_FRAMES) - 1, // the zero frame is nobody's
    pages: records(REGION_LEAVES) * TABLE_ENTRIES,
    processes: records(REGION_MMS),
    vmas: records(REGION_VMAS),
  };
}

export function usageOf(engine: Engine): Usage {
  let metadataBytes = layout.REGIONS;
  for (let region = 0; region < layout.REGION_COUNT; region++) {
    if (region !== REGION_FRAMES) metadataBytes += usedOf(engine, region) * layout.regionBytes(region);
  }
  return {
    frames: usedOf(engine, REGION_FRAMES),
    pages: usedOf(engine, REGION_LEAVES) * TABLE_ENTRIES,
    processes: usedOf(engine, REGION_MMS),
    vmas: usedOf(engine, REGION_VMAS),
    metadataBytes,
    metadata_bytes: metadataBytes,
  };
}

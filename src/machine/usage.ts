/** How much of everything a machine has, and how much of it is in use. */
import { type Engine, layout } from '../engine/index.ts';
import type { Limits, Usage } from './types.ts';

export function limitsOf(engine: Engine): Limits {
  return {
    frames: engine.frames.count - 1, // the zero frame is nobody's
    pages: engine.u32(layout.H_LEAF_LIMIT) * layout.TABLE_ENTRIES,
    processes: engine.u32(layout.H_MM_LIMIT),
    vmas: engine.u32(layout.H_VMA_LIMIT),
  };
}

export function usageOf(engine: Engine): Usage {
  const used = (list: number): number => engine.u32(list + layout.FREE_USED);
  const leaves = used(layout.H_FREE_LEAVES);
  const frames = engine.u32(layout.H_FRAMES_USED);
  const leafBytes = layout.LEAF_BYTES + layout.TABLE_ENTRIES * (8 + layout.ITEM_BYTES) + layout.TABLE_ENTRIES / 8;
  const metadataBytes =
    layout.REGIONS +
    used(layout.H_FREE_MMS) * layout.MM_BYTES +
    used(layout.H_FREE_VMAS) * layout.VMA_BYTES +
    used(layout.H_FREE_TABLES) * layout.TABLE_BYTES +
    leaves * leafBytes +
    used(layout.H_FREE_NODES) * layout.NODE_BYTES +
    frames * 4 +
    engine.u32(layout.H_ROOT_LIMIT) * layout.ROOT_BYTES;
  return {
    frames,
    pages: leaves * layout.TABLE_ENTRIES,
    processes: used(layout.H_FREE_MMS),
    vmas: used(layout.H_FREE_VMAS),
    metadataBytes,
    metadata_bytes: metadataBytes,
  };
}

/** Which pages are the same: KSM's frames, each with all the pages that map it. */
import { layout } from '../engine/index.ts';
import type { AddressSpace, Machine } from '../host/index.ts';

export interface SharedPage {
  readonly process: AddressSpace;
  readonly address: number;
}

/** One frame of KSM's. */
export interface SharedFrame {
  readonly frame: number;
  /** Processes in the order of their start, addresses ascending. */
  readonly pages: readonly SharedPage[];
}

/** By ascending frame. Read from the page tables, so what fork has copied is there too; it takes a look at every pte. */
export function sharedFrames(machine: Machine): SharedFrame[] {
  const { engine, firstFrame } = machine;
  const words = (engine.u32(layout.H_FRAME_WORDS) >>> 2) - firstFrame;
  const groups = new Map<number, SharedPage[]>();
  for (const process of machine.processes) {
    for (const { address, frame } of process.resident()) {
      if (!((engine.words[words + frame] as number) & layout.FRAME_KSM)) continue;
      const pages = groups.get(frame);
      if (pages === undefined) groups.set(frame, [{ process, address }]);
      else pages.push({ process, address });
    }
  }
  return [...groups].map(([frame, pages]) => ({ frame, pages })).sort((one, other) => one.frame - other.frame);
}

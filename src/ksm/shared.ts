/** Which pages are the same: KSM's frames, each with all the pages that map it. */
import { layout } from '../engine/index.ts';
import type { AddressSpace, Machine } from '../machine/index.ts';
import type { FrameId } from '../memory/index.ts';

export interface SharedPage {
  readonly process: AddressSpace;
  readonly address: number;
}

/** One frame of KSM's. */
export interface SharedFrame {
  readonly frame: FrameId;
  /** Processes in the order of their start, addresses ascending. */
  readonly pages: readonly SharedPage[];
}

/** By ascending frame. Read from the page tables, so what fork has copied is there too; it takes a look at every pte. */
export function sharedFrames(machine: Machine): SharedFrame[] {
  const { frames } = machine.engine;
  const groups = new Map<FrameId, SharedPage[]>();
  for (const process of machine.processes.live) {
    for (const { address, frame } of process.resident()) {
      if (!(frames.wordOf(frame) & layout.FRAME_KEPT)) continue;
      const pages = groups.get(frame);
      if (pages === undefined) groups.set(frame, [{ process, address }]);
      else pages.push({ process, address });
    }
  }
  return [...groups].map(([frame, pages]) => ({ frame, pages })).sort((one, other) => one.frame - other.frame);
}

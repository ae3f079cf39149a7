/** What is free: of the records of an arena (base/arena), and of the frames of a NUMA node (memory/frames). */
import { H_FRAME_LISTS, H_FREE_LEAVES, H_FREE_MMS, H_FREE_NODES, H_FREE_TABLES, H_FREE_VMAS } from '../layout';

@unmanaged
export class FreeList {
  /** First free record, whose first word links to the next; 0: none. */
  first: usize;
  /** Number of the first record that was never used. */
  fresh: u32;
  used: u32;
}

export const freeMms: FreeList = changetype<FreeList>(H_FREE_MMS);
export const freeVmas: FreeList = changetype<FreeList>(H_FREE_VMAS);
export const freeTables: FreeList = changetype<FreeList>(H_FREE_TABLES);
export const freeLeaves: FreeList = changetype<FreeList>(H_FREE_LEAVES);
export const freeNodes: FreeList = changetype<FreeList>(H_FREE_NODES);

@unmanaged
export class FrameList {
  /** First free frame, as its index plus one; 0: none. */
  free: u32;
  /** Index of the first frame that was never used. */
  fresh: u32;
  /** Index behind the last frame. */
  end: u32;
  used: u32;
}

/** The list of NUMA node `nid`. */
export function frameList(nid: u32): FrameList {
  return changetype<FrameList>(H_FRAME_LISTS + nid * offsetof<FrameList>());
}

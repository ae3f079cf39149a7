/**
 * The unstable tree: pages that have not changed since the last pass and have found no partner yet.
 *
 * They are not write-protected, so any of them may change while it is in the tree and make the order wrong. Nothing depends
 * on the order being right: a misled search misses a partner for one pass, and the tree starts empty in the next.
 */

import {
  H_FULL_SCANS,
  H_MERGE_ACROSS_NODES,
  H_NID_COUNT,
  H_PAGES_UNSHARED,
  H_ROOT_COUNT,
  H_UNSTABLE_ROOTS,
  MM_EXITED,
  MM_FLAGS,
  PTE_FRAME,
  PTE_PRESENT,
  PTE_SHARED,
  RB_LEFT,
  RB_RIGHT,
  STATE_SEQ,
  STATE_UNSTABLE,
  VM_MERGEABLE,
} from '../layout';
import { frameNid, zeroFrame } from '../memory/frames';
import { entryMm, entryPage, pteOf } from '../memory/tables';
import { vmaFind, vmaFlags } from '../memory/vmas';
import { comparePages } from '../page/compare';
import { rbInsert } from '../tree/rb';
import { orderByKey, treeNid, unstableRoot } from './order';
import { count, entryOf, itemOf, stateOf, stateSet } from './rmap';

/** Empties every unstable tree. The items keep their flag and count until they are visited again. */
export function unstableClear(): void {
  const words = load<u32>(H_ROOT_COUNT) * load<u32>(H_NID_COUNT);
  memory.fill(load<u32>(H_UNSTABLE_ROOTS), 0, words << 2);
}

/** The anonymous frame that `entry` maps, if KSM may still take it; else 0. */
export function mergeableFrame(entry: u32): usize {
  const mm = entryMm(entry);
  if (load<u32>(mm, MM_FLAGS) & MM_EXITED) return 0;
  const vma = vmaFind(mm, entryPage(entry));
  if (vma == 0 || !(vmaFlags(vma) & VM_MERGEABLE)) return 0;
  const pte = pteOf(entry);
  if ((pte & (PTE_PRESENT | PTE_SHARED)) != PTE_PRESENT) return 0;
  const frame: usize = pte & PTE_FRAME;
  return frame == zeroFrame() ? 0 : frame;
}

/**
 * The entry of a page in the tree that equals the page of `entry` in `frame`; 0 where there was none. Then `entry` is in the
 * tree now, unless the search met a page that has vanished or is this very frame (both after fork): such a search is
 * given up, and the item stays volatile.
 */
export function unstableSearchOrInsert(entry: u32, frame: usize, checksum: u32, high: u32): u32 {
  const nid = treeNid(frame);
  let parent: usize = 0;
  let link = unstableRoot(nid, high);
  for (let other: usize = load<u32>(link); other != 0; other = load<u32>(link)) {
    let order = orderByKey(checksum, other);
    if (order == 0) {
      const treeFrame = mergeableFrame(entryOf(other));
      if (treeFrame == 0 || treeFrame == frame) return 0;
      order = comparePages(frame, treeFrame);
      if (order == 0) {
        const strayed = !load<u32>(H_MERGE_ACROSS_NODES) && frameNid(treeFrame) != nid;
        return strayed ? 0 : entryOf(other);
      }
    }
    parent = other;
    link = other + (order < 0 ? RB_LEFT : RB_RIGHT);
  }
  rbInsert(itemOf(entry), parent, link);
  const seq = load<u32>(H_FULL_SCANS) & STATE_SEQ;
  stateSet(entry, (stateOf(entry) & ~STATE_SEQ) | STATE_UNSTABLE | seq);
  count(H_PAGES_UNSHARED, 1);
  return 0;
}

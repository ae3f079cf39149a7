/**
 * Recovery of shared memory: whoever died may have been moving a frame of an object, so that some ptes map where it was, some where
 * it is to be. Nobody could write to it, so both hold the same; all follow the object's own pte.
 */
import {
  H_LEAVES,
  LEAF_BYTES,
  LEAF_MM,
  MM_FLAGS,
  MM_PAGES,
  MM_SHARED_OBJECT,
  PTE_FRAME,
  PTE_PRESENT,
  PTE_SHARED,
  TABLE_BITS,
  TABLE_ENTRIES,
  VMA_OBJECT,
  VMA_OBJECT_PAGE,
} from '../layout';
import { entryFind, entryPage, pteOf, pteSet } from '../memory/tables';
import { vmaFind, vmaStart } from '../memory/vmas';
import { mmIsLive } from './mms';
import { leafIsMarked, leavesEnd } from './tables';

/** Maps every shared page to the frame that its object has. */
export function sharedFollow(): void {
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (!leafIsMarked(leaf)) continue;
    const mm: usize = load<u32>(load<u32>(H_LEAVES) + leaf * LEAF_BYTES, LEAF_MM);
    if (load<u32>(mm, MM_FLAGS) & MM_SHARED_OBJECT) continue;
    for (let entry = leaf << TABLE_BITS, end = entry + TABLE_ENTRIES; entry < end; entry++) {
      if ((pteOf(entry) & (PTE_PRESENT | PTE_SHARED)) == (PTE_PRESENT | PTE_SHARED)) follow(mm, entry);
    }
  }
}

function follow(mm: usize, entry: u32): void {
  const page = entryPage(entry);
  const vma = vmaFind(mm, page);
  const object: usize = vma == 0 ? 0 : load<u32>(vma, VMA_OBJECT);
  if (object == 0 || !mmIsLive(object)) return;
  const objectPage = load<u32>(vma, VMA_OBJECT_PAGE) + (page - vmaStart(vma));
  const held = objectPage < MM_PAGES ? entryFind(object, objectPage) : 0;
  const pte = held == 0 ? 0 : pteOf(held);
  if (!(pte & PTE_PRESENT) || (pte & PTE_FRAME) == (pteOf(entry) & PTE_FRAME)) return;
  pteSet(entry, (pteOf(entry) & ~PTE_FRAME) | (pte & PTE_FRAME));
}

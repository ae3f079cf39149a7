/**
 * Recovery of shared memory. Whoever died may have been moving a frame of an object, so that some ptes map the old frame and some the new
 * one. Nobody could write to either, so both hold the same, and all ptes follow the object's own.
 */
import { MM_PAGES, MM_SHARED_OBJECT, TABLE_BITS, TABLE_ENTRIES } from '../layout';
import { frameOfPte, isPresent, isShared, pteWithFrame } from '../memory/pte';
import { entryFind, entryPage, leafRecord, pteOf, pteSet } from '../memory/tables';
import { vmaFind } from '../memory/vmas';
import { Mm } from '../records/mm';
import { none } from '../records/record';
import { mmIsLive } from './mms';
import { leafIsMarked, leavesEnd } from './tables';

/** Maps every shared page to the frame that its object has. */
export function sharedFollow(): void {
  for (let leaf: u32 = 1; leaf < leavesEnd(); leaf++) {
    if (!leafIsMarked(leaf)) continue;
    const mm = leafRecord(leaf).mm;
    if (mm.flags & MM_SHARED_OBJECT) continue;
    for (let entry = leaf << TABLE_BITS, end = entry + TABLE_ENTRIES; entry < end; entry++) {
      const pte = pteOf(entry);
      if (isPresent(pte) && isShared(pte)) follow(mm, entry);
    }
  }
}

function follow(mm: Mm, entry: u32): void {
  const page = entryPage(entry);
  const vma = vmaFind(mm, page);
  const object = vma ? vma.object : none<Mm>();
  if (!object || !mmIsLive(object)) return;
  const objectPage = vma.objectPage + (page - vma.start);
  const held = objectPage < MM_PAGES ? entryFind(object, objectPage) : 0;
  const pte = held == 0 ? 0 : pteOf(held);
  const frame = frameOfPte(pte);
  if (isPresent(pte) && frame != frameOfPte(pteOf(entry))) pteSet(entry, pteWithFrame(pteOf(entry), frame));
}

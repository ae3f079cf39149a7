/** Recovery of address spaces: which live, their mappings, and ksmd's list. */
import {
  FREE_FIRST,
  FREE_FRESH,
  FREE_USED,
  H_FREE_MMS,
  H_FREE_VMAS,
  H_MMS,
  H_VMAS,
  MM_BYTES,
  MM_EXITED,
  MM_FLAGS,
  MM_IN_USE,
  MM_MAKER,
  MM_MERGEABLE,
  MM_MERGING_PAGES,
  MM_REFS,
  MM_REPLACES,
  MM_RMAP_ITEMS,
  MM_SHARED_OBJECT,
  MM_SLOT_NEXT,
  MM_UNBORN,
  MM_VMA_CACHE,
  MM_VMA_COUNT,
  MM_VMAS,
  MM_ZERO_PAGES,
  SLOTS,
  VM_MERGEABLE,
  VMA_BYTES,
  VMA_END,
  VMA_MM,
  VMA_OBJECT,
} from '../layout';
import { arenaGive } from '../memory/arena';
import { vmaEnd, vmaFirst, vmaFlags, vmaLink, vmaNext, vmaStart } from '../memory/vmas';
import { slotEnter, slotsClear } from '../policy/linux/slots';
import { batchCut, linuxScanner } from '../scan/scanner';

/** One past the last mm record that was ever used. */
export function mmsEnd(): usize {
  return load<u32>(H_MMS) + load<u32>(H_FREE_MMS, FREE_FRESH) * MM_BYTES;
}

export function mmIsLive(mm: usize): bool {
  return (load<u32>(mm, MM_FLAGS) & MM_IN_USE) != 0;
}

/** Of a process: nobody is making it, and it has not ended. */
function isRunning(mm: usize): bool {
  return (load<u32>(mm, MM_FLAGS) & (MM_IN_USE | MM_UNBORN | MM_EXITED)) == MM_IN_USE;
}

/** Is there somebody who knows of it, or can find it by its id, now that `dead` has died? */
function isKnown(mm: usize, dead: u32): bool {
  const maker = load<u32>(mm, MM_MAKER);
  const old: usize = load<u32>(mm, MM_REPLACES);
  return !(maker != 0 && (dead == 0 || maker == dead)) && !(old != 0 && isRunning(old));
}

/** Forgets mms that nobody knows of after the death of `dead`, or that have ended; of the others, what is counted anew. */
export function mmsKeep(dead: u32): void {
  const end = mmsEnd();
  for (let mm: usize = load<u32>(H_MMS); mm < end; mm += MM_BYTES) {
    if (!isRunning(mm) || !isKnown(mm, dead)) {
      store<u32>(mm, 0, MM_FLAGS);
      continue;
    }
    store<u32>(mm, 0, MM_REPLACES);
    store<u32>(mm, 0, MM_VMAS);
    store<u32>(mm, 0, MM_VMA_CACHE);
    store<u32>(mm, 0, MM_VMA_COUNT);
    store<u32>(mm, 0, MM_REFS);
    store<u32>(mm, 0, MM_MERGING_PAGES);
    store<u32>(mm, 0, MM_RMAP_ITEMS);
    store<u32>(mm, 0, MM_ZERO_PAGES);
  }
}

/**
 * Sorts all vmas of live mms in anew; the others are free. A split or a join that was under way may have left two that
 * overlap.
 */
export function vmasRebuild(): void {
  store<u32>(H_FREE_VMAS, 0, FREE_FIRST);
  store<u32>(H_FREE_VMAS, load<u32>(H_FREE_VMAS, FREE_FRESH), FREE_USED);
  const end: usize = load<u32>(H_VMAS) + load<u32>(H_FREE_VMAS, FREE_FRESH) * VMA_BYTES;
  for (let vma: usize = load<u32>(H_VMAS); vma < end; vma += VMA_BYTES) {
    const mm: usize = load<u32>(vma, VMA_MM);
    if (mm == 0 || !mmIsLive(mm)) {
      store<u32>(vma, 0, VMA_MM);
      arenaGive(H_FREE_VMAS, vma);
      continue;
    }
    vmaLink(mm, vma);
    const object: usize = load<u32>(vma, VMA_OBJECT);
    if (object != 0) store<u32>(object, load<u32>(object, MM_REFS) + 1, MM_REFS);
  }
  for (let mm: usize = load<u32>(H_MMS); mm < mmsEnd(); mm += MM_BYTES) {
    if (mmIsLive(mm)) vmasTrim(mm);
  }
}

function vmasTrim(mm: usize): void {
  for (let vma = vmaFirst(mm), next: usize = 0; vma != 0; vma = next) {
    next = vmaNext(vma);
    if (next != 0 && vmaEnd(vma) > vmaStart(next)) store<u32>(vma, vmaStart(next), VMA_END);
  }
}

/** Forgets shared objects that nobody maps. */
export function objectsKeep(): void {
  for (let mm: usize = load<u32>(H_MMS); mm < mmsEnd(); mm += MM_BYTES) {
    const flags = load<u32>(mm, MM_FLAGS);
    if (flags & MM_SHARED_OBJECT && load<u32>(mm, MM_REFS) == 0) store<u32>(mm, 0, MM_FLAGS);
  }
}

/** Builds the free list of mms. */
export function mmsFree(): void {
  store<u32>(H_FREE_MMS, 0, FREE_FIRST);
  store<u32>(H_FREE_MMS, load<u32>(H_FREE_MMS, FREE_FRESH), FREE_USED);
  for (let mm: usize = load<u32>(H_MMS); mm < mmsEnd(); mm += MM_BYTES) {
    if (!mmIsLive(mm)) arenaGive(H_FREE_MMS, mm);
  }
}

/** Has it a slot, or was it about to get one when its thread died? */
function isKsms(mm: usize): bool {
  if (load<u32>(mm, MM_FLAGS) & MM_MERGEABLE) return true;
  let vma = vmaFirst(mm);
  while (vma != 0 && !(vmaFlags(vma) & VM_MERGEABLE)) vma = vmaNext(vma);
  return vma != 0;
}

/**
 * ksmd's list, in the order of the records. The cursor stays where it was, if its process lives; else the pass begins
 * anew, but does not end: the unstable trees are still those of this pass.
 */
export function slotsRebuild(): void {
  const scanner = linuxScanner();
  const cursor: usize = scanner.slot;
  slotsClear(scanner);
  let isThere = false;
  for (let mm: usize = load<u32>(H_MMS); mm < mmsEnd(); mm += MM_BYTES) {
    const flags = load<u32>(mm, MM_FLAGS);
    if (!(flags & MM_IN_USE) || !isKsms(mm)) continue;
    store<u32>(mm, flags & ~MM_MERGEABLE, MM_FLAGS);
    slotEnter(mm);
    if (mm == cursor) isThere = true;
  }
  if (!isThere) {
    batchCut(scanner);
    scanner.page = 0;
  }
  if (cursor != SLOTS) scanner.slot = isThere ? <u32>cursor : load<u32>(SLOTS, MM_SLOT_NEXT);
}

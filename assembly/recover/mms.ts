/** Recovery of address spaces: which live, their mappings, and ksmd's list. */
import { arenaGive } from '../base/arena';
import {
  MM_BYTES,
  MM_EXITED,
  MM_IN_USE,
  MM_MERGEABLE,
  MM_SHARED_OBJECT,
  MM_UNBORN,
  VM_MERGEABLE,
  VMA_BYTES,
} from '../layout';
import { vmaFirst, vmaLink, vmaNext } from '../memory/vmas';
import { linuxScanner } from '../policy/linux/scanner';
import { slotEnter, slotsClear } from '../policy/linux/slots';
import { freeMms, freeVmas } from '../records/free-list';
import { header } from '../records/header';
import { Mm, slots, Vma } from '../records/mm';
import { addressOf, none, recordAt } from '../records/record';
import { batchCut } from '../scan/scanner';

/** One past the last mm record that was ever used. */
export function mmsEnd(): usize {
  return header.mms + freeMms.fresh * MM_BYTES;
}

export function mmIsLive(mm: Mm): bool {
  return (mm.flags & MM_IN_USE) != 0;
}

/** Is it a process that nobody is still making, and that has not ended? */
function isRunning(mm: Mm): bool {
  return (mm.flags & (MM_IN_USE | MM_UNBORN | MM_EXITED)) == MM_IN_USE;
}

/** Is there somebody who knows of it, or can find it by its id, now that `dead` has died? */
function isKnown(mm: Mm, dead: u32): bool {
  const maker = mm.maker;
  const old = mm.replaces;
  return !(maker != 0 && (dead == 0 || maker == dead)) && !(old && isRunning(old));
}

/** Forgets mms that nobody knows of after the death of `dead`, or that have ended. Of the others it forgets what is counted anew. */
export function mmsKeep(dead: u32): void {
  const end = mmsEnd();
  for (let at = header.mms; at < end; at += MM_BYTES) {
    const mm = recordAt<Mm>(at);
    if (!isRunning(mm) || !isKnown(mm, dead)) {
      mm.flags = 0;
      continue;
    }
    mm.replaces = none<Mm>();
    mm.vmas = none<Vma>();
    mm.vmaCache = none<Vma>();
    mm.vmaCount = 0;
    mm.refs = 0;
    mm.mergingPages = 0;
    mm.rmapItems = 0;
    mm.zeroPages = 0;
  }
}

/**
 * Sorts all vmas of live mms in anew; the others are free. A split or a join that was under way may have left two that
 * overlap.
 */
export function vmasRebuild(): void {
  freeVmas.first = 0;
  freeVmas.used = freeVmas.fresh;
  const end: usize = header.vmas + freeVmas.fresh * VMA_BYTES;
  for (let at = header.vmas; at < end; at += VMA_BYTES) {
    const vma = recordAt<Vma>(at);
    const mm: Mm = vma.mm;
    if (!mm || !mmIsLive(mm)) {
      vma.mm = none<Mm>();
      arenaGive(freeVmas, vma);
      continue;
    }
    vmaLink(mm, vma);
    const object = vma.object;
    if (object) object.refs++;
  }
  for (let at = header.mms; at < mmsEnd(); at += MM_BYTES) {
    const mm = recordAt<Mm>(at);
    if (mmIsLive(mm)) vmasTrim(mm);
  }
}

function vmasTrim(mm: Mm): void {
  for (let vma = vmaFirst(mm), next = none<Vma>(); vma; vma = next) {
    next = vmaNext(vma);
    if (next && vma.end > next.start) vma.end = next.start;
  }
}

/** Forgets shared objects that nobody maps. */
export function objectsKeep(): void {
  for (let at = header.mms; at < mmsEnd(); at += MM_BYTES) {
    const mm = recordAt<Mm>(at);
    const flags = mm.flags;
    if (flags & MM_SHARED_OBJECT && mm.refs == 0) mm.flags = 0;
  }
}

/** Builds the free list of mms. */
export function mmsFree(): void {
  freeMms.first = 0;
  freeMms.used = freeMms.fresh;
  for (let at = header.mms; at < mmsEnd(); at += MM_BYTES) {
    const mm = recordAt<Mm>(at);
    if (!mmIsLive(mm)) arenaGive(freeMms, mm);
  }
}

/** Has it a slot, or was it about to get one when its thread died? */
function isKsms(mm: Mm): bool {
  if (mm.flags & MM_MERGEABLE) return true;
  let vma = vmaFirst(mm);
  while (vma && !(vma.flags & VM_MERGEABLE)) vma = vmaNext(vma);
  return addressOf(vma) != 0;
}

/**
 * ksmd's list, in the order of the records. The cursor stays where it was if its process lives. Else the pass begins anew, but does not
 * end, because the unstable trees are still those of this pass.
 */
export function slotsRebuild(): void {
  const scanner = linuxScanner();
  const slot = scanner.slot;
  slotsClear(scanner);
  let isThere = false;
  for (let at = header.mms; at < mmsEnd(); at += MM_BYTES) {
    const mm = recordAt<Mm>(at);
    const flags = mm.flags;
    if (!(flags & MM_IN_USE) || !isKsms(mm)) continue;
    mm.flags = flags & ~MM_MERGEABLE;
    slotEnter(mm);
    if (mm == slot) isThere = true;
  }
  if (!isThere) {
    batchCut(scanner);
    scanner.page = 0;
  }
  if (slot != slots) scanner.slot = isThere ? slot : slots.slotNext;
}

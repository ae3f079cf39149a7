/**
 * ksmd's list of mms, in the order in which it visits them. A slot is two link fields of the mm itself; SLOTS is the list's
 * sentinel, and the cursor stands on it between passes.
 */
import { H_CURSOR_SLOT, H_RUN, MM_FLAGS, MM_MERGEABLE, MM_SLOT_NEXT, MM_SLOT_PREV, SLOTS } from '../layout';

/** Links `mm` in before `slot`. */
function linkBefore(mm: usize, slot: usize): void {
  const previous: usize = load<u32>(slot, MM_SLOT_PREV);
  store<u32>(mm, <u32>slot, MM_SLOT_NEXT);
  store<u32>(mm, <u32>previous, MM_SLOT_PREV);
  store<u32>(previous, <u32>mm, MM_SLOT_NEXT);
  store<u32>(slot, <u32>mm, MM_SLOT_PREV);
}

function unlink(mm: usize): void {
  const next: usize = load<u32>(mm, MM_SLOT_NEXT);
  const previous: usize = load<u32>(mm, MM_SLOT_PREV);
  store<u32>(previous, <u32>next, MM_SLOT_NEXT);
  store<u32>(next, <u32>previous, MM_SLOT_PREV);
}

/** Registers `mm` if it is not. It is reached last: right before the cursor; while run is 2, at the end of the list. */
export function slotEnter(mm: usize): void {
  const flags = load<u32>(mm, MM_FLAGS);
  if (flags & MM_MERGEABLE) return;
  store<u32>(mm, flags | MM_MERGEABLE, MM_FLAGS);
  linkBefore(mm, load<u32>(H_RUN) & 2 ? SLOTS : <usize>load<u32>(H_CURSOR_SLOT));
}

export function slotRemove(mm: usize): void {
  unlink(mm);
  store<u32>(mm, load<u32>(mm, MM_FLAGS) & ~MM_MERGEABLE, MM_FLAGS);
}

/** An mm that ended is cleaned up next: its slot goes right behind the cursor's. */
export function slotMoveBehindCursor(mm: usize): void {
  unlink(mm);
  linkBefore(mm, load<u32>(load<u32>(H_CURSOR_SLOT), MM_SLOT_NEXT));
}

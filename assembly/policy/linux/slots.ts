/**
 * ksmd's list of mms, in the order in which it visits them. A slot is two link fields of the mm itself; SLOTS is the list's
 * sentinel, and the cursor stands on it between passes.
 */
import { H_RUN, MM_FLAGS, MM_MERGEABLE, MM_SLOT_NEXT, MM_SLOT_PREV, SLOTS } from '../../layout';
import { Scanner } from '../../records/scanner';
import { linuxScanner } from '../../scan/scanner';

/** An empty list, with the cursor on it. Its page is as it was. */
export function slotsClear(scanner: Scanner): void {
  store<u32>(SLOTS, SLOTS, MM_SLOT_NEXT);
  store<u32>(SLOTS, SLOTS, MM_SLOT_PREV);
  scanner.slot = SLOTS;
}

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
  linkBefore(mm, load<u32>(H_RUN) & 2 ? SLOTS : <usize>linuxScanner().slot);
}

export function slotRemove(mm: usize): void {
  unlink(mm);
  store<u32>(mm, load<u32>(mm, MM_FLAGS) & ~MM_MERGEABLE, MM_FLAGS);
}

/** An mm that ended is cleaned up next: its slot goes right behind the cursor's. */
export function slotMoveBehindCursor(mm: usize): void {
  unlink(mm);
  linkBefore(mm, load<u32>(linuxScanner().slot, MM_SLOT_NEXT));
}

/** Does the cursor stand on `mm`? */
export function isCursorAt(mm: usize): bool {
  return linuxScanner().slot == mm;
}

/** Has the last pass ended, and the next not begun? */
export function isBetweenPasses(): bool {
  return linuxScanner().slot == SLOTS;
}

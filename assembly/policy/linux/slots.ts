/**
 * ksmd's list of mms, in the order in which it visits them. A slot is two link fields of the mm itself; SLOTS is the list's
 * sentinel, and the cursor stands on it between passes.
 */
import { setting } from '../../base/count';
import { isLocked } from '../../concurrent/lock';
import { H_RUN, MM_EXITED, MM_IN_USE, MM_MERGEABLE, MM_SHARED_OBJECT } from '../../layout';
import { Mm, slots } from '../../records/mm';
import { Scanner } from '../../records/scanner';
import { linuxScanner } from './scanner';

/** Empties the list, and puts the cursor on it. The cursor's page stays as it was. */
export function slotsClear(scanner: Scanner): void {
  slots.slotNext = slots;
  slots.slotPrev = slots;
  scanner.slot = slots;
}

/** Links `mm` in before `slot`. */
function linkBefore(mm: Mm, slot: Mm): void {
  const previous = slot.slotPrev;
  if (!ASC_NO_ASSERT) {
    assert(isLocked());
    assert(mm != slot && mm != slots);
    assert(previous.slotNext == slot);
  }
  mm.slotNext = slot;
  mm.slotPrev = previous;
  previous.slotNext = mm;
  slot.slotPrev = mm;
  if (!ASC_NO_ASSERT) expectLinked(mm);
}

/** The slots beside that of `mm` name it. */
function expectLinked(mm: Mm): void {
  assert(mm.slotNext.slotPrev == mm);
  assert(mm.slotPrev.slotNext == mm);
}

function unlink(mm: Mm): void {
  const next = mm.slotNext;
  const previous = mm.slotPrev;
  if (!ASC_NO_ASSERT) {
    assert(isLocked());
    assert(mm != slots);
    assert(mm.flags & MM_MERGEABLE);
    expectLinked(mm);
  }
  previous.slotNext = next;
  next.slotPrev = previous;
  if (!ASC_NO_ASSERT) expectLinked(next);
}

/** Registers `mm` if it is not registered. It is reached last: it goes right before the cursor, or if run is 2 to the end of the list. */
export function slotEnter(mm: Mm): void {
  const flags = mm.flags;
  if (flags & MM_MERGEABLE) return;
  if (!ASC_NO_ASSERT) assert((flags & (MM_IN_USE | MM_EXITED | MM_SHARED_OBJECT)) == MM_IN_USE);
  mm.flags = flags | MM_MERGEABLE;
  linkBefore(mm, setting(H_RUN) & 2 ? slots : linuxScanner().slot);
}

export function slotRemove(mm: Mm): void {
  unlink(mm);
  mm.flags &= ~MM_MERGEABLE;
}

/** An mm that ended is cleaned up next: its slot goes right behind the cursor's. */
export function slotMoveBehindCursor(mm: Mm): void {
  if (!ASC_NO_ASSERT) {
    assert(mm.flags & MM_EXITED);
    assert(!isCursorAt(mm));
  }
  unlink(mm);
  linkBefore(mm, linuxScanner().slot.slotNext);
}

/** Does the cursor stand on `mm`? */
export function isCursorAt(mm: Mm): bool {
  return linuxScanner().slot == mm;
}

/** Has the last pass ended, and the next not begun? */
export function isBetweenPasses(): bool {
  return linuxScanner().slot == slots;
}

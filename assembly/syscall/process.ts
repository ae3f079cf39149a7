/** Processes coming and going: spawn, fork, exit. What the scanner has to know of it is told to its slot list here. */
import {
  H_CURSOR_SLOT,
  MM_EXITED,
  MM_FLAGS,
  MM_IN_USE,
  MM_MERGE_ANY,
  MM_MERGEABLE,
  MM_NID,
  MM_RMAP_ITEMS,
  MM_UNBORN,
} from '../layout';
import { mmCopy, mmCreate, mmEmpty, mmFree } from '../memory/mm';
import { limitForget } from '../memory/vmas';
import { slotEnter, slotMoveBehindCursor, slotRemove } from '../scan/slots';

/** A new, empty process. 0: a limit is reached. */
export function spawn(nid: u32): usize {
  limitForget();
  return mmCreate(nid, 0);
}

/** A copy-on-write copy of `parent`. 0: a limit is reached, and nothing has changed. */
export function fork(parent: usize): usize {
  const child = spawn(load<u32>(parent, MM_NID));
  if (child == 0) return 0;
  store<u32>(child, MM_IN_USE | MM_UNBORN, MM_FLAGS);
  if (mmCopy(parent, child)) {
    mmEmpty(child);
    mmFree(child);
    return 0;
  }
  const flags = load<u32>(parent, MM_FLAGS);
  store<u32>(child, MM_IN_USE | (flags & MM_MERGE_ANY), MM_FLAGS);
  if (flags & MM_MERGEABLE) slotEnter(child);
  return child;
}

/** A new image for a process: an empty address space that keeps the process-wide merging of `old`, which ends. 0: a limit. */
export function exec(old: usize): usize {
  const mm = spawn(load<u32>(old, MM_NID));
  if (mm == 0) return 0;
  if (load<u32>(old, MM_FLAGS) & MM_MERGE_ANY) {
    store<u32>(mm, load<u32>(mm, MM_FLAGS) | MM_MERGE_ANY, MM_FLAGS);
    slotEnter(mm);
  }
  exit(old);
  return mm;
}

/** Ends a process. Its memory goes at once; its rmap items, if it has any, when the scanner comes by. */
export function exit(mm: usize): void {
  const flags = load<u32>(mm, MM_FLAGS);
  store<u32>(mm, flags | MM_EXITED, MM_FLAGS); // first, so that a survivor of a death in here finishes it
  mmEmpty(mm);
  if (!(flags & MM_MERGEABLE)) {
    mmFree(mm);
  } else if (load<u32>(H_CURSOR_SLOT) == mm) {
    return; // the scanner stands on it and will free it
  } else if (load<u32>(mm, MM_RMAP_ITEMS) == 0) {
    slotRemove(mm);
    mmFree(mm);
  } else {
    slotMoveBehindCursor(mm);
  }
}

/** Processes coming and going: spawn, fork, exit. What the scanner has to know of it is told to its slot list here. */
import {
  ENOMEM,
  H_NEXT_ID,
  MM_EXITED,
  MM_FLAGS,
  MM_ID,
  MM_IN_USE,
  MM_MAKER,
  MM_MERGE_ANY,
  MM_MERGEABLE,
  MM_NID,
  MM_REPLACES,
  MM_RMAP_ITEMS,
  MM_UNBORN,
} from '../layout';
import { mmCopy, mmCreate, mmEmpty, mmFree } from '../memory/mm';
import { limitForget } from '../memory/vmas';
import { isCursorAt, slotEnter, slotMoveBehindCursor, slotRemove } from '../policy/linux/slots';
import { step } from '../step';

/** A new, empty process, with an id of its own. 0: a limit is reached. Who learns of it sets MM_MAKER to 0; so after fork. */
export function spawn(nid: u32): usize {
  limitForget();
  const mm = mmCreate(nid, 0);
  if (mm != 0) takeId(mm);
  return mm;
}

function takeId(mm: usize): void {
  const id = load<u32>(H_NEXT_ID);
  store<u32>(H_NEXT_ID, id + 1);
  store<u32>(mm, id, MM_ID);
}

/** A copy-on-write copy of `parent`, or the errno of why not: then nothing has changed. */
export function fork(parent: usize): usize {
  limitForget();
  const child = mmCreate(load<u32>(parent, MM_NID), 0);
  if (child == 0) return ENOMEM;
  store<u32>(child, MM_IN_USE | MM_UNBORN, MM_FLAGS);
  const failed = mmCopy(parent, child);
  if (failed) {
    mmEmpty(child);
    mmFree(child);
    return failed;
  }
  const flags = load<u32>(parent, MM_FLAGS);
  takeId(child);
  store<u32>(child, MM_IN_USE | (flags & MM_MERGE_ANY), MM_FLAGS);
  if (flags & MM_MERGEABLE) slotEnter(child);
  return child;
}

/**
 * A new image for a process: an empty address space that keeps the id and the process-wide merging of `old`, which ends. That `old` ends is
 * what makes it the process: a death before leaves the old one, a death after the new one. 0: a limit.
 */
export function exec(old: usize): usize {
  limitForget();
  const mm = mmCreate(load<u32>(old, MM_NID), 0);
  if (mm == 0) return 0;
  store<u32>(mm, <u32>old, MM_REPLACES);
  store<u32>(mm, load<u32>(old, MM_ID), MM_ID);
  store<u32>(mm, 0, MM_MAKER);
  step();
  if (load<u32>(old, MM_FLAGS) & MM_MERGE_ANY) {
    store<u32>(mm, load<u32>(mm, MM_FLAGS) | MM_MERGE_ANY, MM_FLAGS);
    slotEnter(mm);
  }
  exit(old);
  store<u32>(mm, 0, MM_REPLACES);
  return mm;
}

/** Ends a process. Its memory goes at once; its rmap items, if it has any, when the scanner comes by. */
export function exit(mm: usize): void {
  const flags = load<u32>(mm, MM_FLAGS);
  store<u32>(mm, flags | MM_EXITED, MM_FLAGS); // first, so that a survivor of a death in here finishes it
  mmEmpty(mm);
  if (!(flags & MM_MERGEABLE)) {
    mmFree(mm);
  } else if (isCursorAt(mm)) {
    return; // the scanner stands on it and will free it
  } else if (load<u32>(mm, MM_RMAP_ITEMS) == 0) {
    slotRemove(mm);
    mmFree(mm);
  } else {
    slotMoveBehindCursor(mm);
  }
}

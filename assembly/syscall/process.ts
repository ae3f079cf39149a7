/** Processes coming and going: spawn, fork, exit. What the scanner has to know of it is told to its slot list here. */
import { step } from '../base/step';
import { ENOMEM, MM_EXITED, MM_IN_USE, MM_MERGE_ANY, MM_MERGEABLE, MM_SHARED_OBJECT, MM_UNBORN } from '../layout';
import { mmCopy, mmCreate, mmEmpty, mmFree } from '../memory/mm';
import { limitForget, vmaFirst, vmaNext } from '../memory/vmas';
import { expectInNoTree, itemsForget } from '../merge/checksum';
import { isCursorAt, slotEnter, slotMoveBehindCursor, slotRemove } from '../policy/linux/slots';
import { header } from '../records/header';
import { Mm } from '../records/mm';
import { addressOf, none } from '../records/record';

/** A new, empty process, with an id of its own. None if a limit is reached. Who learns of it sets its maker to 0, as after fork. */
export function spawn(nid: u32): Mm {
  limitForget();
  const mm = mmCreate(nid, 0);
  if (mm) takeId(mm);
  return mm;
}

function takeId(mm: Mm): void {
  const id = header.nextId;
  header.nextId = id + 1;
  mm.id = id;
}

/** A copy-on-write copy of `parent`, or -errno: then nothing has changed. */
export function fork(parent: Mm): usize {
  limitForget();
  const child = mmCreate(parent.nid, 0);
  if (!child) return -ENOMEM;
  child.domain = parent.domain;
  child.flags = MM_IN_USE | MM_UNBORN;
  const failed = mmCopy(parent, child);
  if (failed) {
    if (!ASC_NO_ASSERT) assert(child.rmapItems == 0);
    mmEmpty(child);
    mmFree(child);
    return failed;
  }
  const flags = parent.flags;
  takeId(child);
  child.flags = MM_IN_USE | (flags & MM_MERGE_ANY);
  if (flags & MM_MERGEABLE) slotEnter(child);
  return addressOf(child);
}

/**
 * A new image for a process: an empty address space that keeps the id and the process-wide merging of `old`, which ends. It becomes the
 * process when `old` ends: a death before that leaves the old one, a death after it the new one. None if a limit is reached.
 */
export function exec(old: Mm): Mm {
  limitForget();
  const mm = mmCreate(old.nid, 0);
  if (!mm) return mm;
  mm.domain = old.domain;
  mm.replaces = old;
  mm.id = old.id;
  mm.maker = 0;
  step();
  if (old.flags & MM_MERGE_ANY) {
    mm.flags = mm.flags | MM_MERGE_ANY;
    slotEnter(mm);
  }
  exit(old);
  mm.replaces = none<Mm>();
  return mm;
}

/** Ends a process. Its memory goes at once; its rmap items, if any, go when the scanner comes by. */
export function exit(mm: Mm): void {
  const flags = mm.flags;
  if (!ASC_NO_ASSERT) assert((flags & (MM_IN_USE | MM_EXITED | MM_SHARED_OBJECT)) == MM_IN_USE);
  mm.flags = flags | MM_EXITED; // first, so that a survivor of a death in here finishes it
  for (let vma = vmaFirst(mm); vma; vma = vmaNext(vma)) {
    if (vma.domain) itemsForget(mm, vma.start, vma.end); // without its mapping a page is of the mm's domain
    if (!ASC_NO_ASSERT) expectInNoTree(mm, vma);
  }
  mmEmpty(mm);
  if (!ASC_NO_ASSERT) assert(mm.vmaCount == 0 && mm.zeroPages == 0);
  if (!(flags & MM_MERGEABLE)) {
    mmFree(mm);
  } else if (isCursorAt(mm)) {
    return; // the scanner stands on it and will free it
  } else if (mm.rmapItems == 0) {
    slotRemove(mm);
    mmFree(mm);
  } else {
    slotMoveBehindCursor(mm);
  }
}

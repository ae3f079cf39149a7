/** Extra references to pages, as direct I/O, pipes and devices hold them. A page that has one is not merged. */
import { isError } from '../base/error';
import { ENOMEM, PIN_GET, PIN_READ, PIN_WRITE, ZERO_FRAME } from '../layout';
import { ownCopy, readFault, writeFault } from '../memory/fault';
import { frameIsShared } from '../memory/frames';
import { frameIsKept } from '../memory/kept';
import { pinTake } from '../memory/pins';
import { frameOfPte, isShared } from '../memory/pte';
import { entryFind, pteOf } from '../memory/tables';
import { Mm } from '../records/mm';

/**
 * The frame of a page, with one more reference, or -errno. A plain reference (PIN_GET) leaves sharing alone. A pin for reading
 * undoes KSM's and fork's first, so that the page is the process's own; a pin for writing is a write.
 */
export function pinPage(mm: Mm, page: u32, how: u32): u32 {
  let frame = how == PIN_WRITE ? writeFault(mm, page) : readFault(mm, page);
  if (isError(frame) || frame == ZERO_FRAME) return frame;
  if (how == PIN_READ && isSharedWithOthers(entryFind(mm, page))) frame = ownCopy(mm, entryFind(mm, page));
  if (isError(frame) || pinTake(frame, how != PIN_GET)) return frame;
  return -ENOMEM;
}

/** Does anonymous memory of others map the same frame, or KSM own it? */
function isSharedWithOthers(entry: u32): bool {
  const pte = pteOf(entry);
  const frame = frameOfPte(pte);
  return !isShared(pte) && (frameIsKept(frame) || frameIsShared(frame));
}

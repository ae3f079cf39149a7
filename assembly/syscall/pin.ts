/** Extra references to pages, as direct I/O, pipes and devices hold them. A page that has one is not merged. */
import { PAGE_SIZE, PIN_GET, PIN_WRITE } from '../layout';
import { ownCopy, readFault, writeFault } from '../memory/fault';
import { frameIsKsm, framePin, frameUnpin, zeroFrame } from '../memory/frames';
import { entryFind } from '../memory/tables';

/**
 * The frame of a page, with one more reference, or an errno. A plain reference (PIN_GET) leaves KSM's sharing alone, a pin for
 * reading undoes it first, and a pin for writing is a write.
 */
export function pinPage(mm: usize, page: u32, how: u32): usize {
  let frame = how == PIN_WRITE ? writeFault(mm, page) : readFault(mm, page);
  if (frame < PAGE_SIZE) return frame;
  if (how != PIN_GET && frameIsKsm(frame)) frame = ownCopy(mm, entryFind(mm, page));
  if (frame >= PAGE_SIZE && frame != zeroFrame()) framePin(frame);
  return frame;
}

export function unpinFrame(frame: usize): void {
  if (frame != zeroFrame()) frameUnpin(frame);
}

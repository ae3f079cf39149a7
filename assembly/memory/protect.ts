/**
 * Taking away the right to write to a page, so that its bytes stay what they are: before pages are compared to be merged, before a frame is
 * shared, before it is moved.
 *
 * The pte loses its flag first; a guest that saw the flag before shows in its worker's record until it has written
 * (docs/protocol.md).
 */

import { isConcurrent, writersLeave } from '../concurrent/workers';
import { isWritable, mapsFrame, pteProtected } from './pte';
import { pteOf, pteSet } from './tables';

/** Nobody writes to `frame` any more through `entry`, which maps it. False, and nothing done, if somebody keeps writing. */
export function writeProtect(entry: u32, frame: u32): bool {
  const pte = pteOf(entry);
  if (!ASC_NO_ASSERT) assert(mapsFrame(pte, frame));
  if (isWritable(pte)) pteSet(entry, pteProtected(pte));
  if (!isConcurrent() || writersLeave(frame)) return true;
  pteSet(entry, pte);
  return false;
}

/** How often a call that cannot do without waits for a writer before it gives up: much longer than any write takes. */
const PATIENCE: u32 = 100_000;

/** The same, but waits. False, and nothing done, if the writer seems to have died. */
export function writeProtectPatiently(entry: u32, frame: u32): bool {
  for (let tries: u32 = 0; tries < PATIENCE; tries++) {
    if (writeProtect(entry, frame)) return true;
  }
  return false;
}

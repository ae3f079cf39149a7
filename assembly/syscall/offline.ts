/** Memory hot-remove: frames leave, and with them the stable nodes that only remember a frame of that range. */
import { offlineFrames } from '../memory/migrate';
import { stableForgetRange } from '../merge/unmerge';

/** Takes the frames [first, end) out of use. 0 or EBUSY. */
export function offline(first: u32, end: u32): u32 {
  const failed = offlineFrames(first, end);
  if (failed) return failed;
  stableForgetRange(first, end);
  return 0;
}

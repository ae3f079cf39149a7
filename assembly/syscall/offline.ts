/** Memory hot-remove: frames leave, and with them the stable nodes that only remember a frame of that range. */
import { PAGE_SHIFT } from '../layout';
import { offlineFrames } from '../memory/migrate';
import { stableForgetRange } from '../merge/unmerge';
import { header } from '../records/header';

/** Takes the frames with index [first, end) out of use. 0 or EBUSY. */
export function offline(first: u32, end: u32): u32 {
  const failed = offlineFrames(first, end);
  if (failed) return failed;
  const base: usize = header.frames;
  stableForgetRange(base + ((<usize>first) << PAGE_SHIFT), base + ((<usize>end) << PAGE_SHIFT));
  return 0;
}

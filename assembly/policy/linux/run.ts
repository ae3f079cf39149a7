/** What writing `run`, `max_page_sharing` and `merge_across_nodes` does besides changing a number. */
import { counted, setting } from '../../base/count';
import {
  EBUSY,
  ENOMEM,
  H_FULL_SCANS,
  H_MERGE_ACROSS_NODES,
  H_PAGES_SHARED,
  H_RUN,
  MM_EXITED,
  VM_MERGEABLE,
} from '../../layout';
import { mmFree } from '../../memory/mm';
import { vmaFirst, vmaNext } from '../../memory/vmas';
import { stableForget, unmergeRange } from '../../merge/unmerge';
import { slots } from '../../records/mm';
import { batchCut } from '../../scan/scanner';
import { itemsFree } from './ksmd';
import { linuxScanner } from './scanner';
import { slotRemove } from './slots';
import { unstableScatter, unstableUnsettle } from './unstable';

/** Writes `run` (0, 1 or 2). 2 unmerges everything. After ENOMEM run is 0, and what was unmerged stays so. */
export function runWrite(run: u32): u32 {
  if (setting(H_RUN) == run) return 0;
  store<u32>(H_RUN, run);
  if (run != 2) return 0;
  const scanner = linuxScanner();
  const failed = unmergeAll();
  batchCut(scanner);
  scanner.slot = slots;
  scanner.page = 0;
  if (!failed) return 0;
  unstableScatter(); // the pass is given up, so what is in its trees is not of the next one
  store<u32>(H_RUN, 0);
  return failed;
}

function unmergeAll(): u32 {
  for (let mm = slots.slotNext; mm != slots; ) {
    for (let vma = vmaFirst(mm); vma; vma = vmaNext(vma)) {
      if (!(vma.flags & VM_MERGEABLE)) continue;
      if (unmergeRange(mm, vma.start, vma.end)) return -ENOMEM;
    }
    itemsFree(mm, 0);
    const next = mm.slotNext;
    if (mm.flags & MM_EXITED) {
      slotRemove(mm);
      mmFree(mm);
    }
    mm = next;
  }
  stableForget();
  store<u64>(H_FULL_SCANS, 0);
  return 0;
}

/** Writes a setting that may change only while nothing is merged; stale nodes are forgotten on the way. 0 or EBUSY. */
export function quietSettingWrite(word: usize, value: u32): u32 {
  if (setting(word) == value) return 0;
  if (counted(H_PAGES_SHARED) != 0 || stableForget()) return -EBUSY;
  store<u32>(word, value);
  if (word == H_MERGE_ACROSS_NODES) unstableUnsettle();
  return 0;
}

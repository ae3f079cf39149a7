/**
 * Runs of pages that are known to be unchanged and stand in the unstable tree already: in hash order, under dirty tracking, all that
 * their turn would do is to note that this pass has seen them (merge/unstable). So the walk does that itself, without the detour
 * over a window. Earned by bench/scan: a pass over clean memory takes five times as long without it.
 *
 * Only for pages whose turn it is: a page before them that still waits in a window could equal one of them.
 */
import { counted, setting } from '../../base/count';
import {
  DIRTY_ADVISORY,
  DIRTY_OFF,
  DIRTY_PERIOD,
  H_DIRTY_TRACKING,
  H_FULL_SCANS,
  H_MERGE_ACROSS_NODES,
  H_SMART_SCAN,
  H_USE_ZERO_PAGES,
  PAGE_SHIFT,
  PTE_DIRTY,
  PTE_FRAME,
  PTE_MERGED,
  PTE_PRESENT,
  PTE_SHARED,
  STATE_DISPLACED,
  STATE_FRESH,
  STATE_ITEM,
  STATE_MUST_SEARCH,
  STATE_SEQ,
  STATE_UNSTABLE,
} from '../../layout';
import { isHashOrder } from '../../merge/order';
import { header } from '../../records/header';

const PTE_WANTED: u32 = PTE_PRESENT;
const PTE_LOOKED_AT: u32 = PTE_PRESENT | PTE_SHARED | PTE_MERGED | PTE_DIRTY;
const STATE_WANTED: u32 = STATE_ITEM | STATE_UNSTABLE;
const STATE_LOOKED_AT: u32 = STATE_WANTED | STATE_DISPLACED | STATE_MUST_SEARCH | STATE_FRESH;

/** Do the settings allow it? With smart scan pages age, with use_zero_pages they are looked at, NUMA trees make them search. */
function isPossible(): bool {
  if (setting(H_DIRTY_TRACKING) == DIRTY_OFF || !isHashOrder()) return false;
  return setting(H_MERGE_ACROSS_NODES) != 0 && !setting(H_SMART_SCAN) && !setting(H_USE_ZERO_PAGES);
}

/** Confirms entries from `first` on, at most `limit` of one leaf, up to one that needs a turn. Returns how many. */
export function confirmRun(first: u32, limit: u32): u32 {
  if (!isPossible()) return 0;
  const ptes: usize = header.ptes + ((<usize>first) << 2);
  const states: usize = header.states + ((<usize>first) << 2);
  const words: usize = header.frameWords;
  const zero = header.frames;
  const dirty: usize = header.dirty;
  const pass = counted(H_FULL_SCANS);
  const isAdvisory = setting(H_DIRTY_TRACKING) == DIRTY_ADVISORY;
  let index: u32 = 0;
  for (; index < limit; index++) {
    const pte = load<u32>(ptes + (index << 2));
    const state = load<u32>(states + (index << 2));
    if ((pte & PTE_LOOKED_AT) != PTE_WANTED || (state & STATE_LOOKED_AT) != STATE_WANTED) break;
    if (load<u32>(words + ((((pte & PTE_FRAME) - zero) >> PAGE_SHIFT) << 2)) != 1) break;
    const entry = first + index;
    if (load<u32>(dirty + ((entry >> 5) << 2)) & (1 << (entry & 31))) break;
    if (isAdvisory && (entry + pass) % DIRTY_PERIOD == 0) break;
    store<u32>(states + (index << 2), (state & ~STATE_SEQ) | (pass & STATE_SEQ));
  }
  return index;
}

/**
 * Runs of pages that are known to be unchanged and are in the unstable tree already. In hash order, under dirty tracking, their turn would
 * only note that this pass has seen them (unstable.ts). So the walk does that itself, without the detour over a window. Earned by
 * bench/scan: a pass over clean memory takes five times as long without it.
 *
 * Only for pages whose turn it is, because a page before them that still waits in a window could equal one of them.
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
  PTE_ACCESS,
  PTE_DIRTY,
  PTE_MERGED,
  PTE_SHARED,
  STATE_DISPLACED,
  STATE_FRESH,
  STATE_ITEM,
  STATE_MUST_SEARCH,
  STATE_SEQ,
  STATE_UNSTABLE,
  TABLE_BITS,
} from '../../layout';
import { wordOf } from '../../memory/frame-words';
import { frameOfPte } from '../../memory/pte';
import { isHashOrder } from '../../merge/order';
import { header } from '../../records/header';

/** Present, and none of the others: 1 to PTE_ACCESS. */
const PTE_LOOKED_AT: u32 = PTE_ACCESS | PTE_SHARED | PTE_MERGED | PTE_DIRTY;
const STATE_WANTED: u32 = STATE_ITEM | STATE_UNSTABLE;
const STATE_LOOKED_AT: u32 = STATE_WANTED | STATE_DISPLACED | STATE_MUST_SEARCH | STATE_FRESH;

/** Do the settings allow it? Not with smart scan (pages age), use_zero_pages (they are looked at) or NUMA trees (they search). */
function isPossible(): bool {
  if (setting(H_DIRTY_TRACKING) == DIRTY_OFF || !isHashOrder()) return false;
  return setting(H_MERGE_ACROSS_NODES) != 0 && !setting(H_SMART_SCAN) && !setting(H_USE_ZERO_PAGES);
}

/**
 * Confirms entries from `first` on, at most `limit` of one leaf, up to one that needs a turn. Returns how many. Four at a time if no page
 * is due for a look all the same (bench/scan, dirty tracking: half the time of one at a time).
 */
export function confirmRun(first: u32, limit: u32): u32 {
  if (!isPossible()) return 0;
  if (!ASC_NO_ASSERT) assert(limit == 0 || first >> TABLE_BITS == (first + limit - 1) >> TABLE_BITS);
  const pass = counted(H_FULL_SCANS);
  const isAdvisory = setting(H_DIRTY_TRACKING) == DIRTY_ADVISORY;
  let index: u32 = 0;
  while (index < limit) {
    const entry = first + index;
    if (!isAdvisory && entry % 4 == 0 && index + 4 <= limit && confirmFour(entry, pass)) {
      index += 4;
    } else {
      if ((isAdvisory && (entry + pass) % DIRTY_PERIOD == 0) || !confirmOne(entry, pass)) break;
      index++;
    }
  }
  return index;
}

function confirmOne(entry: u32, pass: u32): bool {
  const pte = load<u32>(header.ptes + ((<usize>entry) << 2));
  const at: usize = header.states + ((<usize>entry) << 2);
  const state = load<u32>(at);
  if ((pte & PTE_LOOKED_AT) - 1 >= PTE_ACCESS || (state & STATE_LOOKED_AT) != STATE_WANTED) return false;
  if (wordOfPte(pte) != 1 || dirtyBits(entry) & 1) return false;
  store<u32>(at, (state & ~STATE_SEQ) | (pass & STATE_SEQ));
  return true;
}

/** The same for `entry`, which is a multiple of 4, and the three behind it. False, and nothing done, if one of them needs a turn. */
function confirmFour(entry: u32, pass: u32): bool {
  if (!ASC_NO_ASSERT) assert(entry % 4 == 0);
  const ptes = v128.load(header.ptes + ((<usize>entry) << 2));
  const at: usize = header.states + ((<usize>entry) << 2);
  const states = v128.load(at);
  const lookedAt = i32x4.sub(v128.and(ptes, i32x4.splat(PTE_LOOKED_AT)), i32x4.splat(1));
  const wrongPtes = i32x4.ge_u(lookedAt, i32x4.splat(PTE_ACCESS));
  const wrongStates = v128.xor(v128.and(states, i32x4.splat(STATE_LOOKED_AT)), i32x4.splat(STATE_WANTED));
  if (v128.any_true(v128.or(wrongPtes, wrongStates)) || dirtyBits(entry) & 15) return false;
  const low = (wordOfPte(i32x4.extract_lane(ptes, 0)) ^ 1) | (wordOfPte(i32x4.extract_lane(ptes, 1)) ^ 1);
  const high = (wordOfPte(i32x4.extract_lane(ptes, 2)) ^ 1) | (wordOfPte(i32x4.extract_lane(ptes, 3)) ^ 1);
  if ((low | high) != 0) return false;
  v128.store(at, v128.or(v128.andnot(states, i32x4.splat(STATE_SEQ)), i32x4.splat(pass & STATE_SEQ)));
  return true;
}

/** Word of the frame that a pte maps. */
function wordOfPte(pte: u32): u32 {
  return wordOf(frameOfPte(pte));
}

/** The dirty bits of `entry` and those behind it in the same word; `entry`'s is the lowest. */
function dirtyBits(entry: u32): u32 {
  return load<u32>(header.dirty + ((entry >> 5) << 2)) >> (entry & 31);
}

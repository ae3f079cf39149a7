/**
 * What a page is to merging, asked in one place: a candidate? ordinary? settled? clean? in the unstable tree?
 * These functions only ask; none changes anything. The loops that look at many pages at once (policy/) ask the
 * same with masks at hand, because they do so for each page of a pass.
 */
import { counted, setting } from '../base/count';
import {
  DIRTY_ADVISORY,
  DIRTY_OFF,
  DIRTY_PERIOD,
  H_DIRTY_TRACKING,
  H_FULL_SCANS,
  STATE_DISPLACED,
  STATE_FRESH,
  STATE_MUST_SEARCH,
  STATE_STABLE,
  STATE_UNSTABLE,
  VM_MERGEABLE,
} from '../layout';
import { wordOf } from '../memory/frame-words';
import { frameOfPte, isAnonymous, isDirty, isPresent, mapsZero } from '../memory/pte';
import { pteOf } from '../memory/tables';
import { vmaFind } from '../memory/vmas';
import { header } from '../records/header';
import { Mm } from '../records/mm';
import { stateOf } from './rmap';

/** Does the pte map a frame that merging may take: anonymous, and not the zero frame? */
export function isCandidate(pte: u32): bool {
  return isAnonymous(pte) && !mapsZero(pte);
}

/** Does `page` lie in a mapping whose pages may be merged? */
export function isMergeable(mm: Mm, page: u32): bool {
  const vma = vmaFind(mm, page);
  return vma && (vma.flags & VM_MERGEABLE) != 0;
}

/** Does nothing but this one pte refer to the page's frame, and is its item in no stable node? */
export function isOrdinary(entry: u32): bool {
  const pte = pteOf(entry);
  return isPresent(pte) && wordOf(frameOfPte(pte)) == 1 && !(stateOf(entry) & STATE_STABLE);
}

/**
 * Is the page known to be what it was when it was last hashed? True only under dirty tracking, and if neither its pte nor the embedder's
 * bitmap says that it was written since.
 */
export function isClean(entry: u32, pte: u32, state: u32): bool {
  const tracking = setting(H_DIRTY_TRACKING);
  if (tracking == DIRTY_OFF || isDirty(pte) || state & STATE_FRESH) return false;
  if (load<u32>(header.dirty + ((entry >> 5) << 2)) & (1 << (entry & 31))) return false;
  return tracking != DIRTY_ADVISORY || (entry + counted(H_FULL_SCANS)) % DIRTY_PERIOD != 0;
}

/**
 * Is the item with this state in the unstable tree, and need it not search at its next turn? Then no page of its content can have come
 * without meeting it.
 */
export function isAtPlace(state: u32): bool {
  return (state & (STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH)) == STATE_UNSTABLE;
}

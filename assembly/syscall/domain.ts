/**
 * Which domain a process or a part of its memory is of (merge/domain). Linux has no such call. Ranges are in pages; all return 0 or -errno.
 *
 * A page that changes its domain shares nothing afterwards but the zero frame. It gets a copy if others map its frame, too. To its new
 * domain it is as if it had never been seen.
 */
import { isError } from '../base/error';
import {
  EBUSY,
  EINVAL,
  ENOMEM,
  FRAME_COUNT_MASK,
  MM_BYTES,
  MM_IN_USE,
  MM_PAGES,
  STATE_STABLE,
  STATE_UNSTABLE,
  VMA_BYTES,
} from '../layout';
import { ownCopy } from '../memory/fault';
import { wordOf } from '../memory/frame-words';
import { frameOfPte } from '../memory/pte';
import { entryFind, nextMappedPage, pteOf } from '../memory/tables';
import {
  limitForget,
  vmaAtOrAbove,
  vmaFirst,
  vmaHasHole,
  vmaMergeAround,
  vmaNext,
  vmaSplit,
  vmaSplitRoom,
} from '../memory/vmas';
import { isCandidate } from '../merge/candidate';
import { itemForget } from '../merge/checksum';
import { domainForget, domainOf, isDomain } from '../merge/domain';
import { frameIsKsm } from '../merge/ksm-frame';
import { stateOf } from '../merge/rmap';
import { stableForgetDomain } from '../merge/unmerge';
import { freeMms, freeVmas } from '../records/free-list';
import { header } from '../records/header';
import { Mm, Vma } from '../records/mm';
import { recordAt } from '../records/record';

/**
 * Gives the mappings of [page, page + pages) the domain `number` of their own. -ENOMEM if there is a hole: what is mapped is done; and if
 * frames run out: the mappings before are done.
 */
export function rangeDomainSet(mm: Mm, page: u32, pages: u32, number: u32): u32 {
  limitForget();
  if (!isDomain(number)) return -EINVAL;
  if (pages == 0) return 0;
  if (page > MM_PAGES || pages > MM_PAGES - page) return -ENOMEM;
  const end = page + pages;
  if (!vmaSplitRoom(mm, page, end)) return -ENOMEM;
  vmaSplit(mm, page);
  vmaSplit(mm, end);
  let failed: u32 = 0;
  for (let vma = vmaAtOrAbove(mm, page); vma && vma.start < end && failed == 0; vma = vmaNext(vma)) {
    if (domainOf(mm, vma) != number && !leave(mm, vma.start, vma.end)) failed = -ENOMEM;
    else vma.domain = number + 1;
  }
  vmaMergeAround(mm, page, end);
  if (failed) return failed;
  return vmaHasHole(mm, page, end) ? -ENOMEM : 0;
}

/** Puts the process, with all its mappings that have no domain of their own, into domain `number`. After -ENOMEM it is where it was. */
export function processDomainSet(mm: Mm, number: u32): u32 {
  limitForget();
  if (!isDomain(number)) return -EINVAL;
  if (mm.domain == number) return 0;
  let page: u32 = 0;
  for (let vma = vmaFirst(mm); vma; vma = vmaNext(vma)) {
    if (!vma.domain) continue;
    if (!leave(mm, page, vma.start)) return -ENOMEM;
    page = vma.end;
  }
  if (!leave(mm, page, MM_PAGES)) return -ENOMEM;
  mm.domain = number;
  return 0;
}

/** The pages of [start, end), mapped or not, are about to leave their domain. False if frames ran out. */
function leave(mm: Mm, start: u32, end: u32): bool {
  for (let page = nextMappedPage(mm, start, end); page < end; page = nextMappedPage(mm, page + 1, end)) {
    const entry = entryFind(mm, page);
    const pte = pteOf(entry);
    if (isCandidate(pte) && isSharedFrame(frameOfPte(pte)) && isError(ownCopy(mm, entry))) return false;
    itemForget(entry);
    if (!ASC_NO_ASSERT) expectOwn(entry);
  }
  return true;
}

/** The page shares nothing with anybody but the zero frame, and is in no tree. */
function expectOwn(entry: u32): void {
  const pte = pteOf(entry);
  const frame = frameOfPte(pte);
  assert((stateOf(entry) & (STATE_UNSTABLE | STATE_STABLE)) == 0);
  assert(!isCandidate(pte) || !frameIsKsm(frame));
  assert(!isCandidate(pte) || (wordOf(frame) & FRAME_COUNT_MASK) == 1);
}

/** Do others map the frame, too, or may they at any time, because merging shares it? */
function isSharedFrame(frame: u32): bool {
  return frameIsKsm(frame) || (wordOf(frame) & FRAME_COUNT_MASK) > 1;
}

/**
 * Ends a domain that nobody is in. -EINVAL if there is no such domain, or it is domain 0; -EBUSY if somebody is in it, or a frame of it is
 * still mapped.
 */
export function domainDrop(number: u32): u32 {
  if (number == 0 || !isDomain(number)) return -EINVAL;
  if (isInhabited(number) || !stableForgetDomain(number)) return -EBUSY;
  domainForget(number);
  return 0;
}

/** Is a process or a mapping of the domain? */
function isInhabited(number: u32): bool {
  for (let index: u32 = 0; index < freeMms.fresh; index++) {
    const mm = recordAt<Mm>(header.mms + index * MM_BYTES);
    if (mm.flags & MM_IN_USE && mm.domain == number) return true;
  }
  for (let index: u32 = 0; index < freeVmas.fresh; index++) {
    const vma = recordAt<Vma>(header.vmas + index * VMA_BYTES);
    if (vma.mm && vma.domain == number + 1) return true;
  }
  return false;
}

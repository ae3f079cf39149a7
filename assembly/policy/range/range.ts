/**
 * Merging on demand: merge now what is equal in a range of one process. It is the smallest policy there is. Nobody has to have seen a
 * page before, no page counts as volatile, and nothing is remembered from one call to the next but what is merged.
 *
 * Like Linux's, it takes only pages in mergeable mappings, heeds max_page_sharing, and finds what others have merged in the stable tree.
 * Unlike ksmd it keeps the lock from beginning to end, because nobody else may take an item out of its tree (seen.ts) meanwhile.
 */
import { NODE_MIGRATING, STATE_ITEM, STATE_STABLE, TURN_ORDINARY, VM_MERGEABLE, WINDOW_PAGES } from '../../layout';
import { folioSplit, isSameFolio } from '../../memory/folio';
import { frameIsPinned } from '../../memory/frames';
import { frameOfPte, isMerged } from '../../memory/pte';
import { entryFind, pteOf } from '../../memory/tables';
import { vmaAtOrAbove, vmaNext } from '../../memory/vmas';
import { isCandidate } from '../../merge/candidate';
import { domainAt, domainNumber, domainOf, isDomain } from '../../merge/domain';
import { frameIsKsm } from '../../merge/ksm-frame';
import { nodeHas } from '../../merge/node';
import { itemAppend, itemCreate, itemUnlink, stateOf } from '../../merge/rmap';
import { isFound, stableNodeOf, stableSearch, stableSortIn } from '../../merge/stable';
import { mergeInto, mergeTwo } from '../../merge/swing';
import { Domain } from '../../records/domain';
import { header } from '../../records/header';
import { Mm } from '../../records/mm';
import { Node } from '../../records/node';
import { none } from '../../records/record';
import { Scanner, Window } from '../../records/scanner';
import { fingerprint } from '../../scan/fingerprint';
import { windowOf } from '../../scan/scanner';
import { leafNext, settledRun } from '../../scan/walk';
import { checksumAt, turnAt, turnEntry, turnSet, windowOpen } from '../../scan/window';
import { rangeScanner } from './scanner';
import { seenAdd, seenClear, seenDrop, seenFind } from './seen';

/** Merges the pages of [page, end) of `mm`, domain by domain. Returns how many are merged now that were not before. */
export function rangeMerge(mm: Mm, page: u32, end: u32): u32 {
  let merged: u32 = 0;
  for (let number: u32 = 0; number < header.domainLimit; number++) {
    if (isDomain(number)) merged += mergeWithin(domainAt(number), mm, page, end);
  }
  return merged;
}

/** The same for the pages of one domain. */
function mergeWithin(domain: Domain, mm: Mm, page: u32, end: u32): u32 {
  const scanner = rangeScanner();
  const window = windowOf(scanner, 0);
  scanner.slot = mm;
  scanner.page = page;
  seenClear(scanner);
  let merged: u32 = 0;
  for (let ended: bool = false; !ended; ) {
    windowOpen(window, WINDOW_PAGES, end - scanner.page, 0, false);
    ended = selectPages(domain, scanner, window, mm, end);
    fingerprint(window, 0, window.count);
    merged += decide(domain, scanner, window, mm);
  }
  seenClear(scanner);
  scanner.slot = none<Mm>();
  scanner.page = 0;
  return merged;
}

/** Fills `window` from the cursor on with pages of `domain` before `end` that may be merged and are not. True if the walk reached `end`. */
function selectPages(domain: Domain, scanner: Scanner, window: Window, mm: Mm, end: u32): bool {
  for (let vma = vmaAtOrAbove(mm, scanner.page); vma && vma.start < end; vma = vmaNext(vma)) {
    if (!(vma.flags & VM_MERGEABLE) || domainOf(mm, vma) != domainNumber(domain)) continue;
    scanner.page = max(scanner.page, vma.start);
    const stop = min(vma.end, end);
    for (let pages = leafNext(scanner, mm, stop); pages != 0; pages = leafNext(scanner, mm, stop)) {
      const seen = selectRun(window, entryFind(mm, scanner.page), pages);
      scanner.page += seen;
      if (seen < pages) return false;
    }
  }
  return true;
}

/** Looks at `pages` entries of one leaf, from `first` on. Returns how many it got through before the window was full. */
function selectRun(window: Window, first: u32, pages: u32): u32 {
  const ptes: usize = header.ptes + ((<usize>first) << 2);
  let index: u32 = 0;
  for (; index < pages; index++) {
    const pte = load<u32>(ptes + (index << 2));
    if (isMerged(pte)) {
      index += settledRun(ptes + (index << 2), pages - index) - 1;
      continue;
    }
    if (!isCandidate(pte)) continue;
    if (window.count == window.room) break;
    turnSet(window, window.count, (first + index) | TURN_ORDINARY);
    window.count += 1;
  }
  return index;
}

/** Every page of `window` in its turn. Returns how many were merged. */
function decide(domain: Domain, scanner: Scanner, window: Window, mm: Mm): u32 {
  let merged: u32 = 0;
  for (let index: u32 = 0; index < window.count; index++) {
    const entry = turnEntry(turnAt(window, index));
    if (isFree(entry)) merged += mergePage(domain, scanner, mm, entry, checksumAt(window, index));
  }
  return merged;
}

/** Does the page map a frame that it can give up? The split of a large folio may have taken it away since the page was selected. */
function isFree(entry: u32): bool {
  const pte = pteOf(entry);
  return isCandidate(pte) && !frameIsPinned(frameOfPte(pte));
}

/** Merges one page with what is in the stable tree, or with a page that came before it. Returns how many were merged: 0, 1 or both. */
function mergePage(domain: Domain, scanner: Scanner, mm: Mm, entry: u32, checksum: u32): u32 {
  const frame = frameOfPte(pteOf(entry));
  if (stateOf(entry) & STATE_ITEM) itemUnlink(entry);
  else itemCreate(mm, entry);
  const target = targetOf(domain, frame, checksum);
  if (isFound(target)) {
    if (!mergeInto(entry, frame, target)) return 0;
    itemAppend(entry, target);
    return 1;
  }
  if (frameIsKsm(frame)) return 0; // it is one already, though it has no room for the item
  const partner = seenFind(domain, scanner, frame, checksum);
  if (partner != 0) return mergePair(domain, scanner, entry, partner, checksum);
  seenAdd(domain, scanner, entry, checksum);
  return 0;
}

/** The node into whose frame the page in `frame` can be merged, or none, or STABLE_FULL. A KSM frame finds its own node. */
function targetOf(domain: Domain, frame: u32, checksum: u32): Node {
  const own = stableNodeOf(frame);
  if (!own) return stableSearch(domain, frame, checksum, 0);
  return nodeHas(own, NODE_MIGRATING) ? stableSortIn(own, checksum) : own;
}

/** Merges two equal pages, of which `partner` was seen before. Returns how many were merged: 0 or 2. */
function mergePair(domain: Domain, scanner: Scanner, entry: u32, partner: u32, checksum: u32): u32 {
  const frame = frameOfPte(pteOf(entry));
  if (isSameFolio(frame, frameOfPte(pteOf(partner)))) {
    folioSplit(frame, entry);
    if (!isFree(entry) || !isFree(partner)) return 0; // the zero frame is there now
  }
  seenDrop(partner);
  mergeTwo(domain, entry, frame, partner, checksum);
  if (stateOf(entry) & STATE_STABLE) return 2;
  seenAdd(domain, scanner, partner, checksum); // somebody holds one of them, or does not stop writing to it
  return 0;
}

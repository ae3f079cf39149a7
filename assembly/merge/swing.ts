/**
 * A merge is the swing of a pte to a frame of KSM's: into the frame of a stable node, of two pages into one, or into the zero frame. Only
 * single pte words change: the page's pte comes to point, read-only, at the KSM frame.
 *
 * The searches have compared both pages just before. With one thread no guest runs in between; else the page is
 * write-protected and compared once more (docs/protocol.md).
 */

import { isConcurrent } from '../concurrent/workers';
import { NODE_ORPHAN, PTE_DIRTY, PTE_MERGED, STATE_STABLE, ZERO_FRAME } from '../layout';
import { ownCopy } from '../memory/fault';
import { folioSplit, isSameFolio } from '../memory/folio';
import { frameGet, frameIsPinned, framePut } from '../memory/frames';
import { frameKeep } from '../memory/kept';
import { countMergedZero } from '../memory/merged';
import { writeProtect } from '../memory/protect';
import { frameOfPte, isMergedZero, mapsFrame, mapsZero, pteProtected, pteTo, rightsKept } from '../memory/pte';
import { entryMm, pteOf, pteSet } from '../memory/tables';
import { equalPages, isZeroPage, pageChecksum } from '../page/page';
import { Domain } from '../records/domain';
import { Node } from '../records/node';
import { domainNumber, entryDomain } from './domain';
import { frameIsKsm, frameNode } from './ksm-frame';
import { nodeAlloc, nodeFlag, nodeIsChain } from './node';
import { expectFreeItem, itemAppend, itemUnlink, stateOf } from './rmap';
import { stableInsert } from './stable';

/** Swings the pte of `entry` from `frame` to `node`'s frame, whose bytes are equal. False if the page cannot be merged. */
export function mergeInto(entry: u32, frame: u32, node: Node): bool {
  const target: u32 = node.frame;
  if (!ASC_NO_ASSERT) {
    assert(mapsFrame(pteOf(entry), frame) || mapsZero(pteOf(entry))); // a split may have put the zero frame there
    assert(entryDomain(entry) == node.domain);
    assert(!nodeIsChain(node));
    assert(frameNode(target) == node);
  }
  if (frame == target) return true; // a mapping that fork copied
  if (!detach(entry, frame) || !protectEqual(entry, frame, target)) return false;
  frameGet(target); // first, because a count that a death leaves too high costs a frame; one too low would lose a pin
  pteSet(entry, pteTo(target, rightsKept(pteOf(entry))));
  framePut(frame);
  if (!ASC_NO_ASSERT) assert(mapsFrame(pteOf(entry), target));
  return true;
}

/** Swings the pte of `entry` from `frame` to the zero frame. False if its bytes are not all 0, or the page cannot be merged. */
export function mergeIntoZero(entry: u32, frame: u32): bool {
  if (!isZeroPage(frame) || !detach(entry, frame) || !protectEqual(entry, frame, ZERO_FRAME)) return false;
  pteSet(entry, pteTo(ZERO_FRAME, rightsKept(pteOf(entry)) | PTE_MERGED));
  countMergedZero(entryMm(entry), 1);
  if (!ASC_NO_ASSERT) assert(isMergedZero(pteOf(entry)));
  framePut(frame);
  return true;
}

/**
 * Merges two equal pages, both of `domain`. The frame of the page that is being scanned becomes KSM's. The page from the unstable tree
 * gives up its own, and hangs on the node first.
 */
export function mergeTwo(domain: Domain, entry: u32, frame: u32, partner: u32, checksum: u32): void {
  const other = frameOfPte(pteOf(partner));
  if (!ASC_NO_ASSERT) {
    expectFreeItem(entry);
    assert(mapsFrame(pteOf(entry), frame) || mapsZero(pteOf(entry))); // a split may have put the zero frame there
    assert(entry != partner && frame != other);
    assert(!(stateOf(partner) & STATE_STABLE));
    assert(entryDomain(entry) == domainNumber(domain));
    assert(entryDomain(partner) == domainNumber(domain));
  }
  if (isSameFolio(frame, other)) {
    folioSplit(frame, entry); // the scanner holds the other part, so nothing is merged this time
    return;
  }
  if (!detach(entry, frame)) return;
  const pte = pteOf(entry);
  if (isConcurrent() && !writeProtect(entry, frame)) return;
  const node = nodeAlloc();
  if (!node) {
    if (isConcurrent()) pteSet(entry, pte);
    return; // no room for another KSM frame: both pages stay as they are
  }
  node.domain = domainNumber(domain);
  nodeFlag(node, 0, NODE_ORPHAN);
  frameKeep(frame, node);
  pteSet(entry, pteProtected(pte) & ~PTE_DIRTY);
  if (!mergeInto(partner, other, node)) {
    breakCow(entry);
    return;
  }
  itemUnlink(partner);
  // Beside guests both may have been written, with the same bytes, after they were hashed.
  if (stableInsert(node, isConcurrent() ? pageChecksum(frame) : checksum)) {
    itemAppend(partner, node);
    itemAppend(entry, node);
  } else {
    breakCow(partner);
    breakCow(entry);
  }
}

/** Gives a page that maps a KSM frame a frame of its own again. If none is left, it stays as it is: nothing is lost. */
function breakCow(entry: u32): void {
  if (frameIsKsm(frameOfPte(pteOf(entry)))) ownCopy(entryMm(entry), entry);
}

/**
 * Can `frame` be given up by a page that maps it? Not if somebody holds it, and not if it is KSM's already, because in Linux it then has no
 * anon_vma, without which the page is not found in its mapping. So what moved to another NUMA node stays unmerged there if its content has
 * a node already, and an orphan is never used again.
 */
function canBeGivenUp(frame: u32): bool {
  return !frameIsKsm(frame) && !frameIsPinned(frame);
}

/**
 * Makes `frame` a single one that the page of `entry` can give up; a large folio is split for it. False if the page or another part of its
 * folio cannot be given up, or if the split has mapped the zero frame.
 */
function detach(entry: u32, frame: u32): bool {
  return canBeGivenUp(frame) && folioSplit(frame, entry) && frameOfPte(pteOf(entry)) == frame;
}

/**
 * Beside guests what the search compared may have been written since. Here `frame` is write-protected and compared with `target` again.
 * False, and nothing done, if somebody still writes or they differ.
 */
function protectEqual(entry: u32, frame: u32, target: u32): bool {
  if (!isConcurrent()) return true;
  const pte = pteOf(entry);
  if (!writeProtect(entry, frame)) return false;
  if (equalPages(frame, target)) return true;
  pteSet(entry, pte);
  return false;
}

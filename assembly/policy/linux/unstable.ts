/**
 * The unstable tree: pages that have not changed since the last pass and have found no partner yet.
 *
 * They are not write-protected, so any of them may change while it is in the tree and make the order wrong. Nothing depends
 * on the order being right: a misled search misses a partner for one pass.
 *
 * In content order the tree starts empty in every pass, as in Linux. In hash order that would be work for nothing: a page with the
 * same checksum goes to the same place. So nodes stay, each with the number of the pass that last saw it. A page whose search meets an
 * equal node of the last pass takes its place. The displaced page searches when its turn comes in this pass, and finds it. So the outcome
 * is that of an empty tree.
 */

import { count, counted, setting } from '../../base/count';
import { rbAt, rbErase, rbInsert, rbLink } from '../../base/rb';
import {
  H_FULL_SCANS,
  H_MERGE_ACROSS_NODES,
  H_PAGES_UNSHARED,
  MM_EXITED,
  STATE_DISPLACED,
  STATE_MUST_SEARCH,
  STATE_SEQ,
  STATE_UNSTABLE,
  TABLE_BITS,
  VM_MERGEABLE,
} from '../../layout';
import { frameNid } from '../../memory/frames';
import { frameOfPte, mapsFrame, mapsZero } from '../../memory/pte';
import { entryMm, entryPage, pteOf } from '../../memory/tables';
import { vmaFind } from '../../memory/vmas';
import { isAtPlace, isCandidate } from '../../merge/candidate';
import { domainAt, domainNumber, entryDomain } from '../../merge/domain';
import { frameIsKsm } from '../../merge/ksm-frame';
import {
  isHashOrder,
  orderByBytes,
  orderByChecksum,
  orderByHash,
  rootsAt,
  treeNid,
  unstableRoot,
} from '../../merge/order';
import { entryOf, expectFreeItem, isOfThisPass, itemOf, stateOf, stateSet } from '../../merge/rmap';
import { comparePages, pagePrefix } from '../../page/page';
import { Domain } from '../../records/domain';
import { freeLeaves } from '../../records/free-list';
import { header } from '../../records/header';
import { Item } from '../../records/node';
import { none } from '../../records/record';
import { TreeNode } from '../../records/tree-node';
import { isBetweenPasses } from './slots';

/** Empties every unstable tree at once. The items keep their flag and count until they are visited again. */
export function unstableClear(): void {
  for (let index: u32 = 0; index < header.rootLimit; index++) store<u32>(rootsAt(index).unstableSlot, 0);
}

/** The anonymous frame that `entry` maps, if KSM may still take it; else 0. */
function mergeableFrame(entry: u32): u32 {
  const mm = entryMm(entry);
  if (mm.flags & MM_EXITED) return 0;
  const vma = vmaFind(mm, entryPage(entry)); // isMergeable, in line: each step of a search asks (bench/scan, unique, content order: 3 %)
  if (!vma || !(vma.flags & VM_MERGEABLE)) return 0;
  const pte = pteOf(entry);
  return isCandidate(pte) ? frameOfPte(pte) : 0;
}

/**
 * The entry of a page in the tree of `domain` that equals the page of `entry` in `frame`; 0 if there was none. Then `entry` is in the tree
 * now, unless the search met a page that has vanished or is this very frame (both after fork). Such a search is given up, and the item
 * stays volatile. `known`: a frame that is known to equal it, or 0. `isFull`: the stable tree has this content, but takes no more pages.
 */
export function unstableSearchOrInsert(
  domain: Domain,
  entry: u32,
  frame: u32,
  checksum: u32,
  known: u32,
  isFull: bool,
): u32 {
  if (!ASC_NO_ASSERT) {
    expectFreeItem(entry);
    assert(mapsFrame(pteOf(entry), frame) || mapsZero(pteOf(entry))); // a split may have put the zero frame there
    assert(entryDomain(entry) == domainNumber(domain));
  }
  const nid = treeNid(frame);
  const isHashed = isHashOrder();
  const prefix = isHashed ? 0 : pagePrefix(frame); // in hash order no page is read that is compared with none (bench/scan, dirty tracking)
  let parent = none<TreeNode>();
  let link = unstableRoot(domain, nid, checksum);
  for (let other = rbAt<Item>(link); other; other = rbAt<Item>(link)) {
    let order = orderByChecksum(domain, checksum, other);
    if (order == 0) {
      const met = entryOf(other);
      const treeFrame = mergeableFrame(met);
      const isOld = isHashed && !isOfThisPass(stateOf(met));
      if (!isOld && (treeFrame == 0 || treeFrame == frame)) return 0;
      if (treeFrame == 0) order = 0;
      else order = isHashed ? orderByHash(known, frame, treeFrame) : orderByBytes(prefix, frame, treeFrame);
      if (order == 0) {
        if (!ASC_NO_ASSERT) assert(treeFrame == 0 || entryDomain(met) == domainNumber(domain));
        if (!isOld) return isStray(treeFrame, nid) ? 0 : met;
        displace(met);
        parent = none<TreeNode>(); // the tree has changed: search anew
        link = unstableRoot(domain, nid, checksum);
        continue;
      }
    }
    parent = other;
    link = rbLink(other, order < 0);
  }
  rbInsert(itemOf(entry), parent, link);
  stateSet(entry, withSeq(stateOf(entry)) | STATE_UNSTABLE | (isFull ? STATE_MUST_SEARCH : 0));
  count(H_PAGES_UNSHARED, 1);
  return 0;
}

/**
 * Recovery: an item that was in the tree, with this state, goes there again if it belongs there still. It will search at its next turn,
 * because what it missed is not known.
 */
export function unstableReinsert(entry: u32, state: u32): void {
  if (!ASC_NO_ASSERT) expectFreeItem(entry);
  const frame = mergeableFrame(entry);
  if (frame == 0 || frameIsKsm(frame)) return;
  // In content order a tree ends with its pass, also if the death came before the pass was counted.
  if (!isHashOrder() && (!isOfThisPass(state) || isBetweenPasses())) return;
  const checksum = itemOf(entry).checksum;
  let parent = none<TreeNode>();
  const domain = domainAt(entryDomain(entry));
  let link = unstableRoot(domain, treeNid(frame), checksum);
  for (let other = rbAt<Item>(link); other; other = rbAt<Item>(link)) {
    let order = orderByChecksum(domain, checksum, other);
    if (order == 0) {
      const its = frameOfPte(pteOf(entryOf(other)));
      order = isHashOrder() ? orderByHash(0, frame, its) : comparePages(frame, its);
    }
    if (order == 0) return; // one of a content is enough
    parent = other;
    link = rbLink(other, order < 0);
  }
  rbInsert(itemOf(entry), parent, link);
  stateSet(entry, stateOf(entry) | STATE_UNSTABLE | STATE_MUST_SEARCH | (state & STATE_SEQ));
  count(H_PAGES_UNSHARED, 1);
}

function withSeq(state: u32): u32 {
  return (state & ~STATE_SEQ) | (counted(H_FULL_SCANS) & STATE_SEQ);
}

/** Does a page of the tree of NUMA node `nid` lie elsewhere by now? */
function isStray(frame: u32, nid: u32): bool {
  return !setting(H_MERGE_ACROSS_NODES) && frameNid(frame) != nid;
}

/** Takes a node of the last pass out of the tree; its own turn comes, and then it has to search. */
function displace(entry: u32): void {
  if (!ASC_NO_ASSERT) assert((stateOf(entry) & (STATE_UNSTABLE | STATE_DISPLACED)) == STATE_UNSTABLE);
  rbErase(itemOf(entry));
  stateSet(entry, stateOf(entry) | STATE_DISPLACED);
  if (!ASC_NO_ASSERT) assert(!isAtPlace(stateOf(entry)));
}

/**
 * Hash order: can an unchanged page whose item has this state stay where it is in the tree? Not if it has to search: it is not in the tree,
 * or was displaced by a page that may equal it, or is marked so. Else no partner can have come, because a page of this content would have
 * met it in the tree. If each NUMA node has trees of its own, every page searches, because pages and KSM frames can change trees.
 */
export function unstableStays(state: u32): bool {
  return isAtPlace(state) && isHashOrder() && setting(H_MERGE_ACROSS_NODES) != 0;
}

/** A page that stays in the tree is of this pass from now on. */
export function unstableConfirm(entry: u32, state: u32): void {
  if (!ASC_NO_ASSERT) {
    assert(state == stateOf(entry));
    assert(isAtPlace(state));
  }
  stateSet(entry, withSeq(state));
}

/** Empties the trees in the middle of a pass: no item is a node any more, all search at their next turn. */
export function unstableScatter(): void {
  markUnstable(STATE_DISPLACED);
  unstableClear();
}

/** After merge_across_nodes has changed: whoever is in a tree may be in the wrong one and has to search at its next turn. */
export function unstableUnsettle(): void {
  markUnstable(STATE_MUST_SEARCH);
}

function markUnstable(flag: u32): void {
  const entries = freeLeaves.fresh << TABLE_BITS;
  for (let entry: u32 = 1 << TABLE_BITS; entry < entries; entry++) {
    const state = stateOf(entry);
    if (state & STATE_UNSTABLE) stateSet(entry, state | flag);
  }
}

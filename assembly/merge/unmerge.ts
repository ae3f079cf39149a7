/** Undoing KSM's work: pages get frames of their own again, and nodes without a frame are forgotten. */
import { isError } from '../base/error';
import { rbAt, rbFirst, rbNext } from '../base/rb';
import { EBUSY, ROOT_BYTES } from '../layout';
import { ownCopy } from '../memory/fault';
import { frameUnkeep } from '../memory/kept';
import { pinsOf } from '../memory/pins';
import { frameOfPte, isMergedZero, isPresent } from '../memory/pte';
import { entryFind, nextMappedPage, pteOf } from '../memory/tables';
import { header } from '../records/header';
import { Mm } from '../records/mm';
import { Node } from '../records/node';
import { none } from '../records/record';
import { chainFree } from './chain';
import { domainAt } from './domain';
import { frameIsKsm } from './ksm-frame';
import { nodeDelete, nodeIsChain, nodeIsStale } from './node';
import { rootsAt } from './order';

/**
 * Gives every page in [start, end) of `mm` that KSM merged a frame of its own. Items and counters are left to the scanner.
 * Returns 0, or -errno if frames ran out; what was done by then stays done.
 */
export function unmergeRange(mm: Mm, start: u32, end: u32): u32 {
  for (let page = nextMappedPage(mm, start, end); page < end; page = nextMappedPage(mm, page + 1, end)) {
    const entry = entryFind(mm, page);
    const pte = pteOf(entry);
    if (!isPresent(pte) || (!isMergedZero(pte) && !frameIsKsm(frameOfPte(pte)))) continue;
    const frame = ownCopy(mm, entry);
    if (isError(frame)) return frame;
  }
  return 0;
}

/**
 * Deletes every stable node whose frame is gone. In each tree the first node whose frame is still mapped stops the
 * clean-up, as in Linux. Returns -EBUSY if there was one.
 */
export function stableForget(): u32 {
  let busy: u32 = 0;
  for (let index: u32 = 0; index < header.rootLimit; index++) {
    if (!forgetTree(rootsAt(index).stableSlot)) busy = -EBUSY;
  }
  for (let node = header.migrateNodes; node; ) {
    const next = node.dupNext;
    if (isMapped(node)) busy = -EBUSY;
    else forgetNode(node);
    node = next;
  }
  return busy;
}

/** The same for the tree behind one root slot. False if a node stopped it. */
function forgetTree(slot: usize): bool {
  for (let node = rbAt<Node>(slot); node; node = rbAt<Node>(slot)) {
    if (!forget(node)) return false;
  }
  return true;
}

/** The same for what is left of a domain that nobody is in. False if a frame of it is still mapped. */
export function stableForgetDomain(number: u32): bool {
  const domain = domainAt(number);
  const first: u32 = <u32>(domain.roots - header.roots) / ROOT_BYTES;
  let isEmpty: bool = true;
  for (let index: u32 = 0; index < domain.rootCount * header.nidCount; index++) {
    if (!forgetTree(rootsAt(first + index).stableSlot)) isEmpty = false;
  }
  for (let node = header.migrateNodes, next = none<Node>(); node; node = next) {
    next = node.dupNext;
    if (node.domain != number) continue;
    if (isMapped(node)) isEmpty = false;
    else forgetNode(node);
  }
  return isEmpty;
}

/** Memory goes offline: deletes the stale nodes whose frame lay in [start, end), and chains that are empty then. */
export function stableForgetRange(start: u32, end: u32): void {
  for (let index: u32 = 0; index < header.rootLimit; index++) {
    const slot = rootsAt(index).stableSlot;
    for (let node = changetype<Node>(rbFirst(slot)), next = none<Node>(); node; node = next) {
      next = changetype<Node>(rbNext(node));
      if (!nodeIsChain(node)) {
        forgetInRange(node, start, end);
        continue;
      }
      forgetList(node.firstDup, start, end);
      if (!node.firstDup) chainFree(node);
    }
  }
  forgetList(header.migrateNodes, start, end);
}

function forgetList(first: Node, start: u32, end: u32): void {
  for (let node = first, next = none<Node>(); node; node = next) {
    next = node.dupNext;
    forgetInRange(node, start, end);
  }
}

function forgetInRange(node: Node, start: u32, end: u32): void {
  if (!nodeIsStale(node)) return;
  const frame = node.lastFrame;
  if (frame >= start && frame < end) nodeDelete(node);
}

/** Deletes a tree node, a chain with all its dups. False if a frame is still mapped. */
function forget(node: Node): bool {
  if (!nodeIsChain(node)) {
    if (isMapped(node)) return false;
    forgetNode(node);
    return true;
  }
  for (let dup = node.firstDup; dup; dup = node.firstDup) {
    if (isMapped(dup)) return false;
    forgetNode(dup);
  }
  chainFree(node);
  return true;
}

/** Do ptes map the node's frame? Pins alone do not count. */
function isMapped(node: Node): bool {
  return !nodeIsStale(node) && node.maps != pinsOf(node.frame);
}

/** Deletes a node that no pte maps. A frame that is pinned stops being KSM's. */
function forgetNode(node: Node): void {
  if (!ASC_NO_ASSERT) assert(!nodeIsChain(node) && !isMapped(node));
  if (!nodeIsStale(node)) frameUnkeep(node.frame);
  nodeDelete(node);
}

/** Undoing KSM's work: pages get frames of their own again, and nodes without a frame are forgotten. */
import { isError } from '../base/error';
import { rbAt, rbFirst, rbNext } from '../base/rb';
import { EBUSY, ROOT_BYTES, ROOT_STABLE } from '../layout';
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
import { frameIsKsm } from './ksm-frame';
import { nodeDelete, nodeIsChain, nodeIsStale } from './node';

/**
 * Gives every page in [start, end) of `mm` that KSM merged a frame of its own. Items and counters are left to the scanner.
 * Returns 0, or -errno where frames ran out: what was done by then stays done.
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
  const roots = header.rootCount * header.nidCount;
  const first: usize = header.roots + ROOT_STABLE;
  for (let index: u32 = 0; index < roots; index++) {
    const slot = first + <usize>index * ROOT_BYTES;
    for (let node = rbAt<Node>(slot); node; node = rbAt<Node>(slot)) {
      if (forget(node)) continue;
      busy = -EBUSY;
      break;
    }
  }
  for (let node = header.migrateNodes; node; ) {
    const next = node.dupNext;
    if (isMapped(node)) busy = -EBUSY;
    else forgetNode(node);
    node = next;
  }
  return busy;
}

/** Memory goes offline: deletes the stale nodes whose frame lay in [start, end), and chains that are empty then. */
export function stableForgetRange(start: u32, end: u32): void {
  const roots = header.rootCount * header.nidCount;
  for (let index: u32 = 0; index < roots; index++) {
    const slot: usize = header.roots + <usize>index * ROOT_BYTES + ROOT_STABLE;
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

/** Deletes a tree node, a chain with all its dups. False where a frame is still mapped. */
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
  if (!nodeIsStale(node)) frameUnkeep(node.frame);
  nodeDelete(node);
}

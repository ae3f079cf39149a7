/** Undoing KSM's work: pages get frames of their own again, and nodes without a frame are forgotten. */
import {
  EBUSY,
  H_MIGRATE_NODES,
  H_NID_COUNT,
  H_ROOT_COUNT,
  H_ROOTS,
  NODE_DUP_NEXT,
  NODE_FRAME,
  NODE_HEAD,
  NODE_MAPS,
  PAGE_SIZE,
  PTE_FRAME,
  PTE_KSM_ZERO,
  PTE_PRESENT,
  ROOT_BYTES,
  ROOT_STABLE,
} from '../layout';
import { ownCopy } from '../memory/fault';
import { frameIsKsm, frameLeaveKsm } from '../memory/frames';
import { pinsOf } from '../memory/pins';
import { entryFind, nextMappedPage, pteOf } from '../memory/tables';
import { rbFirst, rbNext } from '../tree/rb';
import { chainFree } from './chain';
import { nodeDelete, nodeIsChain, nodeIsStale } from './node';

/**
 * Gives every page in [start, end) of `mm` that KSM merged a frame of its own. Items and counters are left to the scanner.
 * Returns 0, or an errno where frames ran out: what was done by then stays done.
 */
export function unmergeRange(mm: usize, start: u32, end: u32): u32 {
  for (let page = nextMappedPage(mm, start, end); page < end; page = nextMappedPage(mm, page + 1, end)) {
    const entry = entryFind(mm, page);
    const pte = pteOf(entry);
    if (!(pte & PTE_PRESENT)) continue;
    if (!(pte & PTE_KSM_ZERO) && !frameIsKsm(pte & PTE_FRAME)) continue;
    const frame = ownCopy(mm, entry);
    if (frame < PAGE_SIZE) return <u32>frame;
  }
  return 0;
}

/**
 * Deletes every stable node whose frame is gone. In each tree the first node whose frame is still mapped stops the
 * clean-up, as in Linux. Returns EBUSY if there was one.
 */
export function stableForget(): u32 {
  let busy: u32 = 0;
  const roots = load<u32>(H_ROOT_COUNT) * load<u32>(H_NID_COUNT);
  const first: usize = load<u32>(H_ROOTS) + ROOT_STABLE;
  for (let index: u32 = 0; index < roots; index++) {
    const slot = first + <usize>index * ROOT_BYTES;
    for (let node: usize = load<u32>(slot); node != 0; node = load<u32>(slot)) {
      if (forget(node)) continue;
      busy = EBUSY;
      break;
    }
  }
  for (let node: usize = load<u32>(H_MIGRATE_NODES); node != 0; ) {
    const next: usize = load<u32>(node, NODE_DUP_NEXT);
    if (isMapped(node)) busy = EBUSY;
    else nodeDelete(node);
    node = next;
  }
  return busy;
}

/** Memory goes offline: deletes the stale nodes whose frame lay in [start, end), and chains that are empty then. */
export function stableForgetRange(start: usize, end: usize): void {
  const roots = load<u32>(H_ROOT_COUNT) * load<u32>(H_NID_COUNT);
  for (let index: u32 = 0; index < roots; index++) {
    const slot: usize = load<u32>(H_ROOTS) + <usize>index * ROOT_BYTES + ROOT_STABLE;
    for (let node = rbFirst(slot), next: usize = 0; node != 0; node = next) {
      next = rbNext(node);
      if (!nodeIsChain(node)) {
        forgetInRange(node, start, end);
        continue;
      }
      forgetList(load<u32>(node, NODE_HEAD), start, end);
      if (load<u32>(node, NODE_HEAD) == 0) chainFree(node);
    }
  }
  forgetList(load<u32>(H_MIGRATE_NODES), start, end);
}

function forgetList(first: usize, start: usize, end: usize): void {
  for (let node = first, next: usize = 0; node != 0; node = next) {
    next = load<u32>(node, NODE_DUP_NEXT);
    forgetInRange(node, start, end);
  }
}

function forgetInRange(node: usize, start: usize, end: usize): void {
  if (!nodeIsStale(node)) return;
  const frame: usize = load<u32>(node, NODE_MAPS);
  if (frame >= start && frame < end) nodeDelete(node);
}

/** Deletes a tree node, a chain with all its dups. False where a frame is still mapped. */
function forget(node: usize): bool {
  if (!nodeIsChain(node)) {
    if (isMapped(node)) return false;
    nodeDelete(node);
    return true;
  }
  for (let dup: usize = load<u32>(node, NODE_HEAD); dup != 0; dup = load<u32>(node, NODE_HEAD)) {
    if (isMapped(dup)) return false;
    nodeDelete(dup);
  }
  chainFree(node);
  return true;
}

/** Is the node's frame still mapped? One that is only pinned stops being KSM's. */
function isMapped(node: usize): bool {
  if (nodeIsStale(node)) return false;
  const frame: usize = load<u32>(node, NODE_FRAME);
  if (load<u32>(node, NODE_MAPS) != pinsOf(frame)) return true;
  frameLeaveKsm(frame);
  return false;
}

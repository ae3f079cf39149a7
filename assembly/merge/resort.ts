/**
 * Sorts the stable trees of hash order anew, after the checksums of all pages have changed with the key of the hash (policy/linux/rekey).
 * Every node keeps its items and its NUMA node, every chain its dups: only keys and places change.
 */
import {
  H_FRAMES,
  H_FRAMES_END,
  H_MIGRATE_NODES,
  H_NID_COUNT,
  H_ROOT_COUNT,
  H_ROOTS,
  NODE_DUP_NEXT,
  NODE_FRAME,
  NODE_HEAD,
  NODE_KEY,
  RB_LEFT,
  RB_RIGHT,
  ROOT_BYTES,
  ROOT_STABLE,
} from '../layout';
import { comparePages } from '../page/compare';
import { rbErase, rbInsert } from '../tree/rb';
import { pageChecksum } from './checksum';
import { nodeIsChain, nodeNid } from './node';
import { orderByKey, stableRoot } from './order';
import { stableForgetRange } from './unmerge';

/** Nodes whose frame is gone go for good: there is nothing left by which a search could find them. */
export function stableResort(): void {
  stableForgetRange(load<u32>(H_FRAMES), load<u32>(H_FRAMES_END));
  for (let node: usize = load<u32>(H_MIGRATE_NODES); node != 0; node = load<u32>(node, NODE_DUP_NEXT)) {
    store<u32>(node, pageChecksum(load<u32>(node, NODE_FRAME)), NODE_KEY);
  }
  for (let node = treesTake(), next: usize = 0; node != 0; node = next) {
    next = load<u32>(node, NODE_DUP_NEXT);
    treePut(node);
  }
}

/** Takes all nodes out of the stable trees, in a list by NODE_DUP_NEXT. Returns its first. */
function treesTake(): usize {
  const roots = load<u32>(H_ROOT_COUNT) * load<u32>(H_NID_COUNT);
  let taken: usize = 0;
  let slot: usize = load<u32>(H_ROOTS) + ROOT_STABLE;
  for (let left = roots; left != 0; left--, slot += ROOT_BYTES) {
    for (let node: usize = load<u32>(slot); node != 0; node = load<u32>(slot)) {
      rbErase(node);
      store<u32>(node, <u32>taken, NODE_DUP_NEXT);
      taken = node;
    }
  }
  return taken;
}

/** The frame that stands for a tree node without stale ones. */
function frameOf(node: usize): usize {
  return load<u32>(nodeIsChain(node) ? <usize>load<u32>(node, NODE_HEAD) : node, NODE_FRAME);
}

/** Sorts a regular node, or a chain with its dups, in by its checksum. */
function treePut(node: usize): void {
  const frame = frameOf(node);
  const key = pageChecksum(frame);
  store<u32>(node, key, NODE_KEY);
  if (nodeIsChain(node)) {
    for (let dup: usize = load<u32>(node, NODE_HEAD); dup != 0; dup = load<u32>(dup, NODE_DUP_NEXT)) {
      store<u32>(dup, key, NODE_KEY);
    }
  }
  let parent: usize = 0;
  let link = stableRoot(nodeNid(node), key);
  for (let met: usize = load<u32>(link); met != 0; met = load<u32>(link)) {
    let order = orderByKey(key, met);
    if (order == 0) order = comparePages(frame, frameOf(met));
    parent = met;
    link = met + (order < 0 ? RB_LEFT : RB_RIGHT);
  }
  rbInsert(node, parent, link);
}

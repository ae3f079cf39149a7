/**
 * Sorts the stable trees of hash order anew, after the checksums of all pages have changed with the key of the hash (policy/linux/rekey).
 * Every node keeps its items and its NUMA node, every chain its dups: only keys and places change.
 */
import { rbAt, rbErase, rbInsert, rbLink } from '../base/rb';
import { ROOT_BYTES, ROOT_STABLE } from '../layout';
import { comparePages, pageChecksum } from '../page/page';
import { header } from '../records/header';
import { Node } from '../records/node';
import { none } from '../records/record';
import { TreeNode } from '../records/tree-node';
import { nodeIsChain, nodeNid } from './node';
import { orderByKey, stableRoot } from './order';
import { stableForgetRange } from './unmerge';

/** Nodes whose frame is gone go for good: there is nothing left by which a search could find them. */
export function stableResort(): void {
  stableForgetRange(0, header.frameLimit);
  for (let node = header.migrateNodes; node; node = node.dupNext) {
    node.key = pageChecksum(node.frame);
  }
  for (let node = treesTake(), next = none<Node>(); node; node = next) {
    next = node.dupNext;
    treePut(node);
  }
}

/** Takes all nodes out of the stable trees, in a list by NODE_DUP_NEXT. Returns its first. */
function treesTake(): Node {
  const roots = header.rootCount * header.nidCount;
  let taken = none<Node>();
  let slot: usize = header.roots + ROOT_STABLE;
  for (let left = roots; left != 0; left--, slot += ROOT_BYTES) {
    for (let node = rbAt<Node>(slot); node; node = rbAt<Node>(slot)) {
      rbErase(node);
      node.dupNext = taken;
      taken = node;
    }
  }
  return taken;
}

/** The frame that stands for a tree node without stale ones. */
function frameOf(node: Node): u32 {
  return (nodeIsChain(node) ? node.firstDup : node).frame;
}

/** Sorts a regular node, or a chain with its dups, in by its checksum. */
function treePut(node: Node): void {
  const frame = frameOf(node);
  const key = pageChecksum(frame);
  node.key = key;
  if (nodeIsChain(node)) {
    for (let dup = node.firstDup; dup; dup = dup.dupNext) {
      dup.key = key;
    }
  }
  let parent = none<TreeNode>();
  let link = stableRoot(nodeNid(node), key);
  for (let met = rbAt<Node>(link); met; met = rbAt<Node>(link)) {
    let order = orderByKey(key, met);
    if (order == 0) order = comparePages(frame, frameOf(met));
    parent = met;
    link = rbLink(met, order < 0);
  }
  rbInsert(node, parent, link);
}

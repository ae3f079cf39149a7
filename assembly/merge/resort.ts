/**
 * Sorts the stable trees of hash order anew, after the checksums of all pages have changed with the key of the hash (policy/linux/rekey).
 * Every node keeps its items and its NUMA node, every chain its dups: only keys and places change.
 */
import { rbAt, rbErase, rbInsert, rbLink } from '../base/rb';
import { comparePages, pageChecksum } from '../page/page';
import { header } from '../records/header';
import { Node } from '../records/node';
import { none } from '../records/record';
import { TreeNode } from '../records/tree-node';
import { domainAt } from './domain';
import { nodeIsChain, nodeNid } from './node';
import { orderByKey, rootsAt, stableRoot } from './order';
import { stableForgetRange } from './unmerge';

/** Nodes whose frame is gone go for good, because nothing is left by which a search could find them. */
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
  let taken = none<Node>();
  for (let index: u32 = 0; index < header.rootLimit; index++) {
    const slot = rootsAt(index).stableSlot;
    for (let node = rbAt<Node>(slot); node; node = rbAt<Node>(slot)) {
      rbErase(node);
      node.dupNext = taken;
      taken = node;
    }
  }
  return taken;
}

/** The frame that stands for a tree node. The node is not stale, and none of its dups is. */
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
  const domain = domainAt(node.domain);
  let link = stableRoot(domain, nodeNid(node), key);
  for (let met = rbAt<Node>(link); met; met = rbAt<Node>(link)) {
    let order = orderByKey(domain, key, met);
    if (order == 0) order = comparePages(frame, frameOf(met));
    parent = met;
    link = rbLink(met, order < 0);
  }
  rbInsert(node, parent, link);
}

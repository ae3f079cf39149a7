/**
 * What the tree bench runs: many inserts and searches of u32 keys inside one call, without pages and without KSM.
 *
 * Nodes lie back to back, 16 bytes each, with their keys set; they go in in the order in which they lie. With `bits`
 * above 0 there are 2^bits trees, picked by the key's top bits, as in hash order.
 */
import { none, recordAt } from '../records/record';
import { TreeNode } from '../records/tree-node';
import { rbAt, rbInsert, rbLink } from './rb';

/** Empties the trees and inserts `count` nodes. */
export function insertLoop(nodes: usize, count: u32, roots: usize, bits: u32): void {
  memory.fill(roots, 0, (<usize>4) << bits);
  for (let at = nodes; count != 0; count--, at += offsetof<TreeNode>()) {
    const node = recordAt<TreeNode>(at);
    const key = node.key;
    let parent = none<TreeNode>();
    let link = rootOf(key, roots, bits);
    for (let met = rbAt<TreeNode>(link); met; met = rbAt<TreeNode>(link)) {
      parent = met;
      link = rbLink(met, key < met.key);
    }
    rbInsert(node, parent, link);
  }
}

/** Searches `count` keys, u32 words from `keys` on. Returns how many are there. */
export function searchLoop(keys: usize, count: u32, roots: usize, bits: u32): u32 {
  let found: u32 = 0;
  for (; count != 0; count--, keys += 4) {
    const key = load<u32>(keys);
    let node = rbAt<TreeNode>(rootOf(key, roots, bits));
    while (node && node.key != key) node = rbAt<TreeNode>(rbLink(node, key < node.key));
    found += node ? 1 : 0;
  }
  return found;
}

function rootOf(key: u32, roots: usize, bits: u32): usize {
  return roots + ((<usize>(((<u64>key) << bits) >> 32)) << 2);
}

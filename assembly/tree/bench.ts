/**
 * What the tree bench runs: many inserts and searches of u32 keys inside one call, without pages and without KSM.
 *
 * Nodes lie back to back, 16 bytes each, with their keys set; they go in in the order in which they lie. With `bits`
 * above 0 there are 2^bits trees, picked by the key's top bits, as in hash order.
 */
import { RB_KEY, RB_LEFT, RB_RIGHT } from '../layout';
import { rbInsert } from './rb';

const NODE_BYTES: usize = 16;

/** Empties the trees and inserts `count` nodes. */
export function insertLoop(nodes: usize, count: u32, roots: usize, bits: u32): void {
  memory.fill(roots, 0, (<usize>4) << bits);
  for (let node = nodes; count != 0; count--, node += NODE_BYTES) {
    const key = load<u32>(node, RB_KEY);
    let parent: usize = 0;
    let link = rootOf(key, roots, bits);
    for (let met: usize = load<u32>(link); met != 0; met = load<u32>(link)) {
      parent = met;
      link = met + (key < load<u32>(met, RB_KEY) ? RB_LEFT : RB_RIGHT);
    }
    rbInsert(node, parent, link);
  }
}

/** Searches `count` keys, u32 words from `keys` on. Returns how many are there. */
export function searchLoop(keys: usize, count: u32, roots: usize, bits: u32): u32 {
  let found: u32 = 0;
  for (; count != 0; count--, keys += 4) {
    const key = load<u32>(keys);
    let node: usize = load<u32>(rootOf(key, roots, bits));
    while (node != 0 && load<u32>(node, RB_KEY) != key) {
      node = load<u32>(node + (key < load<u32>(node, RB_KEY) ? RB_LEFT : RB_RIGHT));
    }
    found += node != 0 ? 1 : 0;
  }
  return found;
}

function rootOf(key: u32, roots: usize, bits: u32): usize {
  return roots + ((<usize>(((<u64>key) << bits) >> 32)) << 2);
}

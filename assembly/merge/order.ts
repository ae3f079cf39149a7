/**
 * The two orders of the trees, chosen at creation, behind one tree code.
 *
 * content: as Linux orders them, by memcmp over current bytes; one tree for each NUMA node.
 * hash:    by the page's 64-bit hash. The upper half picks one of many roots, the lower half (the page's checksum) orders the
 *          few nodes below it, and only pages that agree in both are compared as bytes. A node's place is fixed when
 *          it is inserted, so pages that change afterwards mislead nobody but those with the same hash.
 *
 * A page's hash is passed around as its two halves, `checksum` (lower) and `high`.
 */
import {
  H_INDEX,
  H_MERGE_ACROSS_NODES,
  H_ROOT_COUNT,
  H_STABLE_ROOTS,
  H_UNSTABLE_ROOTS,
  INDEX_HASH,
  RB_KEY,
} from '../layout';
import { frameNid } from '../memory/frames';

/** NUMA node whose trees `frame` belongs to. */
export function treeNid(frame: usize): u32 {
  return load<u32>(H_MERGE_ACROSS_NODES) ? 0 : frameNid(frame);
}

function rootIndex(nid: u32, high: u32): usize {
  const roots = load<u32>(H_ROOT_COUNT);
  return (<usize>(nid * roots + <u32>((<u64>high * roots) >> 32))) << 2;
}

/** Root slot of the stable tree in which a page with this hash belongs. */
export function stableRoot(nid: u32, high: u32): usize {
  return load<u32>(H_STABLE_ROOTS) + rootIndex(nid, high);
}

export function unstableRoot(nid: u32, high: u32): usize {
  return load<u32>(H_UNSTABLE_ROOTS) + rootIndex(nid, high);
}

/** Order of a page against a tree node as far as keys tell: 0 where bytes must decide, as always in content order. */
export function orderByKey(checksum: u32, node: usize): i32 {
  if (load<u32>(H_INDEX) != INDEX_HASH) return 0;
  const key = load<u32>(node, RB_KEY);
  return checksum == key ? 0 : checksum < key ? -1 : 1;
}

/**
 * The two orders of the trees, chosen at creation, behind one tree code.
 *
 * content: as Linux orders them, by memcmp over current bytes; one tree for each NUMA node.
 * hash:    by the page's checksum. Its upper bits pick one of many roots, so that a tree is a few nodes deep at any size, and
 *          only pages of equal checksum are compared as bytes. A node's place is fixed when it is inserted, so pages that
 *          change afterwards mislead nobody but those with the same checksum.
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

export function isHashOrder(): bool {
  return load<u32>(H_INDEX) == INDEX_HASH;
}

/** NUMA node whose trees `frame` belongs to. */
export function treeNid(frame: usize): u32 {
  return load<u32>(H_MERGE_ACROSS_NODES) ? 0 : frameNid(frame);
}

function rootOffset(nid: u32, checksum: u32): usize {
  const roots = load<u32>(H_ROOT_COUNT);
  return (<usize>(nid * roots + <u32>((<u64>checksum * roots) >> 32))) << 2;
}

/** Root slot of the stable tree in which a page with this checksum belongs. */
export function stableRoot(nid: u32, checksum: u32): usize {
  return load<u32>(H_STABLE_ROOTS) + rootOffset(nid, checksum);
}

export function unstableRoot(nid: u32, checksum: u32): usize {
  return load<u32>(H_UNSTABLE_ROOTS) + rootOffset(nid, checksum);
}

/** Order of a page against a tree node as far as keys tell: 0 where bytes must decide, as always in content order. */
export function orderByKey(checksum: u32, node: usize): i32 {
  if (!isHashOrder()) return 0;
  const key = load<u32>(node, RB_KEY);
  return checksum == key ? 0 : checksum < key ? -1 : 1;
}

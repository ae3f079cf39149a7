/**
 * The two orders of the trees, chosen at creation, behind one tree code.
 *
 * content: as Linux orders them, by memcmp over current bytes; one tree for each NUMA node.
 * hash:    by the page's checksum. Its upper bits pick one of many roots, so that a tree is a few nodes deep at any size, and
 *          only pages of equal checksum are compared as bytes. A node's place is fixed when it is inserted, so pages that
 *          change afterwards mislead nobody but those with the same checksum.
 */
import { setting } from '../base/count';
import { H_MERGE_ACROSS_NODES, INDEX_HASH, ROOT_BYTES } from '../layout';
import { frameNid } from '../memory/frames';
import { pagePrefix } from '../page/page';
import { header } from '../records/header';
import { recordAt } from '../records/record';
import { Roots } from '../records/roots';
import { TreeNode } from '../records/tree-node';

export function isHashOrder(): bool {
  return header.index == INDEX_HASH;
}

/** NUMA node whose trees `frame` belongs to. */
export function treeNid(frame: u32): u32 {
  return setting(H_MERGE_ACROSS_NODES) ? 0 : frameNid(frame);
}

/** The record of both roots for a page with this checksum. */
export function rootsOf(nid: u32, checksum: u32): Roots {
  const roots = header.rootCount;
  return recordAt<Roots>(header.roots + <usize>(nid * roots + <u32>((<u64>checksum * roots) >> 32)) * ROOT_BYTES);
}

/** Root slot of the stable tree in which a page with this checksum belongs. */
export function stableRoot(nid: u32, checksum: u32): usize {
  return rootsOf(nid, checksum).stableSlot;
}

export function unstableRoot(nid: u32, checksum: u32): usize {
  return rootsOf(nid, checksum).unstableSlot;
}

/**
 * The key of a KSM frame's node: the checksum in hash order; in content order the page's first four bytes, which never change, as the
 * number by which memcmp would order them.
 */
export function stableKey(frame: u32, checksum: u32): u32 {
  return isHashOrder() ? checksum : pagePrefix(frame);
}

/** Order by key against a stable node: 0 where bytes must decide. */
export function orderByKey(key: u32, node: TreeNode): i32 {
  const other = node.key;
  return key == other ? 0 : key < other ? -1 : 1;
}

/** The same against a page in the unstable tree, whose first bytes may have changed: in content order bytes always decide. */
export function orderByChecksum(checksum: u32, item: TreeNode): i32 {
  return isHashOrder() ? orderByKey(checksum, item) : 0;
}

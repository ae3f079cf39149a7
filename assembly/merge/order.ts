/**
 * The two orders of the trees, chosen at creation, behind one tree code.
 *
 * content: as Linux orders them, by memcmp over current bytes; one tree for each NUMA node of a domain.
 * hash:    by the page's checksum. Its upper bits pick one of many roots, so that a tree is a few nodes deep at any size, and
 *          only pages of equal checksum are compared as bytes. A node's place is fixed when it is inserted, so pages that
 *          change afterwards mislead nobody but those with the same checksum. The salt of the domain says which root, and which
 *          side of a node; checksums are not salted, so that they mean the same in every domain.
 */
import { setting } from '../base/count';
import { H_MERGE_ACROSS_NODES, INDEX_HASH, ROOT_BYTES, treeKey } from '../layout';
import { frameNid } from '../memory/frames';
import { compareByHash, comparePages, equalPages, pagePrefix } from '../page/page';
import { Domain } from '../records/domain';
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
export function rootsOf(domain: Domain, nid: u32, checksum: u32): Roots {
  const count = domain.rootCount;
  if (!ASC_NO_ASSERT) {
    assert(count != 0);
    assert(nid < header.nidCount);
  }
  const index = nid * count + <u32>((<u64>treeKey(domain.salt, checksum) * count) >> 32);
  return recordAt<Roots>(domain.roots + <usize>index * ROOT_BYTES);
}

/** Root slot of the stable tree in which a page with this checksum belongs. */
export function stableRoot(domain: Domain, nid: u32, checksum: u32): usize {
  return rootsOf(domain, nid, checksum).stableSlot;
}

export function unstableRoot(domain: Domain, nid: u32, checksum: u32): usize {
  return rootsOf(domain, nid, checksum).unstableSlot;
}

/** Root record number `index` of all that there is room for. A domain's are in a row; those of no domain are 0. */
export function rootsAt(index: u32): Roots {
  if (!ASC_NO_ASSERT) assert(index < header.rootLimit);
  return recordAt<Roots>(header.roots + <usize>index * ROOT_BYTES);
}

/**
 * The key of a KSM frame's node: the checksum in hash order; in content order the page's first four bytes, which never change, as the
 * number by which memcmp would order them.
 */
export function stableKey(frame: u32, checksum: u32): u32 {
  return isHashOrder() ? checksum : pagePrefix(frame);
}

/** Order by key against a node of the domain's trees: 0 if bytes must decide. */
export function orderByKey(domain: Domain, key: u32, node: TreeNode): i32 {
  const other = node.key;
  if (key == other) return 0;
  return treeKey(domain.salt, key) < treeKey(domain.salt, other) ? -1 : 1;
}

/** The same against a page in the unstable tree. In content order bytes always decide, because its first ones may have changed. */
export function orderByChecksum(domain: Domain, checksum: u32, item: TreeNode): i32 {
  return isHashOrder() ? orderByKey(domain, checksum, item) : 0;
}

/**
 * Order of the page in `frame`, whose first bytes are known (pagePrefix), against the one in `other`. The first bytes mostly decide, so
 * each step of a search in content order looks at one word of a page (bench/scan, unique, content order).
 */
export function orderByBytes(prefix: u32, frame: u32, other: u32): i32 {
  const its = pagePrefix(other);
  return prefix == its ? comparePages(frame, other) : prefix < its ? -1 : 1;
}

/**
 * Order of two pages with one checksum, of which any may have changed since; without a look at them if `other` is `known`, a frame that is
 * known to equal `frame` (0: none is).
 */
export function orderByHash(known: u32, frame: u32, other: u32): i32 {
  if (other != known) return compareByHash(frame, other);
  if (!ASC_NO_ASSERT) assert(equalPages(frame, other));
  return 0;
}

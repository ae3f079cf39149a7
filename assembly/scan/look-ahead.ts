/**
 * Between fingerprint and decide, in hash order: touches what the decisions on a window will need, all pages at once.
 *
 * A decision is a chain of dependent loads (root, nodes, the partner's page), each of them a cache miss that can cost as much
 * as hashing a page. The chains of different pages do not depend on each other, so walking all of them one step at a time
 * lets the misses overlap. Nothing is decided or changed here, and what is foreseen wrongly costs only time. Earned by
 * bench/scan: merging passes gain a third, the first building of the tree a tenth.
 */
import {
  H_LOOK_AHEAD,
  H_STABLE_ROOTS,
  H_UNSTABLE_ROOTS,
  ITEM_CHECKSUM,
  LOOK_AHEAD,
  NODE_FRAME,
  NODE_IS_CHAIN,
  PTE_FRAME,
  RB_KEY,
  RB_LEFT,
  RB_RIGHT,
  STATE_DISPLACED,
  STATE_MUST_SEARCH,
  STATE_UNSTABLE,
  WINDOW_CHECKSUMS,
  WINDOW_COUNT,
  WINDOW_ENTRIES,
  WINDOW_KIND,
  WINDOW_ORDINARY,
} from '../layout';
import { pteOf } from '../memory/tables';
import { nodeHas } from '../merge/node';
import { isHashOrder, stableRoot, treeNid, unstableRoot } from '../merge/order';
import { entryOf, itemOf, stateOf } from '../merge/rmap';

/** Reads ahead for `window`. The sum of what was read is stored, so that no compiler finds the reading useless. */
export function lookAhead(window: usize): void {
  if (!isHashOrder()) return;
  const searches = listSearches(window);
  if (searches == 0) return;
  findPartners(searches);
  let sum: u32 = 0;
  for (let index: u32 = 0; index < searches; index++) {
    const frame: usize = load<u32>(LOOK_AHEAD + (index << 3));
    if (frame == 0) continue;
    sum += load<u32>(frame) + load<u32>(frame, 64) + load<u32>(frame, 128) + load<u32>(frame, 192);
  }
  store<u32>(H_LOOK_AHEAD, load<u32>(H_LOOK_AHEAD) + sum);
}

/** Notes {stable root slot, checksum} of each page that will search, and touches both its roots. Returns how many there are. */
function listSearches(window: usize): u32 {
  const count = load<u32>(window, WINDOW_COUNT);
  let searches: u32 = 0;
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const entry = load<u32>(window + (index << 2), WINDOW_ENTRIES);
    const checksum = load<u32>(window + (index << 2), WINDOW_CHECKSUMS);
    if (!willSearch(entry, checksum)) continue;
    const nid = treeNid(pteOf(entry) & PTE_FRAME);
    const slot = stableRoot(nid, checksum);
    sum += load<u32>(slot) + load<u32>(unstableRoot(nid, checksum));
    store<u32>(LOOK_AHEAD + (searches << 3), <u32>slot);
    store<u32>(LOOK_AHEAD + (searches << 3), checksum, 4);
    searches++;
  }
  store<u32>(H_LOOK_AHEAD, sum);
  return searches;
}

/** Is it an ordinary page that has not changed since the last pass, and is not in the unstable tree yet? */
function willSearch(entry: u32, checksum: u32): bool {
  if ((entry & WINDOW_KIND) != WINDOW_ORDINARY) return false;
  if ((stateOf(entry) & (STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH)) == STATE_UNSTABLE) return false;
  return load<u32>(itemOf(entry), ITEM_CHECKSUM) == checksum;
}

/** Puts the frame with which each of the noted pages will be compared in the place of its note; 0 where there seems to be none. */
function findPartners(searches: u32): void {
  const toUnstable: usize = load<u32>(H_UNSTABLE_ROOTS) - load<u32>(H_STABLE_ROOTS);
  for (let index: u32 = 0; index < searches; index++) {
    const slot: usize = load<u32>(LOOK_AHEAD + (index << 3));
    const checksum = load<u32>(LOOK_AHEAD + (index << 3), 4);
    const stable = nodeWithKey(slot, checksum);
    const unstable = stable == 0 ? nodeWithKey(slot + toUnstable, checksum) : 0;
    let frame: u32 = 0;
    if (unstable != 0) frame = pteOf(entryOf(unstable)) & PTE_FRAME;
    else if (stable != 0 && !nodeHas(stable, NODE_IS_CHAIN)) frame = load<u32>(stable, NODE_FRAME);
    store<u32>(LOOK_AHEAD + (index << 3), frame);
  }
}

function nodeWithKey(slot: usize, checksum: u32): usize {
  let node: usize = load<u32>(slot);
  while (node != 0) {
    const key = load<u32>(node, RB_KEY);
    if (key == checksum) break;
    node = load<u32>(node + (checksum < key ? RB_LEFT : RB_RIGHT));
  }
  return node;
}

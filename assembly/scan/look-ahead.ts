/**
 * Between fingerprint and decide, in hash order: touches what the decisions on a window will need, all pages at once.
 *
 * A decision is a chain of dependent loads (root, node, the partner's page), each of them a cache miss that can cost as much
 * as hashing a page. The chains of different pages do not depend on each other, so walking all of them one step at a time
 * lets the misses overlap. Nothing is decided or changed here. Earned by bench/scan, merging passes.
 */
import {
  H_LOOK_AHEAD,
  ITEM_CHECKSUM,
  NODE_FRAME,
  PTE_FRAME,
  RB_KEY,
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
import { isHashOrder, stableRoot, treeNid, unstableRoot } from '../merge/order';
import { entryOf, itemOf, stateOf } from '../merge/rmap';

/** Reads ahead for `window`. The sum of what was read is stored, so that no compiler finds the reading useless. */
export function lookAhead(window: usize): void {
  if (!isHashOrder()) return;
  const count = load<u32>(window, WINDOW_COUNT);
  let sum: u32 = 0;
  let searching: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    if (!willSearch(window, index)) continue;
    searching++;
    const checksum = checksumAt(window, index);
    const nid = treeNid(pteOf(entryAt(window, index)) & PTE_FRAME);
    sum += load<u32>(stableRoot(nid, checksum)) + load<u32>(unstableRoot(nid, checksum));
  }
  if (searching == 0) return;
  for (let index: u32 = 0; index < count; index++) {
    const met = firstMet(window, index);
    if (met != 0) sum += load<u32>(met, RB_KEY);
  }
  for (let index: u32 = 0; index < count; index++) sum += partnerPage(window, index);
  store<u32>(H_LOOK_AHEAD, sum);
}

function entryAt(window: usize, index: u32): u32 {
  return load<u32>(window + (index << 2), WINDOW_ENTRIES);
}

function checksumAt(window: usize, index: u32): u32 {
  return load<u32>(window + (index << 2), WINDOW_CHECKSUMS);
}

/** Is it an ordinary page that has not changed since the last pass, and is not in the unstable tree yet? */
function willSearch(window: usize, index: u32): bool {
  const entry = entryAt(window, index);
  if ((entry & WINDOW_KIND) != WINDOW_ORDINARY) return false;
  if ((stateOf(entry) & (STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH)) == STATE_UNSTABLE) return false;
  return load<u32>(itemOf(entry), ITEM_CHECKSUM) == checksumAt(window, index);
}

/** The topmost node of the tree in which the page will search first: stable, or else unstable. 0: both are empty. */
function firstMet(window: usize, index: u32): usize {
  if (!willSearch(window, index)) return 0;
  const nid = treeNid(pteOf(entryAt(window, index)) & PTE_FRAME);
  const stable: usize = load<u32>(stableRoot(nid, checksumAt(window, index)));
  return stable != 0 ? stable : <usize>load<u32>(unstableRoot(nid, checksumAt(window, index)));
}

/** First lines of the page with which the page at `index` will be compared, if that can be foreseen. */
function partnerPage(window: usize, index: u32): u32 {
  const met = firstMet(window, index);
  const checksum = checksumAt(window, index);
  if (met == 0 || load<u32>(met, RB_KEY) != checksum) return 0;
  const nid = treeNid(pteOf(entryAt(window, index)) & PTE_FRAME);
  const isStable = load<u32>(stableRoot(nid, checksum)) != 0;
  const frame: usize = isStable ? load<u32>(met, NODE_FRAME) : pteOf(entryOf(met)) & PTE_FRAME;
  return frame == 0 ? 0 : load<u32>(frame) + load<u32>(frame, 64) + load<u32>(frame, 128) + load<u32>(frame, 192);
}

/**
 * Between fingerprint and decide, in hash order: touches what the decisions on a window will need, all pages at once.
 *
 * A decision is a chain of dependent loads (root, nodes, the partner's page), each of them a cache miss that can cost as much
 * as hashing a page. The chains of different pages do not depend on each other, so walking all of them one step at a time
 * lets the misses overlap. Nothing is decided or changed here, and what is foreseen wrongly costs only time. Earned by
 * bench/scan: merging passes gain a third, the first building of the tree a tenth.
 */
import {
  H_FRAME_WORDS,
  H_FRAMES,
  H_LOOK_AHEAD,
  ITEM_CHECKSUM,
  LOOK_AHEAD,
  NODE_FRAME,
  NODE_IS_CHAIN,
  PAGE_SHIFT,
  PAGE_SIZE,
  PTE_FRAME,
  PTE_PRESENT,
  RB_KEY,
  RB_LEFT,
  RB_RIGHT,
  RECENT,
  RECENT_FRAMES,
  ROOT_STABLE,
  ROOT_UNSTABLE,
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
import { isHashOrder, rootsOf, treeNid } from '../merge/order';
import { entryOf, itemOf, stateOf } from '../merge/rmap';
import { descend } from './descend';

/** Notes for each thing of `window` with which frame it will be compared, and touches what leads there. False where none will be. */
export function lookAhead(window: usize): bool {
  const count = load<u32>(window, WINDOW_COUNT);
  if (listSearches(window, count) == 0) return false;
  if (isHashOrder()) return findPartners(count);
  descend(window, count);
  return false;
}

/**
 * Reads the pages with which things [from, to) of the window at hand will be compared, one load a line: so many more lines are under
 * way at once than while comparing. What was read last is not read again, as a content that is found often is still at hand.
 */
export function fetchPartners(from: u32, to: u32): void {
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const frame: usize = load<u32>(LOOK_AHEAD + (index << 3));
    if (frame == 0) continue;
    const recent = RECENT + (((frame >> PAGE_SHIFT) & (RECENT_FRAMES - 1)) << 2);
    if (load<u32>(recent) == frame) continue;
    store<u32>(recent, <u32>frame);
    for (let i: usize = 0; i < PAGE_SIZE; i += 256) {
      sum += load<u32>(frame + i) + load<u32>(frame + i, 64) + load<u32>(frame + i, 128) + load<u32>(frame + i, 192);
    }
  }
  store<u32>(H_LOOK_AHEAD, load<u32>(H_LOOK_AHEAD) + sum);
}

/** Notes {address of its roots, checksum} of each page that will search, 0 of others, and touches the roots. Returns how many search. */
function listSearches(window: usize, count: u32): u32 {
  let searches: u32 = 0;
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const entry = load<u32>(window + (index << 2), WINDOW_ENTRIES);
    const checksum = load<u32>(window + (index << 2), WINDOW_CHECKSUMS);
    let roots: usize = 0;
    if (willSearch(entry, checksum)) {
      roots = rootsOf(treeNid(pteOf(entry) & PTE_FRAME), checksum);
      sum += load<u32>(roots);
      store<u32>(LOOK_AHEAD + (index << 3), checksum, 4);
      searches++;
    }
    store<u32>(LOOK_AHEAD + (index << 3), <u32>roots);
  }
  store<u32>(H_LOOK_AHEAD, load<u32>(H_LOOK_AHEAD) + sum);
  return searches;
}

/** Is it an ordinary page that has not changed since the last pass, and is not in the unstable tree yet? */
function willSearch(entry: u32, checksum: u32): bool {
  if ((entry & WINDOW_KIND) != WINDOW_ORDINARY || !(pteOf(entry) & PTE_PRESENT)) return false;
  const isInTree = (stateOf(entry) & (STATE_UNSTABLE | STATE_DISPLACED | STATE_MUST_SEARCH)) == STATE_UNSTABLE;
  if (isInTree && isHashOrder()) return false;
  return load<u32>(itemOf(entry), ITEM_CHECKSUM) == checksum;
}

/**
 * Puts the frame with which each of the noted pages will be compared in the place of its note, 0 where there seems to be none, and touches
 * its first lines, so that its translation is at hand.
 */
function findPartners(count: u32): bool {
  let found = false;
  let sum: u32 = 0;
  const words: usize = load<u32>(H_FRAME_WORDS);
  const frames: usize = load<u32>(H_FRAMES);
  for (let index: u32 = 0; index < count; index++) {
    const roots: usize = load<u32>(LOOK_AHEAD + (index << 3));
    if (roots == 0) continue;
    const checksum = load<u32>(LOOK_AHEAD + (index << 3), 4);
    const stable = nodeWithKey(roots + ROOT_STABLE, checksum);
    const unstable = stable == 0 ? nodeWithKey(roots + ROOT_UNSTABLE, checksum) : 0;
    let frame: u32 = 0;
    if (unstable != 0) {
      const entry = entryOf(unstable);
      frame = pteOf(entry) & PTE_FRAME;
      sum += stateOf(entry);
    } else if (stable != 0 && !nodeHas(stable, NODE_IS_CHAIN)) frame = load<u32>(stable, NODE_FRAME);
    store<u32>(LOOK_AHEAD + (index << 3), frame);
    if (frame == 0) continue;
    sum += load<u32>(frame) + load<u32>(frame, 64) + load<u32>(frame, 128) + load<u32>(frame, 192);
    sum += load<u32>(words + (((frame - frames) >> PAGE_SHIFT) << 2)); // merging looks at it
    found = true;
  }
  store<u32>(H_LOOK_AHEAD, load<u32>(H_LOOK_AHEAD) + sum);
  return found;
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

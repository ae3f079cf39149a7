/**
 * Between fingerprinting and deciding, in hash order: touches what the decisions on a window will need, all pages at once.
 *
 * A decision is a chain of dependent loads (root, nodes, the partner's page), each of them a cache miss that can cost as much
 * as hashing a page. The chains of different pages do not depend on each other, so walking all of them one step at a time
 * lets the misses overlap. Nothing is decided or changed here, and what is foreseen wrongly costs only time. Earned by
 * bench/scan: merging passes gain a third, the first building of the tree a tenth.
 */
import {
  H_FRAME_WORDS,
  H_FRAMES,
  ITEM_CHECKSUM,
  NODE_FRAME,
  NODE_IS_CHAIN,
  PAGE_SHIFT,
  PAGE_SIZE,
  PTE_FRAME,
  PTE_PRESENT,
  RB_KEY,
  RB_LEFT,
  RB_RIGHT,
  RECENT_FRAMES,
  ROOT_STABLE,
  ROOT_UNSTABLE,
  TURN_ORDINARY,
} from '../layout';
import { pteOf } from '../memory/tables';
import { isAtPlace } from '../merge/candidate';
import { nodeHas } from '../merge/node';
import { isHashOrder, rootsOf, treeNid } from '../merge/order';
import { entryOf, itemOf, stateOf } from '../merge/rmap';
import { Scanner, Window } from '../records/scanner';
import { descend } from './descend';
import { noteOf, recentOf } from './scanner';
import { checksumAt, turnAt, turnEntry, turnKind } from './window';

/** Notes for each turn of `window` with which frame it will be compared, and touches what leads there. False where none will be. */
export function lookAhead(scanner: Scanner, window: Window): bool {
  if (listSearches(scanner, window) == 0) return false;
  if (isHashOrder()) return findPartners(scanner, window.count);
  descend(scanner, window);
  return false;
}

/**
 * Reads the pages with which turns [from, to) of the window at hand will be compared, one load a line: so many more lines are under
 * way at once than while comparing. What was read last is not read again, as a content that is found often is still at hand.
 */
export function fetchPartners(scanner: Scanner, from: u32, to: u32): void {
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const frame: usize = load<u32>(noteOf(scanner, index));
    if (frame == 0) continue;
    const recent = recentOf(scanner, <u32>(frame >> PAGE_SHIFT) & (RECENT_FRAMES - 1));
    if (load<u32>(recent) == frame) continue;
    store<u32>(recent, <u32>frame);
    for (let i: usize = 0; i < PAGE_SIZE; i += 256) {
      sum += load<u32>(frame + i) + load<u32>(frame + i, 64) + load<u32>(frame + i, 128) + load<u32>(frame + i, 192);
    }
  }
  scanner.sink += sum;
}

/** Notes {address of its roots, checksum} of each page that will search, 0 of others, and touches the roots. Returns how many search. */
function listSearches(scanner: Scanner, window: Window): u32 {
  const count = window.count;
  let searches: u32 = 0;
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const turn = turnAt(window, index);
    const checksum = checksumAt(window, index);
    let roots: usize = 0;
    if (willSearch(turn, checksum)) {
      roots = rootsOf(treeNid(pteOf(turnEntry(turn)) & PTE_FRAME), checksum);
      sum += load<u32>(roots);
      store<u32>(noteOf(scanner, index), checksum, 4);
      searches++;
    }
    store<u32>(noteOf(scanner, index), <u32>roots);
  }
  scanner.sink += sum;
  return searches;
}

/** Is it an ordinary page that has not changed since the last pass, and is not in the unstable tree yet? */
function willSearch(turn: u32, checksum: u32): bool {
  const entry = turnEntry(turn);
  if (turnKind(turn) != TURN_ORDINARY || !(pteOf(entry) & PTE_PRESENT)) return false;
  if (isAtPlace(stateOf(entry)) && isHashOrder()) return false;
  return load<u32>(itemOf(entry), ITEM_CHECKSUM) == checksum;
}

/**
 * Puts the frame with which each of the noted pages will be compared in the place of its note, 0 where there seems to be none, and touches
 * its first lines, so that its translation is at hand.
 */
function findPartners(scanner: Scanner, count: u32): bool {
  let found = false;
  let sum: u32 = 0;
  const words: usize = load<u32>(H_FRAME_WORDS);
  const frames: usize = load<u32>(H_FRAMES);
  for (let index: u32 = 0; index < count; index++) {
    const roots: usize = load<u32>(noteOf(scanner, index));
    if (roots == 0) continue;
    const checksum = load<u32>(noteOf(scanner, index), 4);
    const stable = nodeWithKey(roots + ROOT_STABLE, checksum);
    const unstable = stable == 0 ? nodeWithKey(roots + ROOT_UNSTABLE, checksum) : 0;
    let frame: u32 = 0;
    if (unstable != 0) {
      const entry = entryOf(unstable);
      frame = pteOf(entry) & PTE_FRAME;
      sum += stateOf(entry);
    } else if (stable != 0 && !nodeHas(stable, NODE_IS_CHAIN)) frame = load<u32>(stable, NODE_FRAME);
    store<u32>(noteOf(scanner, index), frame);
    if (frame == 0) continue;
    sum += load<u32>(frame) + load<u32>(frame, 64) + load<u32>(frame, 128) + load<u32>(frame, 192);
    sum += load<u32>(words + (((frame - frames) >> PAGE_SHIFT) << 2)); // merging looks at it
    found = true;
  }
  scanner.sink += sum;
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

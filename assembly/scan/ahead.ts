/**
 * Between fingerprinting and deciding: touches what the decisions on a window will need, many pages at once.
 *
 * A decision is a chain of dependent loads (root, nodes, the partner's page), each of them a cache miss that can cost as much
 * as hashing a page. The chains of different pages do not depend on each other, so walking all of them one step at a time
 * lets the misses overlap. Nothing is decided or changed here, and what is foreseen wrongly costs only time. Earned by
 * bench/scan: merging passes gain a third, the first building of the tree a tenth.
 *
 * A helper may do this for one window while the trees change, because the scanner decides on the other (scan/meet). So what is found in
 * them is looked at before it is used as a number of something, and no walk goes on for ever. An address in a link is always that of a
 * record.
 */
import { rbAt, rbLink } from '../base/rb';
import { NODE_IS_CHAIN, TURN_CLEAN, TURN_ORDINARY } from '../layout';
import { wordOf } from '../memory/frame-words';
import { frameOfPte, isPresent } from '../memory/pte';
import { pteOf } from '../memory/tables';
import { isAtPlace } from '../merge/candidate';
import { nodeHas } from '../merge/node';
import { isHashOrder, orderByKey, rootsOf, treeNid } from '../merge/order';
import { entryOf, itemOf, stateOf } from '../merge/rmap';
import { touchPage } from '../page/page';
import { Domain } from '../records/domain';
import { header } from '../records/header';
import { Item, Node } from '../records/node';
import { addressOf, none } from '../records/record';
import { Roots } from '../records/roots';
import { Window } from '../records/scanner';
import { TreeNode } from '../records/tree-node';
import { checksumAt, noteOf, turnAt, turnEntry, turnKind } from './window';

/** Nodes of a tree that are passed at most: as many as no sound tree has from its root to a leaf. */
const STEPS_MAX: u32 = 64;

/** Notes which of turns [from, to) of `window` will search. A note is {roots, checksum}; 0: it will not. False if none will. */
export function noteSearches(domain: Domain, window: Window, from: u32, to: u32): bool {
  let found: bool = false;
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    if (!willSearch(window, index)) {
      store<u32>(note, 0);
      continue;
    }
    const entry = turnEntry(turnAt(window, index));
    const checksum = itemOf(entry).checksum;
    store<u32>(note, addressOf(rootsOf(domain, treeNid(frameOfPte(pteOf(entry))), checksum)));
    store<u32>(note, checksum, 4);
    found = true;
  }
  return found;
}

/** Is turn `index` that of an ordinary page that is as it was in the last pass, and does not stay where it is in the unstable tree? */
function willSearch(window: Window, index: u32): bool {
  const turn = turnAt(window, index);
  const entry = turnEntry(turn);
  if (!isPresent(pteOf(entry)) || (isAtPlace(stateOf(entry)) && isHashOrder())) return false;
  if (turnKind(turn) == TURN_ORDINARY) return itemOf(entry).checksum == checksumAt(window, index);
  return turnKind(turn) == TURN_CLEAN;
}

/**
 * In hash order: replaces each note of turns [from, to) by the frame with which the page will be compared, 0 if there seems to be none.
 * Touches what merging will look at and, if `readsPages`, the first lines of that frame, so that its translation is at hand. False if no
 * page will be compared.
 *
 * Each step is a loop of its own, because a processor overlaps the misses of as many turns as it has instructions under way.
 */
export function findPartners(domain: Domain, window: Window, from: u32, to: u32, readsPages: bool): bool {
  touchRoots(window, from, to);
  if (!noteFrames(domain, window, from, to)) return false;
  touchFrames(window, from, to, readsPages);
  return true;
}

function touchRoots(window: Window, from: u32, to: u32): void {
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const roots = rbAt<Roots>(noteOf(window, index));
    if (roots) sum += addressOf(roots.stable);
  }
  window.sink = sum;
}

/** Replaces each note by a frame. False if there is none. */
function noteFrames(domain: Domain, window: Window, from: u32, to: u32): bool {
  let found: bool = false;
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    const roots = rbAt<Roots>(note);
    if (!roots) continue;
    const checksum = load<u32>(note, 4);
    let frame: u32 = 0;
    const stable = changetype<Node>(nodeWithKey(domain, roots.stable, checksum));
    if (stable) {
      frame = frameOfNode(stable);
    } else {
      const entry = entryWithKey(domain, roots, checksum);
      if (entry != 0) {
        frame = frameOfPte(pteOf(entry));
        sum += stateOf(entry);
      }
    }
    if (frame >= header.frameLimit) frame = 0;
    store<u32>(note, frame);
    if (frame != 0) found = true;
  }
  window.sink = sum;
  return found;
}

function touchFrames(window: Window, from: u32, to: u32, readsPages: bool): void {
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const frame = load<u32>(noteOf(window, index));
    if (frame == 0) continue;
    sum += wordOf(frame);
    if (readsPages) sum += touchPage(frame);
  }
  window.sink = sum;
}

/** The frame of a node, or of a chain's first dup, with which mostly all that the chain stands for is compared; 0 if it has none. */
function frameOfNode(node: Node): u32 {
  const dup = nodeHas(node, NODE_IS_CHAIN) ? node.firstDup : node;
  return dup ? dup.frame : 0;
}

/** The entry whose item has key `checksum` in the unstable tree, or 0. */
function entryWithKey(domain: Domain, roots: Roots, checksum: u32): u32 {
  const item = changetype<Item>(nodeWithKey(domain, roots.unstable, checksum));
  const entry = item ? entryOf(item) : 0;
  return entry < header.pteRecords ? entry : 0;
}

/** The node with key `checksum` in the tree under `node`, or none. */
function nodeWithKey(domain: Domain, node: TreeNode, checksum: u32): TreeNode {
  for (let steps: u32 = 0; node && steps < STEPS_MAX; steps++) {
    const order = orderByKey(domain, checksum, node);
    if (order == 0) return node;
    node = rbAt<TreeNode>(rbLink(node, order < 0));
  }
  return none<TreeNode>();
}

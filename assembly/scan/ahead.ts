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
import { NODE_IS_CHAIN, TURN_ORDINARY } from '../layout';
import { wordOf } from '../memory/frame-words';
import { frameOfPte, isPresent } from '../memory/pte';
import { pteOf } from '../memory/tables';
import { isAtPlace } from '../merge/candidate';
import { nodeHas } from '../merge/node';
import { isHashOrder, orderByKey, rootsOf, treeNid } from '../merge/order';
import { entryOf, itemOf, stateOf } from '../merge/rmap';
import { fetchPage, touchPage } from '../page/page';
import { Domain } from '../records/domain';
import { header } from '../records/header';
import { Item, Node } from '../records/node';
import { addressOf, none } from '../records/record';
import { Roots } from '../records/roots';
import { Window } from '../records/scanner';
import { TreeNode } from '../records/tree-node';
import { checksumAt, noteOf, recentOf, turnAt, turnEntry, turnKind } from './window';

/** Nodes of a tree that are passed at most: as many as no sound tree has from its root to a leaf. */
const STEPS_MAX: u32 = 64;

/**
 * Notes which of turns [from, to) of `window` will search, and touches the roots of their trees. A note is {roots, checksum}; 0: it will
 * not. False if none will.
 */
export function noteSearches(domain: Domain, window: Window, from: u32, to: u32): bool {
  let found: bool = false;
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    const turn = turnAt(window, index);
    const checksum = checksumAt(window, index);
    if (!willSearch(turn, checksum)) {
      store<u32>(note, 0);
      continue;
    }
    const roots = rootsOf(domain, treeNid(frameOfPte(pteOf(turnEntry(turn)))), checksum);
    store<u32>(note, addressOf(roots));
    store<u32>(note, checksum, 4);
    sum += addressOf(roots.stable);
    found = true;
  }
  window.sink = sum;
  return found;
}

/** Is it an ordinary page that has not changed since the last pass, and will not stay where it is in the unstable tree? */
function willSearch(turn: u32, checksum: u32): bool {
  const entry = turnEntry(turn);
  if (turnKind(turn) != TURN_ORDINARY || !isPresent(pteOf(entry))) return false;
  if (isAtPlace(stateOf(entry)) && isHashOrder()) return false;
  return itemOf(entry).checksum == checksum;
}

/**
 * In hash order: replaces each note of turns [from, to) by the frame with which the page will be compared, 0 if there seems to be none.
 * Touches what merging will look at and, if `readsPages`, the first lines of that frame, so that its translation is at hand. False if no
 * page will be compared.
 */
export function findPartners(domain: Domain, window: Window, from: u32, to: u32, readsPages: bool): bool {
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
    if (frame == 0) continue;
    sum += wordOf(frame);
    if (readsPages) sum += touchPage(frame);
    found = true;
  }
  window.sink = sum;
  return found;
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

/**
 * Reads the pages with which turns [from, to) of `window` will be compared, one load a line. So far more lines are under way at
 * once than while comparing. One that was read just before is not read again, because a content that is found often is still at hand.
 */
export function fetchPartners(window: Window, from: u32, to: u32): void {
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const frame = load<u32>(noteOf(window, index));
    if (frame == 0) continue;
    const recent = recentOf(window, index, frame);
    if (load<u32>(recent) == frame) continue;
    store<u32>(recent, frame);
    sum += fetchPage(frame);
  }
  window.sink = sum;
}

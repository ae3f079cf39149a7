/**
 * Between fingerprinting and deciding, in hash order: touches what the decisions on a window will need, all pages at once.
 *
 * A decision is a chain of dependent loads (root, nodes, the partner's page), each of them a cache miss that can cost as much
 * as hashing a page. The chains of different pages do not depend on each other, so walking all of them one step at a time
 * lets the misses overlap. Nothing is decided or changed here, and what is foreseen wrongly costs only time. Earned by
 * bench/scan: merging passes gain a third, the first building of the tree a tenth.
 */
import { rbAt, rbLink } from '../base/rb';
import { NODE_IS_CHAIN, RECENT_FRAMES } from '../layout';
import { wordOf } from '../memory/frame-words';
import { frameOfPte } from '../memory/pte';
import { pteOf } from '../memory/tables';
import { nodeHas } from '../merge/node';
import { isHashOrder, orderByKey, rootsOf, treeNid } from '../merge/order';
import { entryOf, stateOf } from '../merge/rmap';
import { fetchPage, touchPage } from '../page/page';
import { Domain } from '../records/domain';
import { Item, Node } from '../records/node';
import { addressOf, none } from '../records/record';
import { Roots } from '../records/roots';
import { Scanner, Window } from '../records/scanner';
import { TreeNode } from '../records/tree-node';
import { descend } from './descend';
import { noteOf, recentOf } from './scanner';

/** Notes that the page of turn `index`, which has this checksum, will search, and touches the roots of its trees. */
export function noteSearch(domain: Domain, scanner: Scanner, index: u32, entry: u32, checksum: u32): void {
  const note = noteOf(scanner, index);
  const roots = rootsOf(domain, treeNid(frameOfPte(pteOf(entry))), checksum);
  store<u32>(note, addressOf(roots));
  store<u32>(note, checksum, 4);
  scanner.sink += addressOf(roots.stable);
}

/** Notes that turn `index` will not search. */
export function noteNoSearch(scanner: Scanner, index: u32): void {
  store<u32>(noteOf(scanner, index), 0);
}

/**
 * For each turn of `window` that is noted to search: replaces the note by the frame with which the page will be compared, and touches what
 * leads there. False if none will be compared.
 */
export function lookAhead(domain: Domain, scanner: Scanner, window: Window): bool {
  if (isHashOrder()) return findPartners(domain, scanner, window.count);
  descend(domain, scanner, window);
  return false;
}

/**
 * Reads the pages with which turns [from, to) of the window at hand will be compared, one load a line. So far more lines are under way at
 * once than while comparing. What was read last is not read again, because a content that is found often is still at hand.
 */
export function fetchPartners(scanner: Scanner, from: u32, to: u32): void {
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const frame = load<u32>(noteOf(scanner, index));
    if (frame == 0) continue;
    const recent = recentOf(scanner, frame & (RECENT_FRAMES - 1));
    if (load<u32>(recent) == frame) continue;
    store<u32>(recent, frame);
    sum += fetchPage(frame);
  }
  scanner.sink += sum;
}

/**
 * Replaces each note by the frame with which the page will be compared, 0 if there seems to be none. Touches the first lines of that frame,
 * so that its translation is at hand.
 */
function findPartners(domain: Domain, scanner: Scanner, count: u32): bool {
  let found = false;
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const roots = rbAt<Roots>(noteOf(scanner, index));
    if (!roots) continue;
    const checksum = load<u32>(noteOf(scanner, index), 4);
    const stable = changetype<Node>(nodeWithKey(domain, roots.stable, checksum));
    const unstable = stable ? none<Item>() : changetype<Item>(nodeWithKey(domain, roots.unstable, checksum));
    let frame: u32 = 0;
    if (unstable) {
      const entry = entryOf(unstable);
      frame = frameOfPte(pteOf(entry));
      sum += stateOf(entry);
    } else if (stable && !nodeHas(stable, NODE_IS_CHAIN)) frame = stable.frame;
    store<u32>(noteOf(scanner, index), frame);
    if (frame == 0) continue;
    sum += touchPage(frame) + wordOf(frame); // merging looks at it
    found = true;
  }
  scanner.sink += sum;
  return found;
}

/** The node with key `checksum` in the tree under `node`, or none. */
function nodeWithKey(domain: Domain, node: TreeNode, checksum: u32): TreeNode {
  while (node) {
    const order = orderByKey(domain, checksum, node);
    if (order == 0) break;
    node = rbAt<TreeNode>(rbLink(node, order < 0));
  }
  return node;
}

/**
 * Look-ahead for content order: all pages of a window go down the trees together, one level at a time.
 *
 * A search in one large tree is a chain of dependent loads, three to a level in the unstable tree (node, pte, page), and nearly
 * each of them a cache miss. The searches of a window do not depend on each other, so taking them level by level lets their misses
 * overlap (Para-ksm, USENIX ATC '25). The searches that decide come afterwards, and find everything at hand. Nothing is decided or
 * changed here: the trees change while the window is decided on, and what is foreseen wrongly costs only time. Earned by bench/scan.
 */

import { rbAt, rbLink } from '../base/rb';
import { isConcurrent, isLockWanted } from '../concurrent/workers';
import { frameOfPte } from '../memory/pte';
import { pteOf } from '../memory/tables';
import { nodeIsChain } from '../merge/node';
import { orderByKey, stableRoot, treeNid, unstableRoot } from '../merge/order';
import { entryOf } from '../merge/rmap';
import { comparePages, pagePrefix } from '../page/page';
import { Domain } from '../records/domain';
import { Item, Node } from '../records/node';
import { Window } from '../records/scanner';
import { noteOf, turnAt, turnEntry } from './window';

/** A note is {where the search stands, the page's prefix}; 0: below the last node of a tree; NOWHERE: it has ended. */
const NOWHERE: u32 = 1;

function frameAt(window: Window, index: u32): u32 {
  return frameOfPte(pteOf(turnEntry(turnAt(window, index))));
}

/** Goes down both trees of `domain` for those of turns [from, to) whose note is not 0. */
export function descend(domain: Domain, window: Window, from: u32, to: u32): void {
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    let at = NOWHERE;
    if (load<u32>(note) != 0) {
      const frame = frameAt(window, index);
      at = load<u32>(stableRoot(domain, treeNid(frame), 0));
      store<u32>(note, pagePrefix(frame), 4);
    }
    store<u32>(note, at);
  }
  while (stableLevel(domain, window, from, to)) {
    if (isHurried()) return;
  }
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    if (load<u32>(note) == 0) store<u32>(note, load<u32>(unstableRoot(domain, treeNid(frameAt(window, index)), 0)));
  }
  while (unstableLevel(window, from, to)) {
    if (isHurried()) return;
  }
}

/** Does a guest wait for the lock? Then it is not kept waiting for what is only foresight. */
function isHurried(): bool {
  return isConcurrent() && isLockWanted();
}

/** One step down the stable tree for every search that is in it. False if none is. */
function stableLevel(domain: Domain, window: Window, from: u32, to: u32): bool {
  let goesOn = false;
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    if (load<u32>(note) <= NOWHERE) continue;
    const node = rbAt<Node>(note);
    goesOn = true;
    let order = orderByKey(domain, load<u32>(note, 4), node);
    if (order == 0) {
      const dup = nodeIsChain(node) ? node.firstDup : node;
      const frame = dup ? dup.frame : 0;
      order = frame == 0 ? 0 : comparePages(frameAt(window, index), frame);
    }
    store<u32>(note, order == 0 ? NOWHERE : load<u32>(rbLink(node, order < 0)));
  }
  return goesOn;
}

/** The same for the unstable tree, whose nodes have no keys: a look at the page decides. */
function unstableLevel(window: Window, from: u32, to: u32): bool {
  let goesOn = false;
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    if (load<u32>(note) <= NOWHERE) continue;
    const item = rbAt<Item>(note);
    goesOn = true;
    const frame = frameOfPte(pteOf(entryOf(item)));
    let order = 0;
    if (frame != 0) {
      const key = load<u32>(note, 4);
      const other = pagePrefix(frame);
      order = key == other ? comparePages(frameAt(window, index), frame) : key < other ? -1 : 1;
    }
    store<u32>(note, order == 0 ? NOWHERE : load<u32>(rbLink(item, order < 0)));
  }
  return goesOn;
}

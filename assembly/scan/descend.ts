/**
 * Look-ahead for content order: all pages of a window go down the trees together, one level at a time.
 *
 * A search in one large tree is a chain of dependent loads, three to a level in the unstable tree (node, pte, page), and nearly
 * each of them a cache miss. The searches of a window do not depend on each other, so taking them level by level lets their misses
 * overlap (Para-ksm, USENIX ATC '25). The searches that decide come afterwards, and find everything at hand. Nothing is decided or
 * changed here: the trees change while the window is decided on, and what is foreseen wrongly costs only time. Earned by bench/scan.
 *
 * The first bytes of pages tell the way. A page with the same ones is mostly the partner, and there the way ends: to compare it here would
 * read it twice.
 */

import { rbAt, rbLink } from '../base/rb';
import { isConcurrent, isLockWanted } from '../concurrent/workers';
import { frameOfPte } from '../memory/pte';
import { pteOf } from '../memory/tables';
import { nodeIsChain } from '../merge/node';
import { orderByKey, stableRoot, treeNid, unstableRoot } from '../merge/order';
import { entryOf } from '../merge/rmap';
import { pagePrefix, touchPage } from '../page/page';
import { Domain } from '../records/domain';
import { Item, Node } from '../records/node';
import { Window } from '../records/scanner';
import { noteOf, turnAt, turnEntry } from './window';

/**
 * A note is {where the search stands, the page's prefix, frame there, prefix of that page}; the last two in the unstable tree only. It
 * stands at 0: below the last node of a tree; NOWHERE: it has ended.
 */
const NOWHERE: u32 = 1;
const NOTE_FRAME: u32 = 8;
const NOTE_PREFIX: u32 = 12;

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
  let sum: u32 = 0;
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    if (load<u32>(note) <= NOWHERE) continue;
    const node = rbAt<Node>(note);
    goesOn = true;
    sum += node.flags; // the search looks at each node that it passes, and half of them lie in two lines
    const order = orderByKey(domain, load<u32>(note, 4), node);
    if (order != 0) {
      store<u32>(note, load<u32>(rbLink(node, order < 0)));
      continue;
    }
    store<u32>(note, NOWHERE);
    const dup = nodeIsChain(node) ? node.firstDup : node;
    if (dup && dup.frame != 0) sum += touchPage(dup.frame);
  }
  window.sink = sum;
  return goesOn;
}

/**
 * The same for the unstable tree, whose nodes have no keys: a look at the page decides. Ptes, pages and nodes in a loop each, because a
 * processor overlaps the misses of as many searches as it has instructions under way.
 */
function unstableLevel(window: Window, from: u32, to: u32): bool {
  if (!noteFrames(window, from, to)) return false;
  notePrefixes(window, from, to);
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    if (load<u32>(note) <= NOWHERE) continue;
    const key = load<u32>(note, 4);
    const other = load<u32>(note, NOTE_PREFIX);
    const ends = load<u32>(note, NOTE_FRAME) == 0 || key == other;
    store<u32>(note, ends ? NOWHERE : load<u32>(rbLink(rbAt<Item>(note), key < other)));
  }
  return true;
}

/** Notes the frames of the nodes that searches have come to. False if none is in the tree. */
function noteFrames(window: Window, from: u32, to: u32): bool {
  let found = false;
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    if (load<u32>(note) <= NOWHERE) continue;
    store<u32>(note, frameOfPte(pteOf(entryOf(rbAt<Item>(note)))), NOTE_FRAME);
    found = true;
  }
  return found;
}

function notePrefixes(window: Window, from: u32, to: u32): void {
  for (let index = from; index < to; index++) {
    const note = noteOf(window, index);
    if (load<u32>(note) <= NOWHERE) continue;
    const frame = load<u32>(note, NOTE_FRAME);
    if (frame != 0) store<u32>(note, pagePrefix(frame), NOTE_PREFIX);
  }
}

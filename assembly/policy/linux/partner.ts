/**
 * One page's turn: has it changed since it was seen last? If not, a partner of the same content is looked for, in the stable tree
 * and then in the unstable one, and the page merges with it.
 */

import { setting } from '../../base/count';
import { isLocked } from '../../concurrent/lock';
import { H_USE_ZERO_PAGES, NODE_MIGRATING, PTE_MERGED, STATE_ITEM, STATE_STABLE } from '../../layout';
import { frameOfPte } from '../../memory/pte';
import { pteOf, pteSet } from '../../memory/tables';
import { isCandidate } from '../../merge/candidate';
import { entryChecksum } from '../../merge/checksum';
import { domainNumber, entryDomain } from '../../merge/domain';
import { nodeHas, nodeNid, nodeWait } from '../../merge/node';
import { isHashOrder, treeNid } from '../../merge/order';
import { itemAppend, itemOf, itemUnlink, stateOf } from '../../merge/rmap';
import { isFound, STABLE_FULL, stableNodeOf, stableSearch, stableSortIn } from '../../merge/stable';
import { mergeInto, mergeIntoZero, mergeTwo } from '../../merge/swing';
import { pageChecksum } from '../../page/page';
import { Domain } from '../../records/domain';
import { header } from '../../records/header';
import { Node } from '../../records/node';
import { unstableConfirm, unstableSearchOrInsert, unstableStays } from './unstable';

/** Compares and merges a page of any kind, which is of `domain`; its hash is computed if it is needed. */
export function mergeAnyPage(domain: Domain, entry: u32): void {
  const frame = frameOfPte(pteOf(entry));
  const node = stableNodeOf(frame);
  if (!ASC_NO_ASSERT) expectTurn(domain, entry, frame);
  if (node) {
    mergeKsmPage(domain, entry, frame, node);
    return;
  }
  itemUnlink(entry);
  mergeOrdinaryPage(domain, entry, frame, entryChecksum(entry), 0);
}

/**
 * Compares and merges a page whose frame is not KSM's, whose item is not STABLE, and whose checksum is known. `known`: a frame that is
 * known to equal it, or 0.
 */
export function mergeOrdinaryPage(domain: Domain, entry: u32, frame: u32, checksum: u32, known: u32): void {
  const item = itemOf(entry);
  if (!ASC_NO_ASSERT) {
    expectTurn(domain, entry, frame);
    assert(!stableNodeOf(frame));
    assert(!(stateOf(entry) & STATE_STABLE));
  }
  if (item.checksum != checksum) {
    itemUnlink(entry);
    item.checksum = checksum; // volatile: changed since it was last seen, or never seen
    return;
  }
  const isZero = setting(H_USE_ZERO_PAGES) != 0 && checksum == header.zeroChecksum;
  const state = stateOf(entry);
  if (!isZero && unstableStays(state)) {
    unstableConfirm(entry, state);
    return;
  }
  itemUnlink(entry);
  if (isZero && mergeIntoZero(entry, frame)) return;
  const target = stableSearch(domain, frame, checksum, known);
  if (isFound(target)) {
    if (mergeInto(entry, frame, target)) itemAppend(entry, target);
    return;
  }
  findPartner(domain, entry, frame, checksum, known, target == STABLE_FULL);
}

/** The page is a candidate, of the domain in which it is looked for. */
function expectTurn(domain: Domain, entry: u32, frame: u32): void {
  assert(isLocked());
  assert(stateOf(entry) & STATE_ITEM);
  assert(isCandidate(pteOf(entry)));
  assert(frameOfPte(pteOf(entry)) == frame);
  assert(entryDomain(entry) == domainNumber(domain));
}

/**
 * The page maps the frame of stable node `node`. Mostly fork has copied the mapping, and the item only has to be hung on the node. If the
 * frame has moved to another NUMA node, the stable node waits to be sorted in there.
 */
function mergeKsmPage(domain: Domain, entry: u32, frame: u32, node: Node): void {
  if (!nodeHas(node, NODE_MIGRATING) && treeNid(frame) != nodeNid(node)) nodeWait(node);
  const waits = nodeHas(node, NODE_MIGRATING);
  if (!waits && hangsOn(entry, node)) {
    pteSet(entry, pteOf(entry) | PTE_MERGED); // its frame had moved to another NUMA node
    return;
  }
  const checksum = waits ? pageChecksum(frame) : 0; // only to search for
  const target = waits ? stableSortIn(node, checksum) : node;
  if (target == node && hangsOn(entry, node)) return;
  itemUnlink(entry);
  if (!isFound(target)) {
    if (isHashOrder()) itemOf(entry).checksum = checksum; // its key
    findPartner(domain, entry, frame, checksum, 0, true);
  } else if (mergeInto(entry, frame, target)) {
    itemAppend(entry, target);
  }
}

function hangsOn(entry: u32, node: Node): bool {
  return (stateOf(entry) & STATE_STABLE) != 0 && itemOf(entry).node == node;
}

/** Looks for a partner in the unstable tree. `isFull`: the stable tree has the content, but takes no more pages. */
function findPartner(domain: Domain, entry: u32, frame: u32, checksum: u32, known: u32, isFull: bool): void {
  const partner = unstableSearchOrInsert(domain, entry, frame, checksum, known, isFull);
  if (partner != 0) mergeTwo(domain, entry, frame, partner, checksum);
}

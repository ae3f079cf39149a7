/**
 * Faults of one line in functions that change a tree, a list, a count or a pte. Each is named by its function and the code that it
 * changes, so that it is still found when files and lines have moved; one whose code is gone has to be found anew (faults.test.ts).
 */

export interface Fault {
  /** Of assembly/; there is one of this name. */
  readonly within: string;
  /** Once in it. */
  readonly code: string;
  /** What it becomes; nothing: the code is left out. */
  readonly becomes: string;
}

/** Code that each function forgets. */
const FORGOTTEN: Readonly<Record<string, readonly string[]>> = {
  // trees
  rbInsert: ['repairRed(node);'],
  rbErase: ['if (lostBlack) repairBlack(hole, holeParent);', 'paintAs(successor, node);'],
  rbReplace: ['if (left) setParent(left, fresh);'],
  rotateLeft: ['if (b) setParent(b, x);'],
  repairRed: ['paintBlack(uncle);'],
  takePlace: ['if (successor) successor.above = (above & ~RB_BLACK) | (successor.above & RB_BLACK);'],
  eraseIfIn: ['node.above = 0;'],
  dupLeave: ['eraseIfIn(room.byItems);'],
  dupEnter: ['insertByItems(fullestSlot(chain), room);'],
  dupItemsChanged: ['insertByItems(slot, room);'],
  displace: ['stateSet(entry, stateOf(entry) | STATE_DISPLACED);'],
  // lists and arenas
  listAdd: ['if (first) first.dupPrev = node;'],
  listRemove: ['if (next) next.dupPrev = previous;'],
  arenaTake: ['list.used++;', 'memory.fill(record, 0, bytes);'],
  arenaGive: ['list.used--;', 'list.first = address;'],
  unlink: ['next.slotPrev = previous;'],
  // frames
  frameAlloc: ['count(H_FRAMES_USED, 1);'],
  takeFrom: ['list.used++;'],
  takeRun: ['list.used += FOLIO_FRAMES;'],
  giveBack: ['list.used--;', 'header.framesUsed--;'],
  release: ['folioSet(frame, folio - 1);'],
  folioDissolve: ['folioSet(frame, 0);'],
  frameMove: ['if (keeper) keeper.frame = target;'],
  keeperLose: ['keeper.frame = 0;', 'if (keeper.flags & KEEPER_TOLD) lostAdd(keeper);'],
  lostHear: [
    'if (node.flags & NODE_IS_DUP) dupGoesStale(node);',
    'if (node.flags & NODE_ORPHAN) arenaGive(freeNodes, node);',
  ],
  pinDrop: ['if (dropsForDma) countForDma(-1);'],
  // items
  itemCreate: ['leafHold(entry);'],
  itemFree: ['leafDrop(entry);', 'mm.rmapItems--;'],
  itemUnlink: ['count(H_PAGES_UNSHARED, -1);', 'if (isTreeNode(state)) rbErase(itemOf(entry));'],
  unlinkStable: ['if (next) next.prev = previous;', 'if (node.flags & NODE_IS_DUP) dupItemsChanged(node);'],
  itemLeavesNode: ['pteSet(entry, pteUnmerged(pteOf(entry)));', 'entryMm(entry).mergingPages--;'],
  itemAppend: ['if (head) head.prev = item;', 'stateSet(entry, stateOf(entry) | STATE_STABLE);'],
  // stable nodes
  dupAdd: ['count(H_STABLE_NODE_DUPS, 1);'],
  dupRemove: ['dupLeave(node);', 'nodeFlag(node, NODE_IS_DUP, 0);'],
  dupMoveToFront: ['takeFirstPlace(chain, dup);'],
  nodeQueue: ['nodeFlag(node, 0, NODE_MIGRATING);'],
  nodeDelete: ['nodeUnlink(node);'],
  chainFree: ['count(H_STABLE_NODE_CHAINS, -1);'],
  // ptes
  mergeInto: ['frameGet(target);'],
  mergeIntoZero: ['countMergedZero(entryMm(entry), 1);'],
  ownCopy: ['framePut(shared);', 'if (isMergedZero(pte)) countMergedZero(mm, -1);'],
  zap: ['leafDrop(entry);'],
  readFault: ['leafHold(made);'],
  mapObject: ['frameGet(frame);'],
  // vmas
  vmaInsert: ['if (object) object.refs++;'],
  vmaRemove: ['mm.vmaCount--;'],
  // domains
  mergeTwo: ['itemUnlink(partner);', 'node.domain = domainNumber(domain);'],
  chainMake: ['chain.domain = node.domain;'],
  windowTakes: ['if (window.count != 0) return false;'],
  exit: ['if (vma.domain) itemsForget(mm, vma.start, vma.end);'],
  munmap: ['if (vma.domain) itemsForget(mm, vma.start, vma.end);'],
  leave: ['itemForget(entry);'],
  nodeRebuild: ['node.domain = domain;'],
};

/** Code that is another. */
const CHANGED: readonly Fault[] = [
  { within: 'eraseWithOneChild', code: 'paintBlack(child);', becomes: 'paintRed(child);' },
  { within: 'collapse', code: 'rbReplace(chain, last);', becomes: 'rbErase(chain);' },
  { within: 'frameKeep', code: 'wordOf(frame) & FRAME_COUNT_MASK', becomes: '1' },
  {
    within: 'itemAppend',
    code: 'count(head ? H_PAGES_SHARING : H_PAGES_SHARED, 1)',
    becomes: 'count(H_PAGES_SHARING, 1)',
  },
  { within: 'mergeTwo', code: 'pteSet(entry, pteProtected(pte) & ~PTE_DIRTY)', becomes: 'pteSet(entry, pte)' },
  {
    within: 'isSharedFrame',
    code: 'frameIsKsm(frame) || (wordOf(frame) & FRAME_COUNT_MASK) > 1',
    becomes: 'frameIsKsm(frame)',
  },
  { within: 'pinTake', code: 'pins + (isForDma ? ONE_FOR_DMA : 1)', becomes: 'pins + 1' },
];

export const FAULTS: readonly Fault[] = [
  ...Object.entries(FORGOTTEN).flatMap(([within, codes]) => codes.map((code) => ({ within, code, becomes: '' }))),
  ...CHANGED,
];

export function nameOf({ within, code, becomes }: Fault): string {
  return `${within}: ${code}${becomes === '' ? ' is left out' : ` becomes ${becomes}`}`;
}

/**
 * Stable nodes: in the trees, in chains, on the waiting list; and the items that hang on them. Nodes whose frame is
 * gone (stale) stay until somebody meets them: they have a key, but no bytes, and a chain may have lost all its dups.
 */
import * as layout from '../../../assembly/layout/index.ts';
import { type Domain, domainsOf, rootIndexOf } from '../domains.ts';
import { meet } from './arena.ts';
import { eachTree, expectDomain } from './domains.ts';
import { checkNodeFrame } from './frames.ts';
import { checkRooms } from './rooms.ts';
import { broken } from './rules.ts';
import { walkTree } from './tree.ts';
import type { Walk } from './walk.ts';

const { NODE_DUP_NEXT, NODE_DUP_PREV, NODE_FRAME, NODE_HEAD, NODE_IS_CHAIN, NODE_IS_DUP, NODE_KEY, NODE_LEN } = layout;
const { NODE_FLAGS, NODE_MIGRATING, NODE_NID_SHIFT, NODE_ORPHAN, treeKey } = layout;

const PLACE_FLAGS = NODE_IS_CHAIN | NODE_IS_DUP | NODE_MIGRATING | NODE_ORPHAN;

/** Where a node was met: the tree of a NUMA node in a domain, and the number of its root among those of that domain. */
interface Place {
  readonly domain: Domain;
  readonly nid: number;
  readonly root: number;
}

/** Walks all stable nodes but orphans; needs checked pages. */
export function checkStable(walk: Walk): void {
  for (const domain of domainsOf(walk)) {
    eachTree(walk.engine, domain, layout.ROOT_STABLE, (address, root) => {
      checkTree(walk, address, { domain, nid: Math.floor(root / domain.rootCount), root });
    });
  }
  checkList(walk, layout.H_MIGRATE_NODES, (node) => {
    checkFlags(walk, node, NODE_MIGRATING);
    checkNid(walk, node, walk.u32(node + NODE_FLAGS) >>> NODE_NID_SHIFT);
    expectDomain(walk.engine, walk.u32(node + layout.NODE_DOMAIN), () => walk.nameOf(node));
    checkFrameNode(walk, node);
  });
  checkAllListed(walk);
}

function checkTree(walk: Walk, slotAddress: number, place: Place): void {
  let lastKey = 0;
  let lastFrame = 0; // of the last node that has bytes, if that has the same key
  const tree = {
    words: walk.words,
    meet: (node: number): void => void meet(walk.nodes, node, 'the stable tree at root', place.root),
    pass(node: number): void {
      const key = treeKey(place.domain.salt, walk.u32(node + NODE_KEY));
      if (key < lastKey)
        broken('stable.order', `${walk.nameOf(node)} has tree key ${key}, the one before it ${lastKey}`);
      if (key !== lastKey) lastFrame = 0;
      lastKey = key;
      const frame = checkTreeNode(walk, node, place);
      if (frame === 0) return;
      if (lastFrame !== 0 && walk.compare(lastFrame, frame) >= 0) {
        broken('stable.order', `the bytes of ${walk.nameOf(node)} are not above those of the node before it`);
      }
      lastFrame = frame;
    },
  };
  walkTree(tree, slotAddress);
}

/** Returns the frame that stands for the node in a comparison, 0 if it has none left. */
function checkTreeNode(walk: Walk, node: number, place: Place): number {
  const isChain = (walk.u32(node + NODE_FLAGS) & NODE_IS_CHAIN) !== 0;
  checkFlags(walk, node, isChain ? NODE_IS_CHAIN : 0);
  checkNid(walk, node, place.nid);
  checkDomain(walk, node, place.domain.number);
  checkRoot(walk, node, place);
  if (isChain) return checkChain(walk, node, place);
  checkFrameNode(walk, node);
  return walk.u32(node + NODE_FRAME);
}

function checkFlags(walk: Walk, node: number, expected: number): void {
  const flags = walk.u32(node + NODE_FLAGS) & PLACE_FLAGS;
  if (flags !== expected) broken('node.flags', `${walk.nameOf(node)} has flags ${flags}, its place wants ${expected}`);
}

function checkNid(walk: Walk, node: number, place: number): void {
  const nid = walk.u32(node + NODE_FLAGS) >>> NODE_NID_SHIFT;
  const nids = walk.mergesAcrossNodes ? 1 : walk.u32(layout.H_NID_COUNT);
  if (nid !== place || nid >= nids) {
    broken('node.nid', `${walk.nameOf(node)} is of NUMA node ${nid}, in a tree of ${place} of ${nids}`);
  }
}

function checkChain(walk: Walk, chain: number, place: Place): number {
  walk.chains++;
  const items = walk.u32(chain + NODE_LEN);
  const maps = walk.u32(chain + layout.NODE_MAPS);
  if (items !== 0 || maps !== 0) broken('chain.bare', `${walk.nameOf(chain)} counts ${items} items and ${maps} ptes`);
  const key = walk.u32(chain + NODE_KEY);
  const dups: number[] = [];
  let standing = 0;
  checkList(walk, chain + NODE_HEAD, (dup) => {
    walk.dups++;
    checkFlags(walk, dup, NODE_IS_DUP);
    checkNid(walk, dup, place.nid);
    checkDomain(walk, dup, place.domain.number);
    checkFrameNode(walk, dup);
    const frame = walk.u32(dup + NODE_FRAME);
    const isAlike = standing === 0 || frame === 0 || walk.compare(standing, frame) === 0;
    if (walk.u32(dup + layout.NODE_CHAIN) !== chain || walk.u32(dup + NODE_KEY) !== key || !isAlike) {
      broken('chain.dups', `${walk.nameOf(dup)} does not fit ${walk.nameOf(chain)}`);
    }
    if (frame !== 0) standing = frame;
    dups.push(dup);
  });
  checkRooms(walk, chain, dups);
  return standing;
}

/** Walks a list of nodes whose first is in the word at `head`. */
function checkList(walk: Walk, head: number, visit: (node: number) => void): void {
  let previous = 0;
  for (let node = walk.u32(head); node !== 0; node = walk.u32(node + NODE_DUP_NEXT)) {
    meet(walk.nodes, node, 'the list of nodes at', head);
    const back = walk.u32(node + NODE_DUP_PREV);
    if (back !== previous) broken('node.list', `${walk.nameOf(node)} links back to ${back} instead of ${previous}`);
    visit(node);
    previous = node;
  }
}

/** A node that can have a frame and items. */
function checkFrameNode(walk: Walk, node: number): void {
  checkNodeFrame(walk, node);
  checkKey(walk, node);
  checkItems(walk, node);
}

function checkItems(walk: Walk, node: number): void {
  let previous = 0;
  let length = 0;
  for (let item = walk.u32(node + NODE_HEAD); item !== 0; item = walk.u32(item + layout.ITEM_NEXT)) {
    const entry = walk.entryOf(item);
    if (entry === -1 || walk.linked[entry] !== 0 || walk.u32(item + layout.ITEM_PREV) !== previous) {
      broken('item.list', `${walk.nameOf(node)} has in its list, behind ${previous}, address ${item}`);
    }
    if (!(walk.stateOf(entry) & layout.STATE_STABLE) || walk.u32(item + layout.ITEM_NODE) !== node) {
      broken('item.node', `${walk.nameOf(node)} lists ${walk.whereIs(entry)}, which does not hang on it`);
    }
    walk.linked[entry] = 1;
    previous = item;
    length++;
  }
  const counted = walk.u32(node + NODE_LEN);
  if (counted !== length) broken('node.len', `${walk.nameOf(node)} counts ${counted} items, but ${length} hang on it`);
  if (length === 0) return;
  walk.sharedNodes++;
  walk.sharingItems += length - 1;
}

/** In hash order: the key gives the root. */
function checkRoot(walk: Walk, node: number, { domain, nid, root }: Place): void {
  const due = nid * domain.rootCount + rootIndexOf(domain, walk.u32(node + NODE_KEY));
  if (walk.isHashOrder && due !== root) {
    broken('stable.root', `${walk.nameOf(node)} is at root ${root} of domain ${domain.number}, its key wants ${due}`);
  }
}

function checkDomain(walk: Walk, node: number, domain: number): void {
  const own = walk.u32(node + layout.NODE_DOMAIN);
  if (own !== domain) broken('domain.apart', `${walk.nameOf(node)} of domain ${own} is in a tree of ${domain}`);
}

/** The frame's content, which cannot change, gives the key. */
function checkKey(walk: Walk, node: number): void {
  const frame = walk.u32(node + NODE_FRAME);
  if (frame === 0) return;
  const expected = walk.isHashOrder ? walk.checksumOf(frame) : prefixOf(walk, frame);
  const key = walk.u32(node + NODE_KEY);
  if (key !== expected) broken('stable.key', `${walk.nameOf(node)} has key ${key}, its frame wants ${expected}`);
}

/** The first four bytes of a page as the number that they are in big-endian; of a name its upper half. */
function prefixOf({ engine }: Walk, frame: number): number {
  const place = engine.frames.placeOf(frame);
  if (engine.frames.areNames) return engine.u32(place + 4);
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, engine.u32(place), true);
  return view.getUint32(0, false);
}

function checkAllListed(walk: Walk): void {
  if (walk.sharedNodes + walk.sharingItems === walk.stable) return;
  const entry = walk.linked.findIndex((mark, at) => mark === 0 && (walk.stateOf(at) & layout.STATE_STABLE) !== 0);
  broken('item.listed', `${walk.whereIs(entry)} is STABLE, but in no list`);
}

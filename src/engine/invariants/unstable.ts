/**
 * The unstable trees. In content order they last one pass, and between passes what their roots hold means nothing:
 * the next pass empties them before it looks. In hash order nodes stay from pass to pass until they are taken out or
 * displaced. Bytes have no order that must hold, since pages change while they are in the tree; keys do not change.
 */
import * as layout from '../../../assembly/layout/index.ts';
import { broken } from './rules.ts';
import { walkTree } from './tree.ts';
import type { Walk } from './walk.ts';

const { STATE_DISPLACED, STATE_SEQ, STATE_UNSTABLE } = layout;

/** Has an item with this state to be in an unstable tree? */
export function isInTree(walk: Walk, state: number): boolean {
  if ((state & (STATE_UNSTABLE | STATE_DISPLACED)) !== STATE_UNSTABLE) return false;
  return walk.isHashOrder || (state & STATE_SEQ) === walk.seq;
}

/** Walks the unstable trees; needs checked pages. */
export function checkUnstable(walk: Walk): void {
  if (walk.isBetweenPasses && !walk.isHashOrder) return;
  const slots = walk.u32(layout.H_ROOTS) + layout.ROOT_UNSTABLE;
  const count = walk.u32(layout.H_ROOT_COUNT) * walk.u32(layout.H_NID_COUNT);
  let found = 0;
  for (let slot = 0; slot < count; slot++) {
    const address = slots + slot * layout.ROOT_BYTES;
    if (walk.u32(address) !== 0) found += checkTree(walk, address, slot);
  }
  if (found === walk.treeItems) return;
  const entry = walk.linked.findIndex((mark, at) => mark === 0 && isInTree(walk, walk.stateOf(at)));
  broken('unstable.members', `${walk.whereIs(entry)} is UNSTABLE, but in no tree`);
}

/** Returns how many items are in the tree. */
function checkTree(walk: Walk, slotAddress: number, slot: number): number {
  const roots = walk.u32(layout.H_ROOT_COUNT);
  let found = 0;
  let lastKey = 0;
  const tree = {
    words: walk.words,
    meet(item: number): void {
      const entry = walk.entryOf(item);
      if (entry === -1 || walk.linked[entry] !== 0 || !isInTree(walk, walk.stateOf(entry))) {
        broken('unstable.members', `root ${slot} leads to address ${item}, which is no tree item not yet met`);
      }
      walk.linked[entry] = 1;
      found++;
    },
    pass(item: number): void {
      const key = walk.u32(item + layout.ITEM_CHECKSUM);
      const root = Math.floor((key * roots) / 2 ** 32);
      if (walk.isHashOrder && (key < lastKey || root !== slot % roots)) {
        broken('unstable.order', `${walk.whereIs(walk.entryOf(item))} has key ${key}, the one before it ${lastKey}`);
      }
      lastKey = key;
    },
  };
  walkTree(tree, slotAddress);
  return found;
}

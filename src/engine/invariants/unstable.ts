/**
 * The unstable trees. Between passes what their roots hold means nothing: the next pass empties them before it looks. Bytes have no
 * order that must hold, since pages change while they are in the tree; keys do not change.
 */
import * as layout from '../../../assembly/layout.ts';
import { broken } from './rules.ts';
import { walkTree } from './tree.ts';
import type { Walk } from './walk.ts';

const { STATE_SEQ, STATE_UNSTABLE } = layout;

/** Walks the unstable trees; needs checked pages. */
export function checkUnstable(walk: Walk): void {
  if (walk.isBetweenPasses) return;
  const slots = walk.engine.u32(layout.H_UNSTABLE_ROOTS);
  const count = walk.engine.u32(layout.H_ROOT_COUNT) * walk.engine.u32(layout.H_NID_COUNT);
  let found = 0;
  for (let slot = 0; slot < count; slot++) {
    if (walk.u32(slots + slot * 4) !== 0) found += checkTree(walk, slots + slot * 4, slot);
  }
  if (found === walk.unstableNow) return;
  const entry = walk.linked.findIndex((mark, at) => mark === 0 && isNow(walk, at));
  broken('unstable.members', `${walk.whereIs(entry)} is UNSTABLE, but in no tree`);
}

function isNow(walk: Walk, entry: number): boolean {
  const state = walk.stateOf(entry);
  return (state & STATE_UNSTABLE) !== 0 && (state & STATE_SEQ) === walk.seq;
}

/** Returns how many items are in the tree. */
function checkTree(walk: Walk, slotAddress: number, slot: number): number {
  let found = 0;
  let lastKey = 0;
  const tree = {
    words: walk.words,
    meet(item: number): void {
      const entry = walk.entryOf(item);
      if (entry === -1 || walk.linked[entry] !== 0 || !isNow(walk, entry)) {
        broken('unstable.members', `root ${slot} leads to address ${item}, which is no item of this pass not yet met`);
      }
      walk.linked[entry] = 1;
      found++;
    },
    pass(item: number): void {
      const key = walk.u32(item + layout.ITEM_CHECKSUM);
      if (walk.isHashOrder && key < lastKey) {
        broken('unstable.order', `${walk.whereIs(walk.entryOf(item))} has key ${key}, the one before it ${lastKey}`);
      }
      lastKey = key;
    },
  };
  walkTree(tree, slotAddress);
  return found;
}

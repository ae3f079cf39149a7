/**
 * The unstable trees. In content order they last one pass, and between passes what their roots hold means nothing:
 * the next pass empties them before it looks. In hash order nodes stay from pass to pass until they are taken out or
 * displaced. Bytes have no order that must hold, since pages change while they are in the tree; keys do not change.
 */
import * as layout from '../../../assembly/layout/index.ts';
import { type Domain, domainsOf, rootIndexOf } from '../domains.ts';
import { eachTree } from './domains.ts';
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
  let found = 0;
  for (const domain of domainsOf(walk)) {
    eachTree(walk.engine, domain, layout.ROOT_UNSTABLE, (address, root) => {
      found += checkTree(walk, address, domain, root);
    });
  }
  if (found === walk.treeItems) return;
  const entry = walk.linked.findIndex((mark, at) => mark === 0 && isInTree(walk, walk.stateOf(at)));
  broken('unstable.members', `${walk.whereIs(entry)} is UNSTABLE, but in no tree`);
}

/** Returns how many items are in the tree at root number `root` of a domain. */
function checkTree(walk: Walk, slotAddress: number, domain: Domain, root: number): number {
  let found = 0;
  let lastKey = 0;
  const tree = {
    words: walk.words,
    meet(item: number): void {
      const entry = walk.entryOf(item);
      if (entry === -1 || walk.linked[entry] !== 0 || !isInTree(walk, walk.stateOf(entry))) {
        broken('unstable.members', `root ${root} leads to address ${item}, which is no tree item not yet met`);
      }
      const own = walk.domainOf(entry);
      if (own !== domain.number) {
        broken('domain.apart', `${walk.whereIs(entry)} of domain ${own} is in a tree of ${domain.number}`);
      }
      walk.linked[entry] = 1;
      found++;
    },
    pass(item: number): void {
      const checksum = walk.u32(item + layout.ITEM_CHECKSUM);
      const key = layout.treeKey(domain.salt, checksum);
      const isAtRoot = rootIndexOf(domain, checksum) === root % domain.rootCount;
      if (walk.isHashOrder && (key < lastKey || !isAtRoot)) {
        broken(
          'unstable.order',
          `${walk.whereIs(walk.entryOf(item))} has tree key ${key}, the one before it ${lastKey}`,
        );
      }
      lastKey = key;
    },
  };
  walkTree(tree, slotAddress);
  return found;
}

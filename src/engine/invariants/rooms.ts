/**
 * What a chain knows of its dups: places fall along the list, and its trees hold those with room and the stale ones, each in its
 * order (assembly/merge/dups.ts). A dup that has just lost its frame
 * is where it was, until merging hears of it.
 */
import * as layout from '../../../assembly/layout/index.ts';
import { broken } from './rules.ts';
import { walkTree } from './tree.ts';
import type { Walk } from './walk.ts';

const { RB_PARENT, ROOM_BY_ITEMS, ROOM_PLACE } = layout;

/** `dups` are those of `chain`, in the order of its list. */
export function checkRooms(walk: Walk, chain: number, dups: readonly number[]): void {
  const room = (node: number): number => walk.rooms + (node - walk.nodes.base);
  const place = (dup: number): number => walk.u32(room(dup) + ROOM_PLACE);
  const items = (dup: number): number => walk.u32(dup + layout.NODE_LEN);
  const isStale = (dup: number): boolean => walk.u32(dup + layout.NODE_FRAME) === 0 && !walk.lost.has(dup);
  const limit = walk.u32(layout.H_MAX_PAGE_SHARING);
  for (const [at, dup] of dups.entries()) {
    const before = dups[at - 1];
    if (before !== undefined && place(before) <= place(dup)) {
      broken(
        'chain.places',
        `${walk.nameOf(dup)} has place ${place(dup)}, ${walk.nameOf(before)} before it ${place(before)}`,
      );
    }
  }
  const withRoom = dups.filter((dup) => !isStale(dup) && items(dup) !== 0 && items(dup) < limit);
  const byPlace = withRoom.map(room);
  const byItems = withRoom
    .slice()
    .sort((a, b) => items(b) - items(a))
    .map((dup) => room(dup) + ROOM_BY_ITEMS);
  const stale = dups.filter(isStale).map(room);
  const trees = [
    ['ROOM_WITH_ROOM', layout.ROOM_WITH_ROOM, byPlace],
    ['ROOM_FULLEST', layout.ROOM_FULLEST, byItems],
    ['ROOM_STALE', layout.ROOM_STALE, stale],
  ] as const;
  for (const [name, root, expected] of trees)
    checkTree(walk, `${name} of ${walk.nameOf(chain)}`, room(chain) + root, expected);
  const members = new Set([...byPlace, ...stale, ...byItems]);
  for (const dup of dups) {
    for (const node of [room(dup), room(dup) + ROOM_BY_ITEMS]) {
      if (!members.has(node) && walk.u32(node + RB_PARENT) !== 0) {
        broken('chain.rooms', `${walk.nameOf(dup)} is in a tree of ${walk.nameOf(chain)} where it does not belong`);
      }
    }
  }
}

/** `expected` are the nodes of the tree in its order. */
function checkTree(walk: Walk, name: string, slot: number, expected: readonly number[]): void {
  const members = new Set(expected);
  const found: number[] = [];
  const tree = {
    words: walk.words,
    meet(node: number): void {
      if (!members.delete(node)) broken('chain.rooms', `${name} leads to address ${node}, which is none of its dups`);
    },
    pass: (node: number): void => void found.push(node),
  };
  walkTree(tree, slot);
  const at = expected.findIndex((node, index) => found[index] !== node);
  if (at !== -1) broken('chain.rooms', `${name} has ${found[at] ?? 'nothing'} where ${expected[at]} should be`);
}

/**
 * Nodes whose frame has gone, and that merging has not heard of yet (assembly/merge/lost): dups, which are in their chain's trees as they
 * were before, and orphans, to which nothing else leads any more.
 */
import * as layout from '../../../assembly/layout/index.ts';
import { meet, numberOf } from './arena.ts';
import { broken } from './rules.ts';
import type { Walk } from './walk.ts';

/** Fills in `walk.lost`, which the check of chains needs. */
export function checkLostNodes(walk: Walk): void {
  const { rooms, lost } = walk;
  for (
    let node = walk.u32(layout.H_LOST);
    node !== 0;
    node = walk.u32(rooms + node - walk.nodes.base + layout.ROOM_LOST_NEXT)
  ) {
    const isNode = numberOf(walk.nodes, node) !== -1;
    const kind = isNode ? walk.u32(node + layout.NODE_FLAGS) & layout.KEEPER_TOLD : 0;
    if (kind === 0 || lost.has(node) || walk.u32(node + layout.NODE_FRAME) !== 0) {
      broken(
        'node.lost',
        `the list of lost nodes has address ${node}: no dup or orphan without a frame, or one that it had before`,
      );
    }
    lost.add(node);
    if (kind === layout.NODE_ORPHAN) meet(walk.nodes, node, 'the list of lost nodes at', layout.H_LOST);
  }
}

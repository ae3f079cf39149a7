/**
 * Nodes whose frame has gone since somebody looked. The machine frees a frame and cannot call anybody (memory/kept), so it leaves its node
 * on a list. The list is gone through here, before chains are asked for their dups and before nodes are taken or given back. A dup comes to
 * its chain's stale ones. An orphan becomes free, because nothing leads to it any more. A regular node is not listed, because whoever meets
 * it sees that it is stale.
 */
import { arenaGive } from '../base/arena';
import { NODE_IS_DUP, NODE_ORPHAN } from '../layout';
import { freeNodes } from '../records/free-list';
import { header } from '../records/header';
import { Keeper, lostNext } from '../records/keeper';
import { Node } from '../records/node';
import { none } from '../records/record';
import { dupGoesStale } from './dups';

export function lostHear(): void {
  for (let lost = header.lost, next = none<Keeper>(); lost; lost = next) {
    next = lostNext(lost);
    const node = changetype<Node>(lost);
    if (node.flags & NODE_IS_DUP) dupGoesStale(node);
    if (node.flags & NODE_ORPHAN) arenaGive(freeNodes, node);
  }
  header.lost = none<Keeper>();
}

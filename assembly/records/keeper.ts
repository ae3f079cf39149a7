/**
 * What the machine knows of a stable node: a record that counts the references to a frame, in place of the frame's word (memory/kept).
 */
import { ROOM_LOST_NEXT } from '../layout';
import { header } from './header';
import { addressOf, recordAt } from './record';
import { TreeNode } from './tree-node';

@unmanaged
export class Keeper extends TreeNode {
  /** The frame; 0: gone. */
  frame: u32;
  /** References to it. */
  maps: u32;
  /** KEEPER_TOLD: its owner wants to hear when the frame goes. The other bits are the owner's. */
  flags: u32;

  /** The frame that one without a frame had. */
  get lastFrame(): u32 {
    return this.maps;
  }
  set lastFrame(frame: u32) {
    this.maps = frame;
  }
}

/** The word that links `keeper`, while it is in the list of lost ones, to the next. */
function lostLink(keeper: Keeper): usize {
  return header.rooms + (addressOf(keeper) - header.nodes) + ROOM_LOST_NEXT;
}

/** Puts a keeper whose frame has gone in the list of lost ones. */
export function lostAdd(keeper: Keeper): void {
  store<u32>(lostLink(keeper), addressOf(header.lost));
  header.lost = keeper;
}

export function lostNext(keeper: Keeper): Keeper {
  return recordAt<Keeper>(load<u32>(lostLink(keeper)));
}

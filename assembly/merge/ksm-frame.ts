/** Frames of KSM's: kept ones (memory/kept), whose keeper is a stable node. */
import { frameIsKept, keeperOf } from '../memory/kept';
import { Node } from '../records/node';

export function frameIsKsm(frame: u32): bool {
  return frameIsKept(frame);
}

/** The node that a KSM frame belongs to, also an orphan; none for an ordinary frame. */
export function frameNode(frame: u32): Node {
  return changetype<Node>(keeperOf(frame));
}

/**
 * A kept frame is one whose references a record elsewhere, its keeper, counts. The frame's word names the keeper. Such a frame is never
 * written in place, not even by its last user, because what is in it is the keeper's.
 *
 * The machine does not know whose record that is, nor why it wants the frame (it is a stable node of merge/). A keeper does not keep its
 * frame alive: when the last reference goes, the frame is free at once, and the keeper has none (stale). The machine cannot call its owner
 * then, because there are no function values. If the owner wants to hear of it (KEEPER_TOLD), the keeper goes on a list instead, which the
 * owner goes through before it relies on its records (merge/lost).
 */
import {
  FRAME_COUNT_MASK,
  FRAME_KEEPER_MASK,
  FRAME_KEEPER_SHIFT,
  FRAME_KEPT,
  FRAME_PINNED,
  KEEPER_TOLD,
} from '../layout';
import { Keeper, lostAdd } from '../records/keeper';
import { addressOf, recordAt } from '../records/record';
import { expectUsed } from './expect';
import { wordOf, wordSet } from './frame-words';
import { frameIsPart, frameIsPinned } from './frames';
import { pinsOf } from './pins';

export function frameIsKept(frame: u32): bool {
  return (wordOf(frame) & FRAME_KEPT) != 0;
}

/** The keeper of a kept frame; none for an ordinary frame. */
export function keeperOf(frame: u32): Keeper {
  const word = wordOf(frame);
  return recordAt<Keeper>(word & FRAME_KEPT ? (word & FRAME_KEEPER_MASK) << FRAME_KEEPER_SHIFT : 0);
}

/** From now on `keeper` counts the references to an ordinary frame that nobody has pinned. */
export function frameKeep(frame: u32, keeper: Keeper): void {
  if (!ASC_NO_ASSERT) {
    expectUsed(frame);
    assert(!frameIsKept(frame));
    assert(!frameIsPinned(frame));
    assert(!frameIsPart(frame));
    assert(keeper.frame == 0);
  }
  keeper.maps = wordOf(frame) & FRAME_COUNT_MASK;
  keeper.frame = frame;
  wordSet(frame, FRAME_KEPT | (addressOf(keeper) >> FRAME_KEEPER_SHIFT));
  if (!ASC_NO_ASSERT) {
    assert(keeperOf(frame) == keeper);
    assert(keeper.maps > 0);
  }
}

/** A kept frame that only pins hold becomes an ordinary one: its keeper is about to be forgotten. */
export function frameUnkeep(frame: u32): void {
  if (!ASC_NO_ASSERT) {
    expectUsed(frame);
    assert(keeperOf(frame).maps == pinsOf(frame));
  }
  wordSet(frame, FRAME_PINNED);
}

/** The last reference to the frame of `keeper` has gone. */
export function keeperLose(keeper: Keeper): void {
  keeper.lastFrame = keeper.frame;
  keeper.frame = 0;
  if (keeper.flags & KEEPER_TOLD) lostAdd(keeper);
  if (!ASC_NO_ASSERT) assert(keeper.frame == 0);
}

/**
 * Recovery: a worker has died, at whatever instruction. A survivor rebuilds from page tables and frame words everything that can be
 * rebuilt (counts, free lists, reverse maps, trees, counters), and goes on. No byte of a guest is touched.
 *
 * It trusts single words that are written in one step: an mm's flags and root table, a vma's record once its mm is set, a domain's once it
 * has roots, the words of page tables, ptes, and the counts of pins. Of a frame's word it trusts whether the frame is KSM's. The order of
 * stores elsewhere keeps these true at every instruction (docs/protocol.md). The work in flight is lost: a process that was being made, a
 * search, a copy that nobody maps yet. The pass goes on where it was.
 */

import { lockIsHeldBy, lockTakeSoon } from '../concurrent/lock';
import {
  expelledRests,
  helpersRest,
  workerExpel,
  workerForget,
  workerIs,
  workerIsExpelled,
  workerStop,
  workersBeside,
} from '../concurrent/workers';
import { EAGAIN, EINVAL, ESRCH, LOCK, SCANNER_LIMIT } from '../layout';
import { linuxScanner } from '../policy/linux/scanner';
import { isBetweenPasses } from '../policy/linux/slots';
import { Scanner } from '../records/scanner';
import { jobClose, jobForget, jobLose } from '../scan/jobs';
import { isBatchOf, scannerAt } from '../scan/scanner';
import { framesCount, framesFree, framesKeepPins } from './frames';
import { itemsAttach, nodesRebuild, treesClear } from './ksm';
import { mmsFree, mmsKeep, objectsKeep, slotsRebuild, vmasRebuild } from './mms';
import { sharedFollow } from './shared';
import { tablesMark, tablesSweep } from './tables';

/**
 * Recovers from the death of worker `dead` (0: nobody in particular, as after a restore), for worker `self`, which holds the lock
 * afterwards if it is not 0. Else -errno: ESRCH if `dead` or `self` is no worker; EINVAL if they are one and the same, or one of
 * them is 0 and there are others; EAGAIN, and no lock, if somebody else keeps it for `looks` looks: he may be dead, too.
 *
 * A worker that is named and lives does no harm if it comes to the end of its access or call within `naps` milliseconds;
 * afterwards whatever it tries is refused. `naps` is 0 if it is known to be dead.
 */
export function recover(dead: u32, self: u32, looks: u32, naps: u32): u32 {
  if (self != 0 && !workerIs(self)) return -ESRCH;
  if (dead != 0 && dead == self) return -EINVAL;
  if ((dead == 0 || self == 0) && workersBeside(dead | self)) return -EINVAL;
  if (dead != 0) {
    // It may have died after another had recovered from it: while it had the lock and was finding its number gone.
    if (!workerExpel(dead) && atomic.load<u32>(LOCK) != dead) return -ESRCH;
    expelledRests(dead, self, naps);
    if (workerStop(dead)) jobLose(linuxScanner());
  }
  if (self != 0 && !lockSeize(dead, self, looks)) return workerIs(self) ? -EAGAIN : -ESRCH;
  if (dead != 0 && !workerIsExpelled(dead)) return 0; // another has recovered from it meanwhile
  rebuild(dead, self);
  if (dead != 0) workerForget(dead); // last: until here nobody else may get its record
  return 0;
}

function rebuild(dead: u32, self: u32): void {
  if (!ASC_NO_ASSERT) assert(self == 0 || lockIsHeldBy(self));
  // Also true in the middle of a pass, because the order of the slots changes: who comes before the cursor then misses his turn.
  const passIsCut = dead != 0 || linuxScanner().busy != 0 || !isBetweenPasses();
  for (let index: u32 = 0; index < SCANNER_LIMIT; index++) {
    const scanner = scannerAt(index);
    if (dead == 0 || isBatchOf(scanner, dead)) batchForget(scanner);
  }
  mmsKeep(dead);
  vmasRebuild();
  objectsKeep();
  tablesMark();
  sharedFollow();
  framesKeepPins();
  framesCount();
  treesClear();
  nodesRebuild();
  itemsAttach(passIsCut);
  framesFree();
  tablesSweep(self);
  mmsFree();
  slotsRebuild();
}

/**
 * The batch of a dead scanner is over. Helpers may still be at its job, or about to claim a chunk of it; they would write into a window
 * that is the next scanner's by then, so they are waited for. A scanner that lives keeps both, and hears of helpers' deaths itself.
 */
function batchForget(scanner: Scanner): void {
  jobClose(scanner);
  helpersRest();
  jobForget(scanner);
  scanner.busy = 0; // last: a survivor of a death in here begins anew
}

/** Takes the lock, from the dead if they had it. */
function lockSeize(dead: u32, self: u32, looks: u32): bool {
  return (dead != 0 && atomic.cmpxchg<u32>(LOCK, dead, self) == dead) || lockTakeSoon(self, looks);
}

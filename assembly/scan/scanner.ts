/**
 * A scanner: one that looks at many pages in turn. It has a cursor, two windows, and a job that it may share with helper threads; all of
 * that is one record (layout/scanner), which is the first parameter of whatever works for a scanner. A policy decides what is looked at and
 * what is done with it: it drives the functions of this folder.
 */
import { lockIsHeldBy } from '../concurrent/lock';
import {
  MM_EXITED,
  SCANNER_BYTES,
  SCANNER_CUT,
  SCANNER_JOB,
  SCANNER_LIMIT,
  SCANNER_OWN,
  SCANNER_WINDOWS,
  SCANNERS,
  WINDOW_BYTES,
} from '../layout';
import { Mm } from '../records/mm';
import { Job, Scanner, Window } from '../records/scanner';

/** Scanner number `index`, below SCANNER_LIMIT. */
export function scannerAt(index: u32): Scanner {
  if (!ASC_NO_ASSERT) assert(index < SCANNER_LIMIT);
  return changetype<Scanner>(SCANNERS + index * SCANNER_BYTES);
}

/** Window `number` (0 or 1). */
export function windowOf(scanner: Scanner, number: u32): Window {
  if (!ASC_NO_ASSERT) assert(number <= 1);
  return changetype<Window>(changetype<usize>(scanner) + SCANNER_WINDOWS + number * WINDOW_BYTES);
}

export function jobOf(scanner: Scanner): Job {
  return changetype<Job>(changetype<usize>(scanner) + SCANNER_JOB);
}

/** Address of the first of the words that are the policy's own. */
export function ownWord(scanner: Scanner): usize {
  return changetype<usize>(scanner) + SCANNER_OWN;
}

/** Worker `self` begins a batch. Nobody else may be at one. */
export function batchBegin(scanner: Scanner, self: u32): void {
  if (!ASC_NO_ASSERT) {
    assert(scanner.busy == 0);
    assert(lockIsHeldBy(self));
  }
  scanner.busy = self + 1;
}

/** The batch has come to its end. If `self` was taken for dead meanwhile, nothing happens, because the scanner may be another's by now. */
export function batchEnd(scanner: Scanner, self: u32): void {
  if (lockIsHeldBy(self) && isBatchOf(scanner, self)) scanner.busy = 0;
}

/** Is a batch of worker `self` under way? */
export function isBatchOf(scanner: Scanner, self: u32): bool {
  return (scanner.busy & ~SCANNER_CUT) == self + 1;
}

/**
 * Somebody takes the cursor away from the batch under way, if there is one. A flag says so, because the cursor alone would not tell the
 * batch: until the batch looks, the cursor may be back, and at another process in the same record.
 */
export function batchCut(scanner: Scanner): void {
  if (scanner.busy != 0) scanner.busy |= SCANNER_CUT;
}

/** The same for all scanners: what their windows say is void. */
export function batchesCut(): void {
  for (let index: u32 = 0; index < SCANNER_LIMIT; index++) batchCut(scannerAt(index));
}

/**
 * Has somebody taken the cursor away, or even forgotten the batch, since it began? Worker `self` runs it, and has the lock unless it was
 * taken for dead meanwhile.
 */
export function isCut(scanner: Scanner, self: u32): bool {
  return scanner.busy != self + 1 || !lockIsHeldBy(self);
}

/** Is the batch of `self` no more at `mm`, where it was? */
export function hasLost(scanner: Scanner, mm: Mm, self: u32): bool {
  return isCut(scanner, self) || (mm.flags & MM_EXITED) != 0;
}

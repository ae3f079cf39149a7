/** The checksums of a window's ordinary pages. Pure reading of frames, and each checksum goes to its own place. */
import { step } from '../base/step';
import { TURN_ORDINARY } from '../layout';
import { frameOfPte } from '../memory/pte';
import { pteOf } from '../memory/tables';
import { pageChecksum } from '../page/page';
import { Window } from '../records/scanner';
import { checksumSet, turnAt, turnEntry, turnKind } from './window';

/** Computes the checksums of turns [from, to) of `window`. */
export function fingerprint(window: Window, from: u32, to: u32): void {
  for (let index = from; index < to; index++) {
    const turn = turnAt(window, index);
    if (turnKind(turn) != TURN_ORDINARY) continue;
    checksumSet(window, index, pageChecksum(frameOfPte(pteOf(turnEntry(turn)))));
    step();
  }
}

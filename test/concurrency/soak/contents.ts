/**
 * What guests write. Pages that may merge have one of a few contents, the same for all guests; everything else is
 * noise of the guest's own, so that a byte that is missing, torn or another's differs from the expected one.
 */
import { Dice } from '../../support/dice.ts';
import { PAGE } from '../../support/page.ts';

/** Few, so that most pages have partners; content 0 is the zero page. */
const CONTENTS = 6;

function filled(bytes: number, seed: number): Uint8Array {
  const dice = new Dice(seed);
  const words = new Uint32Array(bytes / 4);
  for (let index = 0; index < words.length; index++) words[index] = dice.bits();
  return new Uint8Array(words.buffer);
}

export const COMMON: readonly Uint8Array[] = Array.from({ length: CONTENTS }, (_, content) =>
  content === 0 ? new Uint8Array(PAGE) : filled(PAGE, content),
);

/** Bytes of noise: a prime, so that the same noise seldom meets the same place. */
export const NOISE = 65537;

/** Noise of one guest, with one longest write more than NOISE. */
export function noiseOf(seed: number): Uint8Array {
  return filled(NOISE + 3 + PAGE, 1000 + seed);
}

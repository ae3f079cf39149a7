/** Refusals, as they have to be. */
import { expect } from 'vitest';
import { KsmError } from '../../../src/index.ts';

/** An expectation of vitest's: a KsmError with this code, whose message has each of these words. */
export function refusal(code: KsmError['code'], ...words: readonly string[]): unknown {
  const said = words.map((word) => expect.objectContaining({ message: expect.stringContaining(word) }));
  return {
    asymmetricMatch: (error: unknown) =>
      error instanceof KsmError && error.code === code && said.every((one) => one.asymmetricMatch(error)),
  };
}

/** The call is refused so. */
export function refused(call: () => unknown, code: KsmError['code'], ...words: readonly string[]): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, String(call)).toEqual(refusal(code, ...words));
}

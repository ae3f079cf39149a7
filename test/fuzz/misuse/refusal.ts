/** What a refusal has to be, as an expectation of vitest's: a KsmError with this code, whose message has each of these words. */
import { expect } from 'vitest';
import { KsmError } from '../../../src/index.ts';

export function refusal(code: KsmError['code'], ...words: readonly string[]): unknown {
  const said = words.map((word) => expect.objectContaining({ message: expect.stringContaining(word) }));
  return {
    asymmetricMatch: (error: unknown) =>
      error instanceof KsmError && error.code === code && said.every((one) => one.asymmetricMatch(error)),
  };
}

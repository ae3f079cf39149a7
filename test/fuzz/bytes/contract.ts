/**
 * What code may answer to bytes that it does not like: a KsmError with a code that is expected there and one line of
 * text for people. Everything else that it throws is a finding, and so is a broken expectation.
 */
import { type ErrorCode, KsmError } from '../../../src/errors.ts';

/** Whatever ends a line, cannot be seen, or could do anything else to a terminal. */
const CONTROL = /[\p{C}\u2028\u2029]/u;

/** The code under test did what it must not. */
export class Finding extends Error {
  override readonly name: string = 'Finding';
}

/** Throws a Finding unless `holds`. */
export function expectThat(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Finding(what());
}

/**
 * Returns the error if it is a refusal as it should be, with one of `codes`. A message may repeat what the caller
 * itself said, `own`, as it is; text from a file may not get into it like that.
 */
export function refusal(error: unknown, codes: readonly ErrorCode[], own: string = ''): KsmError {
  if (!(error instanceof KsmError)) throw error;
  const { code, message } = error;
  const expected = `expected a refusal with ${codes.join(' or ')}`;
  if (!codes.includes(code)) throw new Finding(`${expected}, got ${code}: ${message}`, { cause: error });
  if (message === '' || (CONTROL.test(message) && !CONTROL.test(own))) {
    throw new Finding(`${expected} and one printable line, got ${JSON.stringify(message)}`, { cause: error });
  }
  return error;
}

/** What `work` gives, or its refusal. */
export function attempt<T>(work: () => T, codes: readonly ErrorCode[], own: string = ''): T | KsmError {
  try {
    return work();
  } catch (error) {
    return refusal(error, codes, own);
  }
}

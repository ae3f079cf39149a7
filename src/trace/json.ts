/**
 * JSON with exact integers.
 *
 * A trace may hold numbers beyond 2^53, which JSON.parse rounds. It cannot show their digits to a reviver on every
 * supported runtime, so they are turned into marked strings first, and those into bigints.
 */

/** An integer of any size; a bigint where a number would not be exact. */
export type Integer = number | bigint;

export function isInteger(value: unknown): value is Integer {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;
const MARK = '\0';

function mark(token: string): string {
  return LONG_INTEGER.test(token) ? JSON.stringify(MARK + token) : token;
}

function unmark(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(MARK) || !LONG_INTEGER.test(value.slice(1))) return value;
  const integer = BigInt(value.slice(1));
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}

/** As JSON.parse, but an integer that a number cannot hold exactly becomes a bigint. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text.replace(STRING_OR_NUMBER, mark), unmark);
}

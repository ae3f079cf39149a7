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

/** Strings, with the colon behind those that are names, and numbers. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;
const MARK = '\0';

/** A string that begins with the mark by itself gets another one. */
function mark(token: string, colon: string | undefined): string {
  if (LONG_INTEGER.test(token)) return JSON.stringify(MARK + token);
  return colon === undefined && token.startsWith('"\\u0000') ? `"\\u0000${token.slice(1)}` : token;
}

function unmark(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
  const text = value.slice(MARK.length);
  if (text.startsWith(MARK)) return text;
  const integer = BigInt(text);
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}

/** As JSON.parse, but an integer that a number cannot hold exactly becomes a bigint. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  // First of all, so that the pattern below is given valid JSON only: on a string without end it would take for ever.
  const rounded: unknown = JSON.parse(text);
  return /\d{16}/.test(text) ? JSON.parse(text.replace(STRING_OR_NUMBER, mark), unmark) : rounded;
}

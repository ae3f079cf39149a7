/**
 * JSON with exact integers, and without what readers of JSON understand differently.
 *
 * A trace may hold numbers beyond 2^53, which JSON.parse rounds. It cannot show their digits to a reviver on every
 * supported runtime, so they are turned into marked strings first, and those into bigints. And where an object has a name
 * twice, JSON.parse takes the last and others the first, so that is refused.
 */

/** An integer of any size; a bigint if a number would not be exact. */
export type Integer = number | bigint;

export function isInteger(value: unknown): value is Integer {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

/** The text is JSON, but not as it should be; the message says what is wrong, to follow a place and a colon. */
export class IrregularJson extends Error {
  override readonly name: string = 'IrregularJson';
}

/** Objects and arrays in each other; the formats need four. */
const MOST_DEEP = 16;
/** To make a bigint of digits takes longer than to read them. */
const MOST_DIGITS = 1000;

/** Strings, with the colon behind those that are names, and numbers. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;
const MARK = '\0';

/** A string that begins with the mark by itself gets another one. */
function mark(token: string, colon: string | undefined): string {
  if (LONG_INTEGER.test(token)) {
    if (token.length > MOST_DIGITS) throw new IrregularJson(`a number of more than ${MOST_DIGITS} digits`);
    return JSON.stringify(MARK + token);
  }
  return colon === undefined && token.startsWith('"\\u0000') ? `"\\u0000${token.slice(1)}` : token;
}

function unmark(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
  const text = value.slice(MARK.length);
  if (text.startsWith(MARK)) return text;
  const integer = BigInt(text);
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}

/** Names with their colon, other strings, and what begins or ends an object or an array. */
const NAME_OR_BRACKET = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}[\]]/g;

/** Throws IrregularJson if an object of the text, which is valid JSON, has a name twice, or it is too deep. */
function expectRegular(text: string): void {
  /** The names so far of each object that is open; arrays have none. */
  const open: (Set<string> | undefined)[] = [];
  for (const [token, name, colon] of text.matchAll(NAME_OR_BRACKET)) {
    if (token === '{' || token === '[') {
      if (open.push(token === '{' ? new Set() : undefined) > MOST_DEEP)
        throw new IrregularJson(`something is nested more than ${MOST_DEEP} deep`);
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (colon !== undefined) {
      const field = name?.includes('\\') ? JSON.parse(`"${name}"`) : name;
      if (open.at(-1)?.has(field)) throw new IrregularJson(`field ${JSON.stringify(field)} is there twice`);
      open.at(-1)?.add(field);
    }
  }
}

/**
 * As JSON.parse, but an integer that a number cannot hold exactly becomes a bigint. Throws SyntaxError if the text is not JSON,
 * and IrregularJson.
 */
export function parseJson(text: string): unknown {
  // First of all, so that the patterns below are given valid JSON only: on a string without end they would take for ever.
  const rounded: unknown = JSON.parse(text);
  expectRegular(text);
  return /\d{16}/.test(text) ? JSON.parse(text.replace(STRING_OR_NUMBER, mark), unmark) : rounded;
}

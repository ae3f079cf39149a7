/**
 * JSON with exact integers: takes and refuses what JSON.parse does, and means the same but for long integers. Besides that it
 * refuses what has a name twice, is too deep, or has a number of too many digits.
 */
import { IrregularJson, isInteger, parseJson } from '../../../../src/trace/json.ts';
import { expectThat } from '../contract.ts';
import { textOf } from '../target.ts';

export const name = 'json';

export const words: readonly string[] = [
  ...['"', '\\"', '\\\\', '\\u0000', '"\\u0000', '1234567890123456', '12345678901234567890', '-', 'e5', '.5', '[', ']'],
  ...['{"a":', '}', ',', '"\\u00001234567890123456"', '9007199254740993'],
];

function parsed(parse: (text: string) => unknown, text: string): { value: unknown } | undefined {
  try {
    return { value: parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Refused for what JSON.parse does not mind: then the text must at least be JSON, and long or with two names. */
function isIrregular(text: string): boolean {
  try {
    parseJson(text);
    return false;
  } catch (error) {
    if (!(error instanceof IrregularJson)) return false;
    JSON.parse(text);
    const names = text.match(/"\s*:/g) ?? [];
    expectThat(names.length > 1 || /[[{]/.test(text) || /\d{1000}/.test(text), () => `refused: ${error.message}`);
    return true;
  }
}

/** What differs, walked without recursion: values can be nested deeper than the stack. */
function compare(exact: unknown, rounded: unknown): void {
  const left: [exact: unknown, rounded: unknown][] = [[exact, rounded]];
  for (let pair = left.pop(); pair !== undefined; pair = left.pop()) {
    const [a, b] = pair;
    if (typeof a === 'bigint') {
      expectThat(Number(a) === b && !Number.isSafeInteger(b), () => `${a} where JSON.parse gives ${b}`);
    } else if (typeof b === 'object' && b !== null) {
      const entries = Object.entries(b);
      const same = typeof a === 'object' && a !== null && Array.isArray(a) === Array.isArray(b);
      expectThat(same && Object.keys(a).length === entries.length, () => 'another kind of value, or size');
      for (const [key, value] of entries) left.push([Object.getOwnPropertyDescriptor(a, key)?.value, value]);
    } else {
      expectThat(Object.is(a, b), () => `${JSON.stringify(a)} where JSON.parse gives ${JSON.stringify(b)}`);
    }
  }
}

export function run(bytes: Uint8Array): void {
  const text = textOf(bytes);
  if (isIrregular(text)) return;
  const [exact, rounded] = [parsed(parseJson, text), parsed(JSON.parse, text)];
  expectThat(
    (exact === undefined) === (rounded === undefined),
    () => `${rounded ? 'refused' : 'taken'} unlike JSON.parse`,
  );
  if (exact === undefined || rounded === undefined) return;
  compare(exact.value, rounded.value);
  if (!/^-?\d+$/.test(text)) return;
  const { value } = exact;
  expectThat(isInteger(value) && BigInt(value) === BigInt(text), () => `${text} is not exact`);
}

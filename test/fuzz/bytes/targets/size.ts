/** Sizes: a text is refused, or means what exact arithmetic makes of it. */
import { parseBytes } from '../../../../src/size.ts';
import { attempt, expectThat } from '../contract.ts';
import { textOf } from '../target.ts';

export const name = 'size';

export const words: readonly string[] = ['512M', '1.5G', '64KiB', 'kb', 'iB', 't', '9007199254740991', '0.5', '.5'];

const POWERS: readonly string[] = ['', 'k', 'm', 'g', 't'];

/** The size in bytes, times ten to the number of its decimals, and that power of ten; undefined for no size. */
function exactly(text: string): [bytes: bigint, scale: bigint] | undefined {
  const letters = [...text.trim().toLowerCase()];
  if (letters.at(-1) === 'b') letters.pop();
  else if (letters.at(-1) === 'i') return undefined;
  if (letters.at(-1) === 'i') letters.pop();
  const power = Math.max(0, POWERS.indexOf(letters.at(-1) ?? ''));
  if (power > 0) letters.pop();
  const parts = letters.join('').split('.');
  if (parts.length > 2 || !parts.every((part) => /^[0-9]+$/.test(part))) return undefined;
  return [BigInt(parts.join('')) << BigInt(10 * power), 10n ** BigInt(parts[1]?.length ?? 0)];
}

export function run(bytes: Uint8Array): void {
  const text = textOf(bytes);
  const got = attempt(() => parseBytes(text), ['EINVAL'], text);
  const exact = exactly(text);
  if (typeof got !== 'number') {
    const refused = exact === undefined || exact[0] * 2n < exact[1] || exact[0] / exact[1] >= Number.MAX_SAFE_INTEGER;
    expectThat(refused || exact[0] * 2n === exact[1], () => `"${text}" is a size, and is refused`);
    return;
  }
  expectThat(exact !== undefined, () => `"${text}" is no size, and is taken for ${got}`);
  expectThat(Number.isSafeInteger(got) && got > 0, () => `"${text}" gives ${got}`);
  // Rounded to whole bytes; decimals of a large number are beyond what a double holds.
  const [value, scale] = exact;
  const off = BigInt(got) * scale - value;
  const most = scale + (value >> 50n);
  expectThat(off <= most && -off <= most, () => `"${text}" gives ${got}, not ${value} / ${scale}`);
}

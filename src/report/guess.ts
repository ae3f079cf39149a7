/**
 * What a page probably is, for people who read a report: a guess from its bytes alone.
 *
 * Every rule asks for far more evidence than random bytes would give, and the rules are tried from the most to the least
 * certain, so that "data" is the honest answer to everything else. The words come from someone's memory: whoever prints
 * them gets printable characters only.
 */
import { codeMachine } from './opcodes.ts';

export type GuessKind = 'zero' | 'byte' | 'word' | 'elf' | 'text' | 'utf16' | 'code' | 'pointers' | 'data';

export interface Guess {
  readonly kind: GuessKind;
  /** One phrase for people, printable, at most about 60 characters. */
  readonly description: string;
}

/** Characters of a text that are shown. */
const PREVIEW = 40;

/** Guesses what a page (any positive multiple of 8 bytes) is. Pure: the same bytes give the same guess. */
export function guess(page: Uint8Array): Guess {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  return (
    pattern(page, view) ?? elf(page, view) ?? utf16(view) ?? text(page) ?? code(page) ?? pointers(view) ?? data(page)
  );
}

/** The shortest of 1, 4 and 8 bytes that the page repeats from end to end. */
function pattern(page: Uint8Array, view: DataView): Guess | undefined {
  const repeats = (bytes: number): boolean => {
    for (let i = bytes; i < page.length; i++) if (page[i] !== page[i - bytes]) return false;
    return true;
  };
  if (repeats(1)) {
    const byte = page[0] ?? 0;
    if (byte === 0) return { kind: 'zero', description: 'zero page' };
    return { kind: 'byte', description: `every byte is 0x${hex(byte, 2)}` };
  }
  if (repeats(4)) {
    return { kind: 'word', description: `repeats the 4-byte word 0x${hex(view.getUint32(0, true), 8)}` };
  }
  if (repeats(8)) {
    return { kind: 'word', description: `repeats the 8-byte word 0x${hex(view.getBigUint64(0, true), 16)}` };
  }
  return undefined;
}

const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'x86',
  40: 'arm',
  62: 'x86-64',
  183: 'arm64',
  243: 'RISC-V',
};
const ELF_TYPES: Readonly<Record<number, string>> = { 1: 'object file', 2: 'program', 3: 'shared object', 4: 'core' };

/** First page of an ELF file: magic, then type and machine at bytes 16 and 18 (System V ABI). */
function elf(page: Uint8Array, view: DataView): Guess | undefined {
  if (view.getUint32(0, false) !== 0x7f454c46) return undefined;
  const little = page[5] !== 2;
  const type = ELF_TYPES[view.getUint16(16, little)] ?? 'file';
  const machine = ELF_MACHINES[view.getUint16(18, little)];
  return { kind: 'elf', description: `ELF header of ${article(machine)} ${type}` };
}

function article(machine: string | undefined): string {
  if (machine === undefined) return 'a';
  return `${/^(x86|arm)/.test(machine) ? 'an' : 'a'} ${machine}`;
}

/** Two-byte characters: nearly every 16-bit unit before the trailing zeros is a printable Latin letter or sign. */
function utf16(view: DataView): Guess | undefined {
  const units: number[] = [];
  for (let i = 0; i + 1 < view.byteLength; i += 2) units.push(view.getUint16(i, true));
  while (units.at(-1) === 0) units.pop();
  const printable = units.filter((unit) => (unit >= 0x20 && unit < 0x7f) || unit === 9 || unit === 10 || unit === 13);
  if (units.length < 32 || printable.length < units.length * 0.9) return undefined;
  return { kind: 'utf16', description: `UTF-16 text ${preview(String.fromCharCode(...units.slice(0, 4 * PREVIEW)))}` };
}

/**
 * Text as ASCII or UTF-8, also many short strings with zero bytes between them: seven bytes in ten before the trailing
 * zeros are characters, and next to none is anything but a character or a zero.
 */
function text(page: Uint8Array): Guess | undefined {
  let end = page.length;
  while (end > 0 && page[end - 1] === 0) end--;
  let characters = 0;
  let other = 0;
  for (let i = 0; i < end; ) {
    const bytes = characterLength(page, i);
    if (bytes > 0) characters += bytes;
    else if (page[i] !== 0) other++;
    i += Math.max(bytes, 1);
  }
  if (end < 64 || characters < end * 0.7 || other > end * 0.03) return undefined;
  const shown = new TextDecoder().decode(page.subarray(0, Math.min(end, 8 * PREVIEW)));
  return { kind: 'text', description: `text ${preview(shown)}` };
}

/** Bytes of the printable UTF-8 character at `at`, 0 if there is none. */
function characterLength(page: Uint8Array, at: number): number {
  const first = page[at] ?? 0;
  if ((first >= 0x20 && first < 0x7f) || first === 9 || first === 10 || first === 13) return 1;
  const bytes =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  for (let i = 1; i < bytes; i++) if (((page[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return bytes;
}

/** The first characters in quotes; runs of blanks become one, whatever could move a terminal's cursor is left out. */
function preview(shown: string): string {
  const plain = shown.replace(/[\p{C}\p{Z}\ufffd]+/gu, ' ').trim();
  const characters = [...plain];
  const cut = characters.slice(0, PREVIEW).join('');
  return `"${cut}${characters.length > PREVIEW ? '…' : ''}"`;
}

function code(page: Uint8Array): Guess | undefined {
  const machine = codeMachine(page);
  return machine === undefined ? undefined : { kind: 'code', description: `${machine} code` };
}

/**
 * Pointers: at least a quarter of all 8-byte words are canonical 48-bit addresses within the same 4 GiB, and they differ.
 * Small negative numbers, which look like the very last kernel addresses, do not count.
 */
function pointers(view: DataView): Guess | undefined {
  const targets = new Map<number, Set<number>>();
  const counts = new Map<number, number>();
  for (let i = 0; i + 7 < view.byteLength; i += 8) {
    const low = view.getUint32(i, true);
    const high = view.getUint32(i + 4, true);
    const top = high >>> 16;
    if (high === 0 || (top !== 0 && top !== 0xffff) || (high === 0xffffffff && low >= 0xffff0000)) continue;
    counts.set(high, (counts.get(high) ?? 0) + 1);
    targets.set(high, (targets.get(high) ?? new Set()).add(low));
  }
  const [high, count] = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0]);
  if (count < view.byteLength / 32 || (targets.get(high)?.size ?? 0) < 16) return undefined;
  return { kind: 'pointers', description: `pointers to 0x${hex(high, 4)}xxxxxxxx` };
}

/** What is left, with its order-0 entropy: near 8 bits a byte means compressed, encrypted or random. */
function data(page: Uint8Array): Guess {
  const counts = new Uint32Array(256);
  for (const byte of page) counts[byte] = (counts[byte] ?? 0) + 1;
  const zeros = (counts[0] ?? 0) / page.length;
  if (zeros >= 0.5) return { kind: 'data', description: `data, ${Math.floor(zeros * 100)} % zero bytes` };
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / page.length) * Math.log2(count / page.length);
  const dense = bits > 7.8 ? ' (compressed or random)' : '';
  return { kind: 'data', description: `data, ${bits.toFixed(1)} bits a byte${dense}` };
}

function hex(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

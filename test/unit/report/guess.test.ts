/**
 * Guesses about pages that are what they are said to be: taken from files and processes of this machine, or made by the
 * rule that the guess is about. Never from what guess() itself printed.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guess } from '../../../src/report/guess.ts';
import { PAGE } from '../../support/page.ts';

function pageOf(bytes: Uint8Array): Uint8Array {
  const page = new Uint8Array(PAGE);
  page.set(bytes.subarray(0, PAGE));
  return page;
}

/** Whole pages of a file. */
function pages(file: string | URL, from = 0, to?: number): Uint8Array[] {
  const bytes = readFileSync(file).subarray(from, to);
  return Array.from({ length: Math.floor(bytes.length / PAGE) }, (_, i) => bytes.subarray(i * PAGE, (i + 1) * PAGE));
}

/** File range of the largest executable segment of an ELF64 file (System V ABI: p_flags bit 0 is "execute"). */
function textSegment(file: string): [number, number] {
  const elf = readFileSync(file);
  const table = Number(elf.readBigUInt64LE(32));
  const ranges = Array.from({ length: elf.readUInt16LE(56) }, (_, i) => table + i * elf.readUInt16LE(54))
    .filter((at) => elf.readUInt32LE(at) === 1 && (elf.readUInt32LE(at + 4) & 1) === 1)
    .map((at): [number, number] => [Number(elf.readBigUInt64LE(at + 8)), Number(elf.readBigUInt64LE(at + 32))]);
  const [offset, size] = ranges.sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  return [offset, offset + size];
}

function share(all: readonly Uint8Array[], kind: string, description?: string): number {
  const right = all.filter((page) => {
    const is = guess(page);
    return is.kind === kind && (description === undefined || is.description === description);
  });
  return right.length / all.length;
}

describe('patterns', () => {
  it('knows the zero page', () => {
    expect(guess(new Uint8Array(PAGE))).toEqual({ kind: 'zero', description: 'zero page' });
  });

  it('knows one byte repeated, and which', () => {
    expect(guess(new Uint8Array(PAGE).fill(0xff))).toEqual({ kind: 'byte', description: 'every byte is 0xff' });
  });

  it('knows one little-endian word repeated, and which', () => {
    const four = Buffer.alloc(PAGE);
    for (let i = 0; i < PAGE; i += 4) four.writeUInt32LE(0xdeadbeef, i);
    expect(guess(four)).toEqual({ kind: 'word', description: 'repeats the 4-byte word 0xdeadbeef' });
    const eight = Buffer.alloc(PAGE);
    for (let i = 0; i < PAGE; i += 8) eight.writeBigUInt64LE(0x0123456789abcdefn, i);
    expect(guess(eight)).toEqual({ kind: 'word', description: 'repeats the 8-byte word 0x0123456789abcdef' });
  });

  it('does not take a page for a pattern that one byte breaks', () => {
    const page = new Uint8Array(PAGE).fill(7);
    page[PAGE - 1] = 8;
    expect(guess(page).kind).toBe('data');
    const almostZero = new Uint8Array(PAGE);
    almostZero[100] = 1;
    expect(guess(almostZero)).toEqual({ kind: 'data', description: 'data, 99 % zero bytes' });
  });
});

describe('text', () => {
  it('knows the licence, and shows how it begins', () => {
    const licence = readFileSync(new URL('../../../LICENSE', import.meta.url));
    const { kind, description } = guess(pageOf(licence));
    expect(kind).toBe('text');
    expect(description).toContain(licence.toString('utf8').slice(0, 11));
  });

  it('knows source code on every page', () => {
    expect(share(pages(new URL('../../../package-lock.json', import.meta.url)), 'text')).toBe(1);
  });

  it('knows UTF-8 beyond ASCII, cut anywhere', () => {
    const text = Buffer.from('Übung macht den Meister. 日本語のテキスト。 Съешь ещё этих мягких булок. '.repeat(80));
    for (const cut of [0, 1, 2, 3]) expect(guess(pageOf(text.subarray(cut))).kind).toBe('text');
  });

  it('knows UTF-16', () => {
    const { kind, description } = guess(pageOf(Buffer.from('The quick brown fox. '.repeat(200), 'utf16le')));
    expect(kind).toBe('utf16');
    expect(description).toContain('The quick brown fox.');
  });

  it('shows nothing that a terminal would obey', () => {
    const { description } = guess(pageOf(Buffer.from(`${'plain words '.repeat(9)}\n`.repeat(40))));
    expect(description).not.toMatch(/\p{Cc}/u);
    const bells = guess(pageOf(Buffer.from(`ordinary text \u0007\u009b31m\u202e${'and so on '.repeat(400)}`)));
    expect(bells.kind).toBe('text');
    expect(bells.description).not.toMatch(/\p{C}/u);
  });
});

describe('programs', () => {
  // The program that runs this test is compiled code for this machine; this file's fixture is for the other one.
  const [from, to] = process.platform === 'linux' ? textSegment(process.execPath) : [0, 0];

  it('knows the header of the program that runs this test', () => {
    if (process.platform !== 'linux') return expect(from).toBe(0);
    const machine = process.arch === 'x64' ? 'x86-64' : process.arch;
    const [header] = pages(process.execPath, 0, PAGE);
    expect(header === undefined ? '' : guess(header).description).toContain(`ELF header of an ${machine}`);
  });

  it('knows most pages of its code', () => {
    if (process.platform !== 'linux') return expect(to).toBe(0);
    const machine = process.arch === 'x64' ? 'x86-64' : process.arch;
    const middle = Math.floor((from + to) / 2 / PAGE) * PAGE;
    const code = pages(process.execPath, middle, middle + 256 * PAGE);
    expect(code).toHaveLength(256);
    expect(share(code, 'code', `${machine} code`)).toBeGreaterThan(0.9);
  });

  it('knows arm64 code', () => {
    const code = pages(new URL('fixtures/arm64-code.bin', import.meta.url));
    expect(code.length).toBeGreaterThan(0);
    expect(share(code, 'code', 'arm64 code')).toBe(1);
  });
});

describe('data', () => {
  it('calls random and compressed bytes what they are, every time', () => {
    const random = Array.from({ length: 200 }, () => randomBytes(PAGE));
    expect(share(random, 'data')).toBe(1);
    expect(random.every((page) => guess(page).description.endsWith('(compressed or random)'))).toBe(true);
    const packed = deflateRawSync(readFileSync(new URL('../../../package-lock.json', import.meta.url)));
    expect(guess(packed.subarray(0, PAGE)).kind).toBe('data');
  });

  it('does not take numbers for pointers', () => {
    const doubles = new Float64Array(PAGE / 8).map((_, i) => Math.sqrt(i));
    const integers = new BigInt64Array(PAGE / 8).map((_, i) => BigInt(-i));
    expect(guess(new Uint8Array(doubles.buffer)).kind).toBe('data');
    expect(guess(new Uint8Array(integers.buffer)).kind).toBe('data');
  });

  it('knows a page full of addresses', () => {
    const page = Buffer.alloc(PAGE);
    for (let i = 0; i < PAGE; i += 16) page.writeBigUInt64LE(0x7f3a_8000_0000n + BigInt(i * 72), i);
    expect(guess(page)).toEqual({ kind: 'pointers', description: 'pointers to 0x7f3axxxxxxxx' });
  });
});

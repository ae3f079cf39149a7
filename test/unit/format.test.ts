/** Numbers and names as a report prints them, against values worked out by hand. */
import { describe, expect, it } from 'vitest';
import { bytes, clip, count, large, percent, plural, seconds, shorten } from '../../src/format.ts';
import { printable } from '../../src/printable.ts';
import { grid } from '../../src/report/grid.ts';

describe('numbers', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [-64, '-64 B'],
    [-4096, '-4.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [327_575_142, '312.4 MiB'],
    [2 ** 32, '4.0 GiB'],
    [3 * 2 ** 40, '3.0 TiB'],
    [5000 * 2 ** 40, '5000.0 TiB'],
  ])('%d bytes are %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
    [-1000, '-1,000'],
    [-100, '-100'],
  ])('%d counts as %s', (value, text) => {
    expect(count(value)).toBe(text);
  });

  it('gives shares in whole percent, but never nothing for something', () => {
    expect(percent(26, 100)).toBe('26 %');
    expect(percent(1, 3)).toBe('33 %');
    expect(percent(0, 5)).toBe('0 %');
    expect(percent(1, 1000)).toBe('<1 %');
    expect(percent(0, 0)).toBe('0 %');
  });

  it('gives seconds the digits that are of use', () => {
    expect(seconds(0)).toBe('0 ms');
    expect(seconds(0.00031)).toBe('0.3 ms');
    expect(seconds(0.0414)).toBe('41 ms');
    expect(seconds(0.9999)).toBe('1.00 s');
    expect(seconds(1.236)).toBe('1.24 s');
    expect(seconds(1234.5)).toBe('1,235 s');
  });

  it('gives rates in words', () => {
    expect(large(950)).toBe('950');
    expect(large(12_340)).toBe('12.3 thousand');
    expect(large(999_999)).toBe('1.00 million');
    expect(large(4_560_000)).toBe('4.56 million');
  });

  it('knows one from many', () => {
    expect(plural(1, 'page')).toBe('1 page');
    expect(plural(2000, 'page')).toBe('2,000 pages');
    expect(plural(3, 'pass')).toBe('3 passes');
  });
});

describe('names', () => {
  it('makes control characters harmless', () => {
    expect(printable('a\u001b[31mb\r\n\u202ec')).not.toMatch(/\p{C}/u);
    expect(printable('Ünïcode 日本 ok')).toBe('Ünïcode 日本 ok');
  });

  it('shortens in the middle and at the end, never beyond the width', () => {
    expect(shorten('short', 10)).toBe('short');
    expect(shorten('/very/long/path/to/image.raw', 12)).toBe('/ver…age.raw');
    expect([...shorten('𝔘𝔫𝔦𝔠𝔬𝔡𝔢', 4)]).toHaveLength(4);
    expect(clip('description', 5)).toBe('desc…');
    expect(clip('desc', 5)).toBe('desc');
  });
});

describe('grid', () => {
  it('aligns columns as told, and leaves no blanks at the end', () => {
    const rows = [
      ['source', 'pages', 'what'],
      ['a', '1,000', 'x'],
      ['long name', '5', ''],
    ];
    expect(grid(rows, [0, 2])).toEqual(['source     pages  what', 'a          1,000  x', 'long name      5']);
  });
});

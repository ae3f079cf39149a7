/** Foreign text is harmless when it is printed. The characters are those that the Unicode Standard lists by these names. */
import { describe, expect, test } from 'vitest';
import { json, printable } from '../../src/printable.ts';

const span = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

const UNSEEN: Record<string, readonly number[]> = {
  'C0 controls and DEL': [...span(0, 0x1f), 0x7f],
  'C1 controls': span(0x80, 0x9f),
  'bidirectional marks, embeddings, overrides and isolates': [
    0x061c,
    0x200e,
    0x200f,
    ...span(0x202a, 0x202e),
    ...span(0x2066, 0x2069),
  ],
  'zero width and joining': [0x200b, 0x200c, 0x200d, 0x2060, 0xfeff],
  'separators of lines and paragraphs': [0x2028, 0x2029],
  'soft hyphen and other format characters': [0xad, 0x180e, ...span(0x2061, 0x2064), ...span(0xfff9, 0xfffb)],
  tags: [0xe0001, ...span(0xe0020, 0xe007f)],
  'halves of surrogate pairs': [0xd800, 0xdbff, 0xdc00, 0xdfff],
  'private use and noncharacters': [0xe000, 0xf8ff, 0xfffe, 0xffff, 0x10ffff],
};

describe('what cannot be seen', () => {
  test.each(Object.entries(UNSEEN))('%s', (_name, points) => {
    for (const character of points.map((point) => String.fromCodePoint(point))) {
      expect(printable(`a${character}b`)).toBe('a?b');
      const text = json({ [`a${character}b`]: character });
      expect(text).not.toContain(character);
      expect(JSON.parse(text)).toEqual({ [`a${character}b`]: character });
    }
  });
});

test('what can be seen stays as it is', () => {
  for (const text of ['plain', ' !~', 'Ünïcode', '日本', 'עברית', '\u00a0', '😀', '\ufffd', 'e\u0301']) {
    expect(printable(text)).toBe(text);
    expect(json(text)).toBe(`"${text}"`);
  }
});

test('the layout of JSON stays, and its strings cannot break out of it', () => {
  expect(json({ a: ['b\n'] }, 2)).toBe('{\n  "a": [\n    "b\\n"\n  ]\n}');
});

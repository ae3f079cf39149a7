/**
 * Snappy and LZO1X against what other programs packed: liblzo2 2.10 (by lzop 1.04, levels 1 and 9), snappyjs 0.7.0, and the example of the
 * description of Snappy. What is damaged is refused, whatever it is.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unpackLzo } from '../../../../src/image/codecs/lzo.ts';
import { snappyLength, unpackSnappy } from '../../../../src/image/codecs/snappy.ts';
import { Dice } from '../../../support/dice.ts';

type Unpack = (block: Uint8Array, into: Uint8Array) => number;

/** 64 KiB with literals and copies of all lengths and distances: what was given to lzop. */
function plain(): Buffer {
  let state = 1;
  const next = (): number => {
    state = Number((BigInt(state) * 1103515245n + 12345n) & 0x7fff_ffffn);
    return state >> 16;
  };
  const bytes: number[] = [];
  for (let i = 0; i < 300; i++) bytes.push(next() & 255);
  while (bytes.length < 65_536) {
    const kind = next() % 8;
    if (kind === 0) {
      for (let left = next() % 40; left > 0; left--) bytes.push(next() & 255);
    } else if (kind === 1) {
      const byte = next() & 255;
      for (let left = next() % 700; left > 0; left--) bytes.push(byte);
    } else {
      const product = next() * (1 + (next() % 3));
      const most = [16, 60, 1000, 2100, 3000, 16_000, 40_000, 65_000][next() % 8] as number;
      const distance = 1 + (product % Math.min(bytes.length, most));
      for (let left = [2, 3, 4, 5, 8, 9, 30, 40, 300][next() % 9] as number; left > 0; left--) {
        bytes.push(bytes[bytes.length - distance] as number);
      }
      for (let left = next() % 6; left > 0; left--) bytes.push(next() & 255);
    }
  }
  return Buffer.from(bytes.slice(0, 65_536));
}

function unpacked(unpack: Unpack, block: Uint8Array, room: number): Buffer | undefined {
  const into = new Uint8Array(room);
  const length = unpack(block, into);
  return length < 0 ? undefined : Buffer.from(into.subarray(0, length));
}

const text = (repeats: number): Buffer => Buffer.from('Kernel same-page merging: '.repeat(repeats));

describe('LZO1X', () => {
  const whole = plain();

  it.each(['lzo1x-1', 'lzo1x-999'])('unpacks what %s packed', (name) => {
    expect(createHash('sha1').update(whole).digest('hex')).toBe('5b5d4f7b4865ca481d54214b42eea88674104337');
    const packed = readFileSync(new URL(`${name}.bin`, import.meta.url));
    expect(unpacked(unpackLzo, packed, whole.length)?.equals(whole)).toBe(true);
    expect(unpacked(unpackLzo, packed, whole.length - 1)).toBeUndefined();
  });

  it.each(['AgAAAAAAIAAAAAAAAAAAAAAAAAAAANoQAAwAAAAAAAAAAAAAAAAAAAARAAA=', 'EgAgAAAAAAAAAOYAACAAAAAAAAAA5QAAEQAA'])(
    'unpacks a page of zeros: %s',
    (packed) => {
      expect(unpacked(unpackLzo, Buffer.from(packed, 'base64'), 4096)).toEqual(Buffer.alloc(4096));
    },
  );

  it('wants an end, nothing behind it, and room', () => {
    const packed = Buffer.from('EgAgAAAAAAAAAOYAACAAAAAAAAAA5QAAEQAA', 'base64');
    expect(unpacked(unpackLzo, packed.subarray(0, -1), 4096)).toBeUndefined();
    expect(unpacked(unpackLzo, Buffer.concat([packed, Buffer.from([0])]), 4096)).toBeUndefined();
    expect(unpacked(unpackLzo, packed, 4095)).toBeUndefined();
    expect(unpacked(unpackLzo, Buffer.alloc(0), 4096)).toBeUndefined();
    // A copy from before the beginning.
    expect(unpacked(unpackLzo, Buffer.from([0x12, 1, 0x40, 7, 0x11, 0, 0]), 4096)).toBeUndefined();
  });
});

describe('Snappy', () => {
  it.each([
    ['the example of its description', '0708786162' + '0102', Buffer.from('xababab')],
    ['a text', '4e644b65726e656c2073616d652d70616765206d657267696e673a20ce1a00', text(3)],
    ['one byte a hundred times', '640041fe01008a0100', Buffer.alloc(100, 'A')],
    ['nothing', '00', Buffer.alloc(0)],
    ['a long literal', `3df03c${text(3).subarray(0, 61).toString('hex')}`, text(3).subarray(0, 61)],
    ['a copy with an offset of 32 bits', '050061' + '0f01000000', Buffer.from('aaaaa')],
  ])('unpacks %s', (_, packed, expected) => {
    const block = Buffer.from(packed, 'hex');
    expect(snappyLength(block)?.length).toBe(expected.length);
    expect(unpacked(unpackSnappy, block, expected.length)).toEqual(expected);
  });

  it.each([
    ['no length', ''],
    ['a length of more than 32 bits', 'ffffffff7f00'],
    ['a length without end', 'ffffffffff'],
    ['less than its length', '0800' + '61'],
    ['more than its length', '0204616263'],
    ['a literal that is cut', '0308' + '61'],
    ['a copy from before the beginning', '080061' + '0d02'],
    ['a copy from nowhere', '050061' + '0100'],
    ['a copy that is cut', '0500610f01'],
  ])('refuses %s', (_, packed) => {
    expect(unpacked(unpackSnappy, Buffer.from(packed, 'hex'), 4096)).toBeUndefined();
  });

  it('wants room', () => {
    expect(unpacked(unpackSnappy, Buffer.from('640041fe01008a0100', 'hex'), 99)).toBeUndefined();
  });
});

it('both end with whatever they are given, and stay in their room', () => {
  const dice = new Dice('codecs');
  for (let run = 0; run < 1000; run++) {
    const block = Buffer.from(Array.from({ length: dice.below(40) }, () => dice.below(256)));
    for (const unpack of [unpackLzo, unpackSnappy]) {
      const memory = new Uint8Array(96).fill(0xaa);
      const length = unpack(block, memory.subarray(16, 80));
      expect(length).toBeLessThanOrEqual(64);
      expect([...memory.subarray(0, 16), ...memory.subarray(80)].every((byte) => byte === 0xaa)).toBe(true);
    }
  }
});
